package config

import (
	"errors"
	"slices"
	"strings"
	"testing"
)

func TestBrowserFamilies(t *testing.T) {
	entries, err := browserFiles.ReadDir("browsers")
	if err != nil || len(entries) != len(browserFamilies) {
		t.Fatalf("%d files, %d families, %v", len(entries), len(browserFamilies), err)
	}
	for _, family := range browserFamilies {
		b, err := readBrowser(family)
		if err != nil || len(b.Programs) == 0 || !slices.IsSorted(b.Programs) {
			t.Fatalf("%s: programs %v, %v", family, b.Programs, err)
		}
		if !strings.Contains(strings.Join(b.Arguments, " "), "@") {
			t.Errorf("%s is not told where its profile lies", family)
		}
		// The one place that knows the names without reading the files.
		for _, program := range b.Programs {
			if got := browserFamily(program); got != family {
				t.Errorf("%s is of family %q, want %q", program, got, family)
			}
		}
	}
	if got := browserFamily("make"); got != "" {
		t.Errorf("make is of family %q", got)
	}
}

// TestBrowserIsChosenByTheUser holds who decides that a command is run as a browser.
func TestBrowserIsChosenByTheUser(t *testing.T) {
	for _, tt := range []struct {
		name, user, project, managed string
		trusted                      bool
		flag                         BrowserMode
		command, variables           []string
		mode                         BrowserMode
		from                         string // what the origin ends in
	}{
		{name: "by its name", command: []string{"/usr/bin/firefox"}, mode: BrowserHard, from: "its name, firefox"},
		{name: "not by another name", command: []string{"make"}},
		{name: "said", command: []string{"firefox"}, flag: BrowserSoft, mode: BrowserSoft, from: "command line"},
		{name: "denied", command: []string{"firefox"}, flag: BrowserOff},
		{name: "by the user's file", user: "browser = 'soft'", command: []string{"firefox"}, mode: BrowserSoft, from: "config.toml:1"},
		{name: "by a table", user: "browser = 'off'\n[commands.firefox]\nbrowser = 'soft'", command: []string{"firefox"}, mode: BrowserSoft, from: "config.toml:3"},
		{name: "the flag wins", user: "browser = 'soft'", flag: BrowserHard, command: []string{"firefox"}, mode: BrowserHard, from: "command line"},
		{name: "the environment wins over the file", user: "browser = 'soft'", variables: []string{"JAIL_BROWSER=off"}, command: []string{"firefox"}},
		{name: "the administrator wins", managed: "browser = 'hard'", flag: BrowserSoft, command: []string{"firefox"}, mode: BrowserHard, from: "managed.toml:1"},
		{name: "a file's mode is no command", user: "browser = 'soft'", command: []string{"make"}},
		{name: "the user's command is not taken for one by its name", user: "command = ['firefox']"},
		{name: "the user's command with a mode", user: "command = ['firefox']\nbrowser = 'hard'", mode: BrowserHard, from: "config.toml:2"},
		{name: "a project's command is none", user: "lockdown = true", project: "command = ['./firefox']\nbrowser = 'hard'"},
		{name: "a trusted project's command is none", user: "lockdown = true\nbrowser = 'soft'", project: "command = ['firefox']\nbrowser = 'hard'", trusted: true},
		{name: "a program of the project is none", command: []string{"./firefox"}},
		{name: "a project has no say", project: "browser = 'off'", command: []string{"firefox"}, mode: BrowserHard, from: "its name, firefox"},
		{name: "a trusted project has no say", project: "browser = 'soft'", trusted: true, command: []string{"firefox"}, mode: BrowserHard, from: "its name, firefox"},
		{name: "lockdown keeps nothing", user: "lockdown = true\nbrowser = 'soft'", command: []string{"firefox"}, mode: BrowserHard, from: "lockdown"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			w := newWorld(t)
			w.write("user", tt.user)
			w.write("managed", tt.managed)
			w.write("project", tt.project)
			r := w.request()
			r.Cwd, r.Command, r.Flags, r.Variables = w.proj, tt.command, Overlay{Browser: tt.flag}, tt.variables
			if tt.trusted {
				r.Approved = Sum([]byte(tt.project))
			}
			c, err := Load(r)
			if err != nil {
				t.Fatal(err)
			}
			if c.Browser != tt.mode || !strings.HasSuffix(c.Origins["browser"], tt.from) || (c.Family.Program != "") != c.Browser.On() {
				t.Errorf("browser %q from %q, of %q; want %q from %q", c.Browser, c.Origins["browser"], c.Family.Program, tt.mode, tt.from)
			}
			if wanted := strings.Contains(tt.user, "lockdown"); (c.Lockdown == On) != wanted {
				t.Errorf("lockdown is %q", c.Lockdown)
			}
			if by := w.path("managed") + ":1"; tt.managed != "" && !slices.ContainsFunc(c.Refused, func(r Refusal) bool { return r.Why == "decided by "+by }) {
				t.Errorf("the flag is overruled without a word: %v", c.Refused)
			}
			said := strings.Contains(tt.project, "browser")
			if refused := slices.ContainsFunc(c.Refused, func(r Refusal) bool { return r.Key == "browser" && r.Why == noBrowserOfProject }); refused != said {
				t.Errorf("refused %v", c.Refused)
			}
		})
	}
}

