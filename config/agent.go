package config

import (
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
)

// Agent is a preset: what is known of one program that works on code by itself. Paths of the home directory start with
// "~/"; all others are relative to the project.
type Agent struct {
	Name        string   `json:"name"`
	Programs    []string `json:"programs"`              // the names that it is started by
	State       []string `json:"state,omitempty"`       // files and directories of the home where it keeps settings and history
	Dir         string   `json:"dir,omitempty"`         // the folder of the home that DirEnv can name another one for
	DirEnv      string   `json:"dir_env,omitempty"`     // the variable that does so
	Credentials []string `json:"credentials,omitempty"` // files of the home that hold what it is signed in with
	Login       []string `json:"login,omitempty"`       // which values of those files make a login; nothing else of them reaches the host
	Settings    []string `json:"settings,omitempty"`    // files below /etc where it reads what the machine's administrator decides
	Env         []string `json:"env,omitempty"`         // variables that reach it without being asked for
	Domains     []string `json:"domains,omitempty"`     // hosts that it cannot work without
	Terminal    []Quirk  `json:"terminal,omitempty"`
	// WorkingTitle and WaitingTitle are regular expressions of the titles that it gives its window in these states.
	WorkingTitle string   `json:"working_title,omitempty"`
	WaitingTitle string   `json:"waiting_title,omitempty"`
	RunsCode     []string `json:"runs_code,omitempty"` // configuration that makes it run commands: hooks, servers, plugins
	Own          []string `json:"own,omitempty"`       // folders of the home that it writes for itself and runs, or listens in
	Origin       string   `json:"origin"`              // "built in", the path of the user's file, or both
}

// Quirk is something that an agent needs of its terminal.
type Quirk string

const (
	NoStatusBar      Quirk = "no-status-bar"       // its screen breaks when a line of it is taken away
	AnswersXTVersion Quirk = "answers-xtversion"   // it asks for the terminal's name, and shows less without an answer
	RedrawsOnKey     Quirk = "redraw-ctrl-shift-l" // it needs that key after a resize
)

const (
	originBuiltIn = "built in"
	// maxAgents bounds the user's own presets, all of which are read to find the one of a program.
	maxAgents = 200
)

//go:embed agents/*.toml
var builtIn embed.FS

// agentFields are the keys of a preset.
func agentFields() []field {
	return []field{
		{"programs", shapeStrings}, {"state", shapeStrings}, {"dir", shapeString}, {"dir_env", shapeString}, {"credentials", shapeStrings}, {"login", shapeStrings}, {"own", shapeStrings}, {"settings", shapeStrings}, {"env", shapeStrings},
		{"domains", shapeStrings}, {"terminal", shapeStrings}, {"runs_code", shapeStrings},
		{"working_title", shapeString}, {"waiting_title", shapeString},
	}
}

// builtInFor names the built-in preset of a program without reading any; a test compares it with what they say.
func builtInFor(program string) string {
	switch program {
	case "kimi-cli", "kimi-code":
		return "kimi"
	case "kiro-cli":
		return "kiro"
	}
	return program
}

// Agents gives all presets by name: the built-in ones, and the files of the user's directory dir, which add to them or,
// key by key, override them. No directory is no error. Errors of a file are *FileError.
func Agents(dir string) ([]Agent, error) {
	files, err := agentFiles(dir)
	if err != nil {
		return nil, err
	}
	entries, err := builtIn.ReadDir("agents")
	if err != nil {
		return nil, err
	}
	names := slices.Clone(files)
	for _, entry := range entries {
		if !slices.Contains(names, entry.Name()) {
			names = append(names, entry.Name())
		}
	}
	slices.Sort(names)
	var agents []Agent
	for _, file := range names {
		agent, _, err := readAgent(dir, strings.TrimSuffix(file, ".toml"), slices.Contains(files, file))
		if err != nil {
			return nil, err
		}
		agents = append(agents, agent)
	}
	return agents, nil
}

// AgentFor gives the preset of a program, of which only the name counts. Of the built-in presets it reads at most one.
func AgentFor(program, dir string) (agent Agent, found bool, err error) {
	files, err := agentFiles(dir)
	if err != nil {
		return Agent{}, false, err
	}
	for _, file := range files {
		own, _, err := readAgent(dir, strings.TrimSuffix(file, ".toml"), true)
		switch {
		case err != nil:
			return Agent{}, false, err
		case !slices.Contains(own.Programs, program):
		case found:
			return Agent{}, false, &FileError{Path: filepath.Join(dir, file), Err: fmt.Errorf("program %q is also one of agent %q; take it out of one of the two", program, agent.Name)}
		default:
			agent, found = own, true
		}
	}
	if name := builtInFor(program); !found && program != "" && !slices.Contains(files, name+".toml") {
		return readAgent(dir, name, false)
	}
	return agent, found, nil
}

// agentFiles lists the user's own presets.
func agentFiles(dir string) ([]string, error) {
	if dir == "" {
		return nil, nil
	}
	entries, err := os.ReadDir(dir)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, nil
	case err != nil:
		return nil, &FileError{Path: dir, Err: explainOpen(err)}
	}
	var files []string
	for _, entry := range entries {
		if name := entry.Name(); strings.HasSuffix(name, ".toml") && !strings.HasPrefix(name, ".") {
			files = append(files, name)
		}
	}
	if len(files) > maxAgents {
		return nil, &FileError{Path: dir, Err: fmt.Errorf("more than %d presets; remove some", maxAgents)}
	}
	return files, nil
}

