package config

import "testing"

// A program of the project that is named as one of the user's gets nothing of what the user gives that one.
func TestProgramOfTheProjectGetsNoTable(t *testing.T) {
	w := newWorld(t)
	w.write("user", "[commands.claude]\nenv = ['TOKEN']")
	for program, want := range map[string]bool{
		"claude": true, "/usr/bin/claude": true, "../claude": true, "./claude": false, "bin/claude": false, w.proj + "/claude": false, "/usr/.." + w.proj + "/claude": false,
	} {
		r := w.request()
		r.Cwd, r.Command = w.proj, []string{program}
		c, err := Load(r)
		if err != nil {
			t.Fatal(err)
		}
		if (len(c.Env) > 0) != want || (c.Agent.Name != "") != want {
			t.Errorf("%s: variables %v, preset %q; want them: %v", program, c.Env, c.Agent.Name, want)
		}
	}
}
