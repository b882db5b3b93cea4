package config

import (
	"errors"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
)

// writeAgent puts a preset of the user's own in place.
func (w *world) writeAgent(name, content string) string {
	w.t.Helper()
	path := filepath.Join(w.agents(), name+".toml")
	if err := errors.Join(os.MkdirAll(w.agents(), 0o755), os.WriteFile(path, []byte(content), 0o644)); err != nil {
		w.t.Fatal(err)
	}
	return path
}

func TestBuiltInAgents(t *testing.T) {
	agents, err := Agents("")
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, a := range agents {
		names = append(names, a.Name)
		if !slices.IsSorted(a.Env) || !slices.IsSorted(a.Domains) {
			t.Errorf("%s: names are not sorted", a.Name)
		}
		for _, name := range a.Env {
			for _, order := range []string{"LD_", "GIT_", "NODE_OPTIONS", "PYTHON", "BASH_ENV", "PATH", "SSH_"} {
				if strings.HasPrefix(name, order) {
					t.Errorf("%s: %s passes, which gives orders to programs", a.Name, name)
				}
			}
		}
		for _, file := range a.Credentials {
			if !slices.ContainsFunc(a.State, func(dir string) bool { return file == dir || inside(dir, file) }) {
				t.Errorf("%s: credential %s lies in none of its folders", a.Name, file)
			}
		}
		for _, dir := range a.Own {
			if !slices.ContainsFunc(a.State, func(state string) bool { return inside(state, dir) }) || slices.Contains(a.RunsCode, dir) {
				t.Errorf("%s: %s lies in none of its folders, or is read-only too", a.Name, dir)
			}
		}
		// The one place that knows the names without reading the files.
		for _, program := range a.Programs {
			got, found, err := AgentFor(program, "")
			if !found || err != nil || got.Name != a.Name {
				t.Errorf("program %s gives preset %q, %v, %v; want %s", program, got.Name, found, err, a.Name)
			}
		}
	}
	want := []string{"aider", "amp", "bash", "claude", "codex", "copilot", "crush", "gemini", "grok", "kimi", "kiro", "omp", "opencode", "pi", "qwen", "soulforge"}
	if !slices.Equal(names, want) {
		t.Errorf("presets %v, want %v", names, want)
	}
	if a, found, err := AgentFor("make", ""); found || err != nil || !reflect.DeepEqual(a, Agent{}) {
		t.Errorf("make has the preset %+v, %v", a, err)
	}
	if a, found, err := AgentFor("../agents/claude", ""); found || err != nil {
		t.Errorf("a path has the preset %+v, %v", a, err)
	}
}

func TestOwnAgents(t *testing.T) {
	w := newWorld(t)
	claude := w.writeAgent("claude", "env = ['MY_KEY']\nprograms = ['claude', 'cc']")
	mine := w.writeAgent("mine", "programs = ['gemini', 'mine']\nstate = ['~/.mine']\ndomains = ['example.com']\nterminal = ['no-status-bar']")
	for program, want := range map[string]Agent{
		"cc":     {Name: "claude", Env: []string{"MY_KEY"}, State: []string{"~/.claude", "~/.claude.json"}, Origin: "built in, changed by " + claude},
		"gemini": {Name: "mine", State: []string{"~/.mine"}, Origin: mine},
		"mine":   {Name: "mine", State: []string{"~/.mine"}, Origin: mine},
		"codex":  {Name: "codex", Env: []string{"CODEX_API_KEY", "OPENAI_API_KEY", "OPENAI_BASE_URL"}, State: []string{"~/.codex"}, Origin: originBuiltIn},
	} {
		got, found, err := AgentFor(program, w.agents())
		if !found || err != nil || got.Name != want.Name || got.Origin != want.Origin || !slices.Equal(got.Env, want.Env) || !slices.Equal(got.State, want.State) {
			t.Errorf("%s: got %+v, %v; want %+v", program, got, err, want)
		}
	}
	w.writeAgent("other", "programs = ['mine']")
	if _, _, err := AgentFor("mine", w.agents()); err == nil || !strings.Contains(err.Error(), `also one of agent "mine"`) {
		t.Errorf("two presets for one program: %v", err)
	}
}

