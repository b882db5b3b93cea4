package plan

import (
	"slices"
	"testing"

	"jail/config"
	"jail/jail"
)

// What config knows by name, plan gives, and the profile renders.
func TestMacGrantsAreKnownEverywhere(t *testing.T) {
	var known []string
	for _, g := range macGrants {
		known = append(known, string(g.name))
		if g.loss == "" {
			t.Errorf("%s opens something that nothing names", g.name)
		}
	}
	names := config.MacGrants()
	slices.Sort(names)
	slices.Sort(known)
	if !slices.Equal(names, known) {
		t.Errorf("config has %q, plan %q", names, known)
	}
	h := parseHost(t, "macos\nenv PATH=/usr/bin:/bin\n", nil)
	for _, name := range names {
		in, err := parseRun(t, "command make\nflag macos-allow "+name, h)
		if err != nil {
			t.Fatal(err)
		}
		s, err := Build(in)
		named := slices.ContainsFunc(s.Lost, func(l jail.Loss) bool { return l.Name == name })
		if err != nil || !named || !slices.Equal(s.Seatbelt.Grants, []jail.Grant{jail.Grant(name)}) {
			t.Errorf("%s: grants %q, named in Lost %v, %v", name, s.Seatbelt.Grants, named, err)
		}
	}
}