func TestBrowserThatIsNone(t *testing.T) {
	w := newWorld(t)
	for _, command := range [][]string{{"make"}, nil, {w.proj + "/firefox"}} {
		r := w.request()
		r.Command, r.Flags = command, Overlay{Browser: BrowserHard}
		var none *BrowserError
		if _, err := Load(r); !errors.As(err, &none) || !strings.Contains(none.Hint(), "firefox-esr") {
			t.Errorf("%v: %v", command, err)
		}
	}
}

// TestBrowserGetsWhatIsMeantForIt holds that what files give to agents and tools does not reach a browser.
func TestBrowserGetsWhatIsMeantForIt(t *testing.T) {
	w := newWorld(t)
	user := w.write("user", `
map = ["/a"]
rw_map = ["/b"]
env = ["TOKEN"]
docker = true
allow = ["debug"]
inherit_env = "all"
agent_state = "rw"
home = "jail"
caches = true
network = "none"
mask = ["~/x?", "!~/y"]
secrets = "show"
terminal = "raw"
[commands.chromium]
rw_map = ["/downloads"]
display = true
`)
	project := "rw_map = ['/p']\n[commands.chromium]\nmap = ['/q']\nssh = true"
	w.write("project", project)
	r := w.request()
	r.Command, r.Approved = []string{"chromium"}, Sum([]byte(project))
	r.Flags = Overlay{Maps: []Map{{Source: "/flag", Target: "/flag", Mode: MapRW}}}
	c, err := Load(r)
	if err != nil {
		t.Fatal(err)
	}
	var maps []string
	for _, m := range c.Maps {
		maps = append(maps, m.Source)
	}
	if want := []string{"/downloads", "/flag"}; !slices.Equal(maps, want) || len(c.Env) > 0 || !slices.Equal(c.Grants.Keys(), []string{"display"}) {
		t.Errorf("maps %v, want %v; env %v, parts of the host %v", maps, want, c.Env, c.Grants)
	}
	if c.Inherit != InheritNone || c.AgentState != StateNone || c.Home != HomeEphemeral || c.Caches != Off {
		t.Errorf("inherits %q, agent state %q, home %q, caches %q", c.Inherit, c.AgentState, c.Home, c.Caches)
	}
	if c.Secrets != SecretsHide || c.Terminal != TerminalFiltered {
		t.Errorf("secrets %q, terminal %q", c.Secrets, c.Terminal)
	}
	if c.Network != NetworkNone || len(c.Mask) != 1 {
		t.Errorf("network %q, masks %v: what narrows is not taken", c.Network, c.Mask)
	}
	if len(c.Allow) != 1 || c.Allow[0].Name != "userns" {
		t.Errorf("allows %v", c.Allow)
	}
	var refused []string
	for _, r := range c.Refused {
		refused = append(refused, strings.TrimPrefix(r.Origin, w.root)+" "+r.Key)
	}
	want := []string{strings.TrimPrefix(user, w.root) + " map, rw_map, env, inherit_env, allow, terminal, secrets, mask, docker", strings.TrimPrefix(w.path("project"), w.root) + " rw_map", strings.TrimPrefix(w.path("project"), w.root) + " map, ssh"}
	if !slices.Equal(refused, want) {
		t.Errorf("refused %q, want %q", refused, want)
	}
	// The same file, for what is no browser.
	r.Command = []string{"make"}
	if c, err := Load(r); err != nil || len(c.Maps) != 4 || len(c.Env) != 1 || c.Browser != "" {
		t.Errorf("make gets %v, %v, %v", c.Maps, c.Env, err)
	}
}

func TestBrowserWithoutItsSandbox(t *testing.T) {
	for _, tt := range []struct {
		command []string
		flags   Overlay
		allowed bool
	}{
		{[]string{"chromium", "x"}, Overlay{}, true},
		{[]string{"chromium", "--no-sandbox"}, Overlay{}, false},
		{[]string{"chromium"}, Overlay{Lockdown: On}, false},
		{[]string{"chromium"}, Overlay{Lockdown: On, Allow: []Relaxation{{Name: "userns"}}}, true},
		{[]string{"firefox"}, Overlay{}, true},
	} {
		w := newWorld(t)
		w.command, w.flags = tt.command, tt.flags
		if c := w.load(t); (len(c.Allow) > 0) != tt.allowed {
			t.Errorf("%v, %v: allows %v", tt.command, tt.flags, c.Allow)
		}
	}
}
