package config

import (
	"strings"
	"testing"
)

func TestParseGrant(t *testing.T) {
	for _, tt := range []struct{ key, text, want, err string }{
		{"docker", "true", Granted, ""},
		{"docker", "false", Denied, ""},
		{"ssh", "keys", "keys", ""},
		{"docker", "keys", "", `"keys" is unknown; valid are true, false`},
		{"ssh", "key", "", `"key" is unknown; valid are true, false, keys`},
		{"ssh", "yes", "", `"yes" is unknown; valid are true, false, keys`},
		{"docker", "", "", "valid are true, false"},
		{"nothing", "true", "", "not implemented"},
	} {
		got, err := ParseGrant(tt.key, tt.text)
		if got != tt.want || (err == nil) != (tt.err == "") || err != nil && !strings.Contains(err.Error(), tt.err) {
			t.Errorf("%s %q: %q, %v; want %q, %q", tt.key, tt.text, got, err, tt.want, tt.err)
		}
	}
}

func TestGrantsMore(t *testing.T) {
	order := []string{Denied, Granted, "keys"}
	for i, a := range order {
		for j, b := range order {
			if got := grantsMore(a, b); got != (i > j) {
				t.Errorf("%q gives more than %q: %v", a, b, got)
			}
		}
	}
	if grantsMore("", Denied) || grantsMore(Denied, "") || !grantsMore(Granted, "") || grantsMore("", Granted) {
		t.Error("what is not said is not as little as what is denied")
	}
}

// TestIntegrationsOfEachLayer holds that each layer turns integrations on and off over those below, but for a project's file
// that is not trusted, which turns them off and never on.
func TestIntegrationsOfEachLayer(t *testing.T) {
	const all = "gpu = 'full'\ndocker = true\ndisplay = true\nx11 = true\nssh = 'keys'\ngpg = true\npictures = true\ntailscale = true\nsystemd_user = true\nhost_shm = true\nmise = true\nagent_dir = '~/x'\n"
	w := newWorld(t)
	project := w.write("project", all)
	got := w.load(t)
	if len(got.Refused) != len(Integrations())+1 || len(got.Grants) > 0 || got.AgentDir != "" {
		t.Errorf("untrusted: %v and %q, refused %v", got.Grants, got.AgentDir, got.Refused)
	}
	r := w.request()
	r.Approved = sumOf(t, project)
	if got, err := Load(r); err != nil || got.Grants["ssh"] != "keys" || !got.Grants.On("docker") || got.AgentDir != w.home+"/x" || got.Refused != nil {
		t.Errorf("trusted: %+v, %v", got, err)
	}

	w.write("user", "ssh = true\ndocker = true\n[commands.make]\ndocker = false")
	w.write("project", "ssh = false\ngpu = false\ndocker = true")
	r = w.request()
	got, err := Load(r)
	if err != nil || got.Grants.On("ssh") || got.Grants["docker"] != Granted || got.Origins["ssh"] != project+":1" || got.Refused != nil {
		t.Errorf("a project's file that tightens: %v from %v, refused %v, %v", got.Grants, got.Origins, got.Refused, err)
	}
	r.Command = []string{"make"}
	r.Variables = []string{"JAIL_X11=true", "JAIL_SSH=keys"}
	r.Flags = Overlay{Grants: Grants{"ssh": Granted}}
	got, err = Load(r)
	if err != nil || got.Grants.On("docker") || got.Grants["ssh"] != Granted || got.Grants["x11"] != Granted || got.Origins["x11"] != "JAIL_X11" || refusals(got) != "docker true" {
		t.Errorf("the layers above: %v, refused %v, %v", got.Grants, got.Refused, err)
	}
	r.Variables = []string{"JAIL_DOCKER=yes"}
	if _, err = Load(r); err == nil || err.Error() != "environment variable JAIL_DOCKER: want true or false" {
		t.Errorf("a wrong value: %v", err)
	}
}

func TestIntegrationsInLockdownAndByTheAdministrator(t *testing.T) {
	w := newWorld(t)
	w.write("user", "ssh = true\ngpu = false\nagent_dir = '~/x'\nlockdown = true")
	if got := w.load(t); len(got.Grants) > 0 || got.AgentDir != "" || refusals(got) != "agent_dir "+w.home+"/x, ssh true" {
		t.Errorf("lockdown: %v, refused %v", got.Grants, got.Refused)
	}
	w.write("user", "ssh = 'keys'\nx11 = false")
	managed := w.write("managed", "docker = false\nssh = true\nx11 = true\npictures = true")
	r := w.request()
	r.Flags = Overlay{Grants: Grants{"docker": Granted}}
	got, err := Load(r)
	if err != nil || got.Grants.On("docker") || got.Grants["ssh"] != Granted || got.Grants.On("x11") || !got.Grants.On("pictures") || got.Origins["docker"] != managed+":1" {
		t.Errorf("got %v from %v, %v", got.Grants, got.Origins, err)
	}
	if refusals(got) != "docker true, ssh keys" {
		t.Errorf("refused %v", got.Refused)
	}
}

func TestLegacyIntegrations(t *testing.T) {
	w := newWorld(t)
	path := w.write("legacy project", "no_gpu = false\nno_docker = true\nno_worktree = false\nssh = true\nclaude_dir = '~/c'\nx11 = false")
	got, lost, err := Import(path)
	if want := "gpu = true\ndocker = false\nssh = true\nx11 = false\n\n[commands.\"claude\"]\nagent_dir = \"~/c\"\n"; err != nil || !strings.HasSuffix(got, want) {
		t.Errorf("got %s, %v\nwant %s", got, err, want)
	}
	if len(lost) != 1 || lost[0].Key != "ssh" {
		t.Errorf("lost %v", lost)
	}
}

// TestIntegrationsAreSaved holds that what --save writes is read as what was meant.
func TestIntegrationsAreSaved(t *testing.T) {
	at := Places{Home: "/h", Dir: "/h/p"}
	o := Overlay{Grants: Grants{"ssh": "keys", "gpu": Granted, "x11": Denied}, AgentDir: "/h/.claude:work"}
	w := newWorld(t)
	path := w.write("project", "# mine\nssh = true # why\n")
	got, err := Save(path, Sum([]byte("# mine\nssh = true # why\n")), o, at)
	if want := "# mine\nssh = \"keys\" # why\nagent_dir = \"~/.claude:work\"\ngpu = true\nx11 = false\n"; err != nil || string(got) != want {
		t.Errorf("got %s, %v\nwant %s", got, err, want)
	}
	f, err := parseFile(path, got, at)
	if err != nil || f.top.AgentDir != o.AgentDir || f.top.Grants["ssh"] != "keys" || f.top.Grants["x11"] != Denied {
		t.Errorf("read back as %+v, %v", f.top.Overlay, err)
	}
}
