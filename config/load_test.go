package config

import (
	"path/filepath"
	"reflect"
	"testing"
)

func TestDefaults(t *testing.T) {
	w := newWorld(t)
	want := Config{
		Overlay: Overlay{Network: NetworkHost, Hostname: "jail", Lockdown: Off, Landlock: Required, AgentState: StateCopy, Caches: On, Inherit: InheritNone, Secrets: SecretsHide, Terminal: TerminalFiltered},
		Origins: map[string]string{"network": "default", "hostname": "default", "lockdown": "default", "landlock": "default", "agent_state": "default", "caches": "default", "inherit_env": "default", "secrets": "default", "terminal": "default"},
	}
	if got := w.load(t); !reflect.DeepEqual(got, want) {
		t.Errorf("without files: got %+v, want %+v", got, want)
	}
	if got, err := Load(Request{}); err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("empty request: got %+v, %v", got, err)
	}
	w.write("user", "")
	w.write("project", "# nothing\n")
	if got := w.load(t); got.Project.Trust != Untrusted || !reflect.DeepEqual(got.Overlay, want.Overlay) || !reflect.DeepEqual(got.Origins, want.Origins) {
		t.Errorf("empty files: got %+v, want %+v", got, want)
	}
}

func TestLayers(t *testing.T) {
	w := newWorld(t)
	user := w.write("user", `
command = ["/usr/bin/helper", "--go on"]
shell = "~/bin/zsh"
network = "none"
hostname = "user"
map = ["~/.gitconfig", "./ü b:~/.x?"]
rw_map = ["/srv/cache"]
env = ["TERM", "A=user", "B=user"]

[commands.helper]
network = "host"
rw_map = ["~/.helper"]
env = ["B=helper", "C"]
map = ["/srv/cache"]

[commands.codex]
shell = "/bin/codex-shell"
`)
	project := w.write("project", `hostname = "project"
map = ["locked", "~/my prøject/b:~/my prøject/b"]`)
	w.flags = Overlay{
		Origin:   "flags",
		Hostname: "flag",
		Maps:     []Map{{Source: "/new", Target: w.home + "/.x", Mode: MapRO}},
		Env:      []EnvVar{{Name: "A", Value: "flag", HasValue: true}},
	}
	got := w.load(t)
	got.Project = ProjectFile{} // TestTrust
	conf := filepath.Dir(user)
	want := Config{
		Overlay: Overlay{
			Command:  []string{"/usr/bin/helper", "--go on"},
			Shell:    w.home + "/bin/zsh",
			Network:  NetworkHost,
			Lockdown: Off,
			Landlock: Required, AgentState: StateCopy, Caches: On, Inherit: InheritNone, Secrets: SecretsHide, Terminal: TerminalFiltered,
			Hostname: "flag",
			Maps: []Map{
				{Source: w.home + "/.gitconfig", Target: w.home + "/.gitconfig", Mode: MapRO, Origin: user + ":6"},
				{Source: "/srv/cache", Target: "/srv/cache", Mode: MapRO, Origin: user + ":14"},
				{Source: w.home + "/.helper", Target: w.home + "/.helper", Mode: MapRW, Origin: user + ":12"},
				{Source: w.proj + "/locked", Target: w.proj + "/locked", Mode: MapRO, Origin: project + ":2", Within: w.proj},
				{Source: w.proj + "/b", Target: w.proj + "/b", Mode: MapRO, Origin: project + ":2", Within: w.proj},
				{Source: "/new", Target: w.home + "/.x", Mode: MapRO, Origin: "flags"},
			},
			Env: []EnvVar{
				{Name: "TERM", Origin: user + ":8"},
				{Name: "A", Value: "flag", HasValue: true, Origin: "flags"},
				{Name: "B", Value: "helper", HasValue: true, Origin: user + ":13"},
				{Name: "C", Origin: user + ":13"},
			},
		},
		Origins: map[string]string{"command": user + ":2", "shell": user + ":3", "network": user + ":11", "hostname": "flags", "lockdown": "default", "landlock": "default", "agent_state": "default", "caches": "default", "inherit_env": "default", "secrets": "default", "terminal": "default"},
	}
	// The map and rw_map of [commands.helper] stand in the order of the text.
	want.Maps[1], want.Maps[2] = want.Maps[2], want.Maps[1]
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got  %+v\nwant %+v", got, want)
	}

	w.flags = Overlay{}
	if got, want := w.load(t).Maps[1], (Map{conf + "/ü b", w.home + "/.x", MapRO, true, user + ":6", ""}); got != want {
		t.Errorf("relative map: got %+v, want %+v", got, want)
	}
	if got := w.load(t); got.Hostname != "project" || got.Origins["hostname"] != project+":1" {
		t.Errorf("host name %q of %s; want the project's", got.Hostname, got.Origins["hostname"])
	}
}