// readAgent reads the built-in preset of that name, if there is one, and puts the user's file on top where there is one.
func readAgent(dir, name string, own bool) (agent Agent, found bool, err error) {
	agent.Name = name
	if data, err := builtIn.ReadFile("agents/" + name + ".toml"); err == nil {
		if err := agent.read("agents/"+name+".toml", data); err != nil {
			return Agent{}, false, err
		}
		agent.Origin, found = originBuiltIn, true
	}
	switch {
	case !own && !found:
		return Agent{}, false, nil
	case !own:
		return agent, true, nil
	}
	path := filepath.Join(dir, name+".toml")
	data, err := readFile(path, linkFollow)
	if err != nil || data == nil {
		return agent, found, err
	}
	if agent.Origin = path; found {
		agent.Origin = originBuiltIn + ", changed by " + path
	}
	if err := agent.read(path, data); err != nil {
		return Agent{}, false, err
	}
	if (agent.Dir == "") != (agent.DirEnv == "") {
		return Agent{}, false, &FileError{Path: path, Line: 1, Key: "dir", Err: errors.New("it and dir_env go together: a folder, and the variable that names another one for it")}
	}
	if len(agent.Programs) == 0 {
		return Agent{}, false, &FileError{Path: path, Line: 1, Key: "programs", Err: errors.New("it is missing; say which programs the preset is for")}
	}
	return agent, true, nil
}

// read puts what a file says over what is known already.
func (a *Agent) read(path string, data []byte) error {
	entries, err := parseDocument(path, data, schema{top: agentFields()})
	if err != nil {
		return err
	}
	for _, e := range entries {
		values := make([]string, len(e.texts))
		for i, t := range e.texts {
			values[i] = t.value
			if err := checkAgentValue(e.key, t.value); err != nil {
				return &FileError{Path: path, Line: t.line, Key: e.key, Err: err}
			}
		}
		switch e.key {
		case "programs":
			a.Programs = values
		case "state":
			a.State = values
		case "dir":
			a.Dir = values[0]
		case "dir_env":
			a.DirEnv = values[0]
		case "credentials":
			a.Credentials = values
		case "login":
			a.Login = values
		case "own":
			a.Own = values
		case "settings":
			a.Settings = values
		case "env":
			a.Env = values
		case "domains":
			a.Domains = values
		case "terminal":
			a.Terminal = nil
			for _, value := range values {
				a.Terminal = append(a.Terminal, Quirk(value))
			}
		case "working_title":
			a.WorkingTitle = values[0]
		case "waiting_title":
			a.WaitingTitle = values[0]
		case "runs_code":
			a.RunsCode = values
		}
	}
	return nil
}

// checkAgentValue refuses a value that a key of a preset cannot have.
func checkAgentValue(key, value string) error {
	switch key {
	case "programs":
		if value == "" || value == "." || value == ".." || strings.ContainsAny(value, "/\x00") {
			return fmt.Errorf("program %q: write the name alone, without a folder", shorten(value))
		}
	case "login":
		place, _, _ := strings.Cut(value, "=")
		if place == "" || strings.Join(strings.Fields(place), " ") != place || strings.HasSuffix(value, "=") {
			return fmt.Errorf("value %q: write the names that lead to it, parted by single spaces, such as \"tokens access\" or \"* type=oauth\"", shorten(value))
		}
	case "state", "dir", "credentials", "own":
		if rest, home := strings.CutPrefix(value, "~/"); !home || !local(rest) {
			return fmt.Errorf("path %q: write one below the home directory, such as ~/.agent", shorten(value))
		}
	case "runs_code":
		if !local(strings.TrimPrefix(value, "~/")) {
			return fmt.Errorf("path %q: write one of the project, such as .agent, or one below the home directory, such as ~/.agent", shorten(value))
		}
	case "settings":
		// A folder of its own: what lies in /etc itself is every program's.
		if rest, ok := strings.CutPrefix(value, "/etc/"); !ok || !local(rest) || !strings.Contains(rest, "/") {
			return fmt.Errorf("path %q: write one in a folder below /etc, such as /etc/agent/settings.json", shorten(value))
		}
	case "env", "dir_env":
		if !validEnvName(value) {
			return fmt.Errorf("environment variable %q: write its name alone; letters, digits and _, and no digit first", shorten(value))
		}
	case "working_title", "waiting_title":
		if _, err := regexp.Compile(value); err != nil {
			return fmt.Errorf("expression %q: %w; write it as Go's package regexp has it", shorten(value), err)
		}
	case "domains":
		if _, err := ParseHostname(value); err != nil || !strings.Contains(value, ".") {
			return fmt.Errorf("domain %q: write a host name such as api.example.com", shorten(value))
		}
	case "terminal":
		_, err := parseWord[Quirk]("", value, []string{string(NoStatusBar), string(AnswersXTVersion), string(RedrawsOnKey)})
		return err
	}
	return nil
}

// local reports whether a path stays below where it starts, and is written in the one way that has no detours.
func local(p string) bool {
	return p != "." && filepath.IsLocal(p) && path.Clean(p) == p && !strings.HasPrefix(p, "~") && !strings.ContainsRune(p, 0)
}

// layer is what a preset contributes to the configuration of a run.
func (a Agent) layer() layer {
	o := Overlay{Origin: "preset " + a.Name}
	for _, name := range a.Env {
		o.Env = append(o.Env, EnvVar{Name: name})
	}
	if len(a.Domains) > 0 {
		o.Network = NetworkAllow
		for _, rule := range slices.Concat(a.Domains, developmentHosts) {
			o.Egress.Allow = append(o.Egress.Allow, NetworkRule{Text: rule})
		}
	}
	return plainLayer(o)
}
