package config

import (
	"fmt"
	"os"
	"reflect"
	"slices"
	"testing"
)

// widened lists in which ways a config with a project file allows more than the one without.
func widened(without, with Config, proj string) (wider []string) {
	same := func(what string, a, b any) {
		if !reflect.DeepEqual(a, b) {
			wider = append(wider, fmt.Sprintf("%s changed from %v to %v", what, a, b))
		}
	}
	same("command", without.Command, with.Command)
	same("shell", without.Shell, with.Shell)
	if without.Lockdown == On {
		same("lockdown", without.Lockdown, with.Lockdown)
	}
	if without.Landlock == Required {
		same("landlock", without.Landlock, with.Landlock)
	}
	if with.Lockdown == without.Lockdown {
		same("env", without.Env, with.Env)
		same("limits", without.Limits, with.Limits)
		same("relaxations", without.Allow, with.Allow)
	} else if len(with.Env)+len(with.Allow) > 0 {
		wider = append(wider, fmt.Sprintf("lockdown leaves %v and %v", with.Env, with.Allow))
	}
	if without.Network == NetworkNone {
		same("network", without.Network, with.Network)
	}
	if with.Network != NetworkNone && with.Network != NetworkHost {
		wider = append(wider, fmt.Sprintf("network is %q", with.Network))
	}
	for _, m := range without.Maps {
		if with.Lockdown == without.Lockdown && !slices.Contains(with.Maps, m) {
			wider = append(wider, fmt.Sprintf("map %+v is gone", m))
		}
	}
	for _, m := range with.Maps {
		if slices.Contains(without.Maps, m) {
			continue
		}
		if m.Mode != MapRO || m.Source != m.Target || !inside(proj, m.Source) || m.Within != proj {
			wider = append(wider, fmt.Sprintf("map %+v is new", m))
		}
		for _, old := range without.Maps {
			if old.Target == m.Target {
				wider = append(wider, fmt.Sprintf("map %+v is put on %+v", m, old))
			}
		}
	}
	return wider
}

// FuzzProjectNeverWidens holds the promise that a project file, whatever its bytes, only tightens.
func FuzzProjectNeverWidens(f *testing.F) {
	for _, seed := range []string{
		"", "network = 'host'", "network = 'none'", "hostname = 'x'", "command = 'x'", "shell = '/bin/x'",
		"map = ['a', '/etc', '~/.ssh', 'a:b', 'fake/x', 'open', 'closed?', '../..']", "rw_map = ['closed', 'a']",
		"env = ['A=1', 'TERM']", "[commands.sh]\nnetwork = 'host'\nrw_map = ['/']", "commands = { sh = { env = ['X'] } }",
		"commands.sh.shell = \"/x\"\n[network]", "map = [\n'''\na''', \"\\u0000\"]", "\xff", "[[commands]]", "memory = '1t'\ncpus = 9.5\npids_limit = 99999\ntimeout = '9h'", "[\"\\u001b\"]",
	} {
		f.Add([]byte(seed))
	}
	w := newWorld(f)
	w.write("user", `
command = ["sh", "-c", "true"]
network = "none"
env = ["TERM", "A=user"]
map = ["~/my prøject/closed", "/fake:~/my prøject/fake"]
rw_map = ["~/my prøject/open", "/data"]
[commands.sh]
shell = "/bin/sh"
`)
	closed := w.proj + "/flag"
	flags := Overlay{Network: NetworkHost, Maps: []Map{{Source: closed, Target: closed, Mode: MapRO}, {Source: "/x", Target: w.proj + "/y", Mode: MapRW}}}
	requests := []Request{w.request(), w.request()}
	requests[1].Flags = flags
	without := make([]Config, len(requests))
	for i, r := range requests {
		r.Files.Project = ""
		var err error
		if without[i], err = Load(r); err != nil {
			f.Fatal(err)
		}
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		if err := os.WriteFile(w.path("project"), data, 0o644); err != nil {
			t.Fatal(err)
		}
		for i, r := range requests {
			with, err := Load(r)
			if err != nil {
				if len(err.Error()) > 2000 {
					t.Errorf("error of %d bytes", len(err.Error()))
				}
				return
			}
			for _, wider := range widened(without[i], with, w.proj) {
				t.Error(wider)
			}
			for _, refusal := range with.Refused {
				if line := refusal.String(); printable(line) != line {
					t.Errorf("refusal acts on a terminal: %q", line)
				}
			}
		}
	})
}