func TestCommandsTableIsChosenByBasename(t *testing.T) {
	const user = `
command = "codex"
[commands.claude]
hostname = "is-claude"
[commands.codex]
hostname = "is-codex"
[commands]
"a b.c" = { hostname = "is-abc" }
`
	for _, tt := range []struct {
		name    string
		command []string
		flags   Overlay
		want    string
	}{
		{"user's command", nil, Overlay{}, "is-codex"},
		{"command line", []string{"claude", "codex"}, Overlay{}, "is-claude"},
		{"path", []string{"/usr/bin/claude"}, Overlay{}, "is-claude"},
		{"relative path", []string{"./claude"}, Overlay{}, "is-claude"},
		{"in the overlay", nil, Overlay{Command: []string{"claude"}}, "is-claude"},
		{"spaces and dots", []string{"/x/a b.c"}, Overlay{}, "is-abc"},
		{"no table", []string{"bash"}, Overlay{}, "jail"},
		{"longer name", []string{"claude2"}, Overlay{}, "jail"},
		{"flags win", []string{"claude"}, Overlay{Hostname: "flag"}, "flag"},
	} {
		w := newWorld(t)
		w.write("user", user)
		w.write("project", `command = "claude"`)
		w.command, w.flags = tt.command, tt.flags
		if got := w.load(t); got.Hostname != tt.want {
			t.Errorf("%s: host name %q; want %q", tt.name, got.Hostname, tt.want)
		}
	}
}

func TestFlagsWin(t *testing.T) {
	w := newWorld(t)
	w.write("user", "command = 'x'\nshell = '/bin/sh'\nnetwork = 'none'\nmap = ['/a', '/b:/t', '/c:/t']\nenv = ['A=1']")
	w.write("project", "network = 'none'\nmap = ['part']")
	part := w.proj + "/part"
	w.command = []string{"y", "z"}
	w.flags = Overlay{
		Shell: "/bin/fish", Network: NetworkHost,
		Maps: []Map{
			{Source: "/a", Target: "/a", Mode: MapRW},
			{Source: "/d", Target: "/t", Mode: MapRO},
			{Source: part, Target: part, Mode: MapRW},
		},
		Env: []EnvVar{{Name: "A"}},
	}
	got := w.load(t)
	got.Project = ProjectFile{}
	cli := originFlags
	want := Config{
		Overlay: Overlay{
			Command: []string{"y", "z"}, Shell: "/bin/fish", Network: NetworkHost, Hostname: "jail", Lockdown: Off, Landlock: Required, AgentState: StateCopy, Caches: On, Inherit: InheritNone, Secrets: SecretsHide, Terminal: TerminalFiltered,
			Maps: []Map{
				{Source: "/a", Target: "/a", Mode: MapRW, Origin: cli},
				{Source: "/d", Target: "/t", Mode: MapRO, Origin: cli},
				{Source: part, Target: part, Mode: MapRW, Origin: cli},
			},
			Env: []EnvVar{{Name: "A", Origin: cli}},
		},
		Origins: map[string]string{"command": cli, "shell": cli, "network": cli, "hostname": "default", "lockdown": "default", "landlock": "default", "agent_state": "default", "caches": "default", "inherit_env": "default", "secrets": "default", "terminal": "default"},
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got  %+v\nwant %+v", got, want)
	}
	if w.flags.Maps[0].Origin != "" {
		t.Error("Load changed the caller's overlay")
	}
}

func TestSameMapTwiceInAFile(t *testing.T) {
	w := newWorld(t)
	w.write("user", "map = ['/a', '/a/', '/b:/t']\nrw_map = ['/a', '/c:/t']")
	got := w.load(t).Maps
	if len(got) != 3 || got[0].Source != "/b" || got[1].Mode != MapRW || got[1].Source != "/a" || got[2].Source != "/c" {
		t.Errorf("maps %+v; want /a once and writable, and both sources of /t", got)
	}
}

func TestRelativePathsAreRefused(t *testing.T) {
	for _, r := range []Request{
		{Files: Files{User: "config.toml"}},
		{Files: Files{Project: ".jail.toml"}, ProjectDir: "/p"},
		{Files: Files{Project: "/p/.jail.toml"}},
		{Files: Files{Project: "/p/.jail.toml"}, ProjectDir: "p"},
	} {
		if _, err := Load(r); err == nil {
			t.Errorf("Load(%+v) gives no error", r)
		}
	}
}