func TestAgentErrors(t *testing.T) {
	for _, tt := range []struct{ content, want string }{
		{"programs = ['x']\nstat = []", `:2: unknown key "stat"; did you mean "state"?`},
		{"programs = 'x'", `:1: key "programs": want an array of strings, not a string`},
		{"env = ['A']", `:1: key "programs": it is missing; say which programs the preset is for`},
		{"programs = ['/bin/x']", `:1: key "programs": program "/bin/x": write the name alone, without a folder`},
		{"programs = ['x']\nstate = ['/etc']", `:2: key "state": path "/etc": write one below the home directory, such as ~/.agent`},
		{"programs = ['x']\nstate = ['~/a/../../b']", `:2: key "state": path "~/a/../../b": write one below the home directory, such as ~/.agent`},
		{"programs = ['x']\nstate = ['~/']", `:2: key "state": path "~/": write one below the home directory, such as ~/.agent`},
		{"programs = ['x']\nlogin = ['a  b']", `:2: key "login": value "a  b": write the names that lead to it, parted by single spaces, such as "tokens access" or "* type=oauth"`},
		{"programs = ['x']\nlogin = ['a type=']", `:2: key "login": value "a type=": write the names that lead to it, parted by single spaces, such as "tokens access" or "* type=oauth"`},
		{"programs = ['x']\nown = ['x']", `:2: key "own": path "x": write one below the home directory, such as ~/.agent`},
		{"programs = ['x']\nruns_code = ['../y']", `:2: key "runs_code": path "../y": write one of the project, such as .agent, or one below the home directory, such as ~/.agent`},
		{"programs = ['x']\nenv = [\n'A',\n'B=1']", `:4: key "env": environment variable "B=1": write its name alone; letters, digits and _, and no digit first`},
		{"programs = ['x']\ndomains = ['*.com']", `:2: key "domains": domain "*.com": write a host name such as api.example.com`},
		{"programs = ['x']\nterminal = ['no-statusbar']", `:2: key "terminal": "no-statusbar" is unknown; did you mean "no-status-bar"?`},
		{"[commands.x]", `:1: unknown key "commands"; valid are programs, state, dir, dir_env, credentials, login, own, settings, env, domains, terminal, runs_code, working_title, waiting_title`},
		{"programs = [", `:1:12: not valid TOML: array is incomplete`},
	} {
		w := newWorld(t)
		path := w.writeAgent("x", tt.content)
		for name, err := range map[string]error{
			"Agents": second(Agents(w.agents())), "Load": second(Load(w.request())),
		} {
			if err == nil || strings.TrimPrefix(err.Error(), path) != tt.want {
				t.Errorf("%s of %q\ngot  %v\nwant %s", name, tt.content, err, tt.want)
			}
		}
	}
}

func second[T any](_ T, err error) error { return err }

func TestPresetNamesPass(t *testing.T) {
	w := newWorld(t)
	user := w.write("user", "env = ['OPENAI_API_KEY=mine']")
	w.command = []string{"/opt/bin/codex"}
	want := []EnvVar{
		{Name: "CODEX_API_KEY", Origin: "preset codex"},
		{Name: "OPENAI_API_KEY", Value: "mine", HasValue: true, Origin: user + ":1"},
		{Name: "OPENAI_BASE_URL", Origin: "preset codex"},
	}
	if got := w.load(t); !slices.Equal(got.Env, want) || got.Agent.Name != "codex" {
		t.Errorf("got %+v of preset %q", got.Env, got.Agent.Name)
	}
	if got := w.loadWith(t, Overlay{Lockdown: On}); len(got.Env) > 0 || got.Agent.Name != "codex" {
		t.Errorf("in lockdown: got %+v of preset %q", got.Env, got.Agent.Name)
	}
	w.flags, w.command = Overlay{}, []string{"make"}
	if got := w.load(t); len(got.Env) != 1 || got.Agent.Name != "" {
		t.Errorf("without an agent: got %+v of preset %q", got.Env, got.Agent.Name)
	}
}

// TestPresetsCostNothingWithoutAnAgent holds that a command that is no agent reads none of the presets.
func TestPresetsCostNothingWithoutAnAgent(t *testing.T) {
	if n := testing.AllocsPerRun(100, func() {
		if _, found, err := AgentFor("make", ""); found || err != nil {
			t.Error("make is an agent")
		}
	}); n > 10 {
		t.Errorf("%v allocations to find no preset", n)
	}
}
