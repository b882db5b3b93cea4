package config

import (
	"reflect"
	"strings"
	"testing"
)

// refusals are what a config refused, as KEY VALUE.
func refusals(c Config) string {
	var all []string
	for _, r := range c.Refused {
		all = append(all, r.Key+" "+r.Value)
	}
	return strings.Join(all, ", ")
}

func TestOnlyTheCommandLineLoosensLockdown(t *testing.T) {
	const user = "network = 'host'\nmap = ['/a']\nrw_map = ['/b']\nenv = ['TOKEN=secret']\nallow = ['perf']\nlandlock = 'optional'\nhostname = 'h'\nagent_state = 'copy'\nhome = 'jail'\ncaches = true\nreview = true\noverlay_map = ['/o']\nmacos_allow = ['iokit']"
	w := newWorld(t)
	w.write("user", user)
	if free := w.load(t); free.Network != NetworkHost || len(free.Maps) != 3 || len(free.Env) != 1 || len(free.Allow) != 1 || len(free.MacAllow) != 1 || free.Landlock != Optional || free.Refused != nil {
		t.Fatalf("without lockdown: got %+v", free)
	}
	w.write("user", user+"\nlockdown = true")
	got := w.load(t)
	if got.Lockdown != On || got.Network != NetworkNone || got.Maps != nil || got.Env != nil || got.Allow != nil || got.MacAllow != nil || got.Landlock != Required || got.Hostname != "h" || got.AgentState != StateNone || got.Home != HomeEphemeral || got.Caches != Off || got.Review != "" {
		t.Errorf("in lockdown: got %+v", got)
	}
	if want := "network host, landlock optional, agent_state copy, caches true, review true, home jail, map /a, rw_map /b, overlay_map /o, env TOKEN, allow perf, macos_allow iokit"; refusals(got) != want {
		t.Errorf("refused %s, want %s", refusals(got), want)
	}
	if from := got.Origins["lockdown"]; !strings.HasSuffix(from, ":14") {
		t.Errorf("lockdown comes from %q, want line 14 of the file", from)
	}
	flags := Overlay{
		Network: NetworkHost, AgentState: StateCopy, Maps: []Map{{Source: "/c", Target: "/c", Mode: MapRW}}, Env: []EnvVar{{Name: "A"}}, Allow: []Relaxation{{Name: "debug"}},
	}
	loose := w.loadWith(t, flags)
	if loose.Lockdown != On || loose.Network != NetworkHost || loose.AgentState != StateCopy || len(loose.Maps) != 1 || len(loose.Env) != 1 || len(loose.Allow) != 1 {
		t.Errorf("loosened by flags: got %+v", loose)
	}
	if ended := w.loadWith(t, Overlay{Lockdown: Off}); ended.Lockdown != Off || ended.Network != NetworkHost || len(ended.Env) != 1 {
		t.Errorf("ended by a flag: got %+v", ended)
	}
}

func TestProjectTurnsLockdownOnAndNeverOff(t *testing.T) {
	w := newWorld(t)
	w.write("project", "lockdown = true")
	if got := w.load(t); got.Lockdown != On || got.Network != NetworkNone || got.Refused != nil {
		t.Errorf("turned on: got %+v", got)
	}
	w.write("project", "lockdown = false\nallow = ['userns']\nlandlock = 'optional'")
	w.write("user", "[commands.agent]\nlockdown = true")
	got := w.loadCommand(t, "agent")
	if want := "lockdown false, allow userns, landlock optional"; got.Lockdown != On || refusals(got) != want {
		t.Errorf("got lockdown %q, refused %s, want %s", got.Lockdown, refusals(got), want)
	}
	if other := w.loadCommand(t, "other"); other.Lockdown != Off || refusals(other) != "allow userns, landlock optional" {
		t.Errorf("got lockdown %q, refused %s", other.Lockdown, refusals(other))
	}
}

func TestRelaxationsAddUp(t *testing.T) {
	w := newWorld(t)
	user := w.write("user", "allow = ['perf', 'userns']")
	want := []Relaxation{{"perf", user + ":1"}, {"userns", user + ":1"}, {"32bit", originFlags}}
	got := w.loadWith(t, Overlay{Allow: []Relaxation{{Name: "userns"}, {Name: "32bit"}}}).Allow
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
	for text, want := range map[string]string{"usrns": `did you mean "userns"?`, "": "valid are userns, debug, perf, 32bit, io_uring, raw-socket"} {
		if _, err := ParseRelaxation(text); err == nil || !strings.HasSuffix(err.Error(), want) {
			t.Errorf("%q: %v, want an error that ends with %q", text, err, want)
		}
	}
}
