package config

import (
	"reflect"
	"strings"
	"testing"
)

// TestProjectRefusals holds, for each thing that a project file may not do, that it is not taken and is named.
// A refusal is written here as LINE KEY VALUE; PROJ stands for the project's directory.
func TestProjectRefusals(t *testing.T) {
	for _, tt := range []struct {
		name, user, project string
		want                []string
	}{
		{"command", "", "command = ['rm', '-rf']", []string{"1 command rm -rf"}},
		{"command string", "", "command = 'evil'", []string{"1 command evil"}},
		{"shell", "", "\nshell = '/bin/evil'", []string{"2 shell /bin/evil"}},
		{"env", "", "env = ['TOKEN',\n'A=secret']", []string{"1 env TOKEN", "2 env A"}},
		{"rw_map", "", "rw_map = ['part', '/etc']", []string{"1 rw_map part", "1 rw_map /etc"}},
		{"map outside", "", "map = ['/etc', '~/.ssh', '../x', 'PROJ-2']", []string{"1 map /etc", "1 map ~/.ssh", "1 map ../x", "1 map PROJ-2"}},
		{"map of the project", "", "map = ['.', '..']", []string{"1 map .", "1 map .."}},
		{"map elsewhere inside", "", "map = ['a:b']", []string{"1 map a:b"}},
		{"map to outside", "", "map = ['a:/etc/hosts']", []string{"1 map a:/etc/hosts"}},
		{"map from outside", "", "map = ['~/.ssh:a']", []string{"1 map ~/.ssh:a"}},
		{"commands", "", "[commands.sh]\nnetwork = 'none'\nenv = ['A=secret']", []string{"2 commands.sh.network none", "3 commands.sh.env A"}},
		{"network opened", "network = 'none'", "network = 'host'", []string{"1 network host"}},
		{"overlay_map", "", "overlay_map = ['part', '/etc']", []string{"1 overlay_map part", "1 overlay_map /etc"}},
		{"agent state widened", "", "agent_state = 'rw'", []string{"1 agent_state rw"}},
		{"agent state widened from none", "agent_state = 'none'", "agent_state = 'ro'", []string{"1 agent_state ro"}},
		{"review ended", "review = true", "review = false", []string{"1 review false"}},
		{"caches shown", "caches = false", "caches = true", []string{"1 caches true"}},
		{"home kept", "", "home = 'jail'", []string{"1 home jail"}},
		{"what the user made writable", "rw_map = ['PROJ/a']", "map = ['a']", []string{"1 map a"}},
		{"what the user put something on", "map = ['/fake:PROJ/a']", "map = ['a', 'a/b', 'c']", []string{"1 map a", "1 map a/b"}},
		{"browser", "", "browser = 'soft'", []string{"1 browser soft"}},
		{"browser is none", "browser = 'hard'", "browser = 'off'", []string{"1 browser off"}},
		{"mixed", "", "rw_map = ['x']\nmap = ['/etc', 'ok']\nenv = []", []string{"1 rw_map x", "2 map /etc"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			w := newWorld(t)
			expand := func(s string) string { return strings.ReplaceAll(s, "PROJ", w.proj) }
			w.write("user", expand(tt.user))
			without := w.load(t)
			path := w.write("project", expand(tt.project))
			with := w.load(t)

			var got []string
			for _, r := range with.Refused {
				if r.Why == "" {
					t.Errorf("%v has no reason", r)
				}
				got = append(got, strings.TrimPrefix(r.Origin, path+":")+" "+r.Key+" "+r.Value)
				if strings.Contains(r.String(), "secret") {
					t.Errorf("%v shows a value", r)
				}
			}
			want := strings.Split(expand(strings.Join(tt.want, "\n")), "\n")
			if !reflect.DeepEqual(got, want) {
				t.Errorf("refused %q; want %q", got, want)
			}
			for _, wider := range widened(without, with, w.proj) {
				t.Error(wider)
			}
		})
	}
}

// TestProjectTightens is the positive control of the refusals: what a project file may do has an effect.
func TestProjectTightens(t *testing.T) {
	w := newWorld(t)
	w.write("user", "map = ['~/my prøject/known']\nrw_map = ['~/my prøject/open']")
	path := w.write("project", "network = 'none'\nhostname = 'p'\nmap = ['a', './b/../c?', 'known', 'open/part', '~/my prøject/d\\:e']\nagent_state = 'ro'\nhome = 'ephemeral'\ncaches = false\nreview = true")
	got := w.load(t)
	ro := func(name string, optional bool) Map {
		p := w.proj + "/" + name
		return Map{Source: p, Target: p, Mode: MapRO, Optional: optional, Origin: path + ":3", Within: w.proj}
	}
	want := []Map{ro("a", false), ro("c", true), ro("open/part", false), ro("d:e", false)}
	if !reflect.DeepEqual(got.Maps[2:], want) {
		t.Errorf("maps: got %+v, want %+v", got.Maps[2:], want)
	}
	if got.Network != NetworkNone || got.Origins["network"] != path+":1" || got.Hostname != "p" || got.AgentState != StateRO || got.Home != HomeEphemeral || got.Caches != Off || got.Review != On || got.Refused != nil {
		t.Errorf("got %+v", got)
	}
}

func TestProjectMaySayWhatIsSoAnyway(t *testing.T) {
	w := newWorld(t)
	w.write("project", "network = 'host'\nmap = []\nenv = []\n[commands.x]")
	if got := w.load(t); got.Refused != nil || got.Origins["network"] != originDefault {
		t.Errorf("got %+v; want nothing refused and the default network", got)
	}
}
