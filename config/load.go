package config

import (
	"fmt"
	"path/filepath"
	"slices"
	"strings"
)

// Files are the absolute paths of the config files; "" means that there is none to look for.
type Files struct {
	Managed string // the administrator's
	User    string
	Agents  string // the directory of the user's own presets
	Project string // ours, or one named LegacyProject
}

// Request says what to load.
type Request struct {
	Files      Files
	Home       string   // absolute; what ~ stands for
	ProjectDir string   // absolute; needed with a project file
	Cwd        string   // absolute; what paths in Variables are relative to
	Command    []string // of the command line
	Flags      Overlay  // of the command line, its paths resolved
	Variables  []string // the caller's environment, of which the JAIL_… variables count
	Approved   string   // SHA-256, in hex, of the content of the project file that the user trusts; "" for none
}

// Load reads the config files and merges all layers, the least important first: defaults, the preset of the command's
// program, the user's file, the project's file where the user trusts it, the environment, flags, and the administrator's
// file. Each file's [commands.NAME] for the effective command stands above the rest of the file; NAME is the last element of
// the command's first word. Scalars override, lists are added up.
//
// A project file that is not trusted may only tighten: what would widen the jail is not taken and listed in
// Config.Refused. In lockdown the same goes for all that is not on the command line, and, where it is the administrator's,
// for that too. A file that is missing says nothing; one that cannot be read or understood is a *FileError, a variable a
// *VariableError.
func Load(r Request) (Config, error) {
	if err := r.check(); err != nil {
		return Config{}, err
	}
	project, read, err := r.loadProject()
	if err != nil {
		return Config{}, err
	}
	return r.load(project, read)
}

// load reads all files but the project's, and merges all layers.
func (r Request) load(project file, read ProjectFile) (Config, error) {
	managed, err := loadManaged(r.Files.Managed, Places{r.Home, filepath.Dir(r.Files.Managed)})
	if err != nil {
		return Config{}, err
	}
	user, err := load(r.Files.User, linkFollow, Places{r.Home, filepath.Dir(r.Files.User)})
	if err != nil {
		return Config{}, err
	}
	environment, err := variables(r.Variables, Places{r.Home, r.Cwd})
	if err != nil {
		return Config{}, err
	}
	s := sources{managed: managed, user: user, project: project, trust: read.Trust, environment: environment, flags: r.flags()}
	program := s.program(r)
	agent, _, err := AgentFor(program, r.Files.Agents)
	if err != nil {
		return Config{}, err
	}
	browser, err := s.browsing(r, program)
	if err != nil {
		return Config{}, err
	}
	c := r.merge(s, program, agent, browser)
	c.Agent, c.Project = agent, read
	return c, nil
}

// sources are the layers before it is known which of them count.
type sources struct {
	managed, user, project file
	trust                  Trust // of the project's file
	environment, flags     layer
}

// program names what is run, as far as the configuration says it: the flags decide, or else the layer that overrides the
// others. An untrusted project file has no say.
func (s sources) program(r Request) string {
	commands := [][]string{s.flags.Command, s.environment.Command}
	if s.trust == Trusted {
		commands = append(commands, s.project.top.Command)
	}
	return r.commandName(append(commands, s.user.top.Command)...)
}

// merge puts all layers on top of each other.
func (r Request) merge(s sources, program string, agent Agent, browser browsing) Config {
	var trusted []layer
	untrusted := s.project
	var lost []Refusal
	if s.trust == Trusted {
		trusted, lost = withoutScreen(s.project.layers(program))
		untrusted = file{}
	}
	below, refused := browser.admitted(s.user.layers(program), trusted)
	above := []layer{s.environment}
	managed := s.managed.layers(program)
	m := newMerger()
	m.take(defaults())
	if by, on := locked(managed, slices.Concat(below, above), untrusted.top, s.flags); on {
		m.take(lockdown(by))
		var no []Refusal
		below, no = tightening(below, "lockdown takes from files only what tightens it")
		refused = append(refused, no...)
		above, no = tightening(above, "lockdown takes from the environment only what tightens it")
		refused = append(refused, no...)
		if boundBy(managed) != "" {
			m.config.Bound = append(m.config.Bound, "lockdown")
			if s.flags.Lockdown == Off {
				refused = append(refused, Refusal{Origin: s.flags.Origin, Key: "lockdown", Value: "false", Why: "decided by " + printable(boundBy(managed))})
			}
			var flags []layer
			flags, no = tightening([]layer{s.flags}, "lockdown is decided by "+printable(boundBy(managed)))
			s.flags, refused = flags[0], append(refused, no...)
		}
	} else {
		m.take(agent.layer())
	}
	refused = append(refused, m.browse(browser, s.flags.Command)...)
	for _, l := range below {
		m.take(l)
	}
	taken, no := admit(r.Files.Project, filepath.Clean(r.ProjectDir), untrusted, m.config, slices.Concat(above[0].Maps, s.flags.Maps))
	m.take(taken)
	m.take(above[0])
	m.take(s.flags)
	m.config.Refused = slices.Concat(refused, s.project.lost, lost, no)
	for _, l := range managed {
		m.bind(l)
	}
	return m.config
}

// boundBy says where the administrator's file puts everybody into lockdown, if it does.
func boundBy(managed []layer) (origin string) {
	for _, l := range managed {
		if l.Lockdown == On {
			origin = l.origins["lockdown"]
		}
	}
	return origin
}

// check refuses relative paths, which would mean something else in each directory.
func (r Request) check() error {
	for _, p := range []struct{ what, path, needs string }{
		{"managed config", r.Files.Managed, r.Files.Managed},
		{"user config", r.Files.User, r.Files.User},
		{"folder of presets", r.Files.Agents, r.Files.Agents},
		{"project config", r.Files.Project, r.Files.Project},
		{"project directory", r.ProjectDir, r.Files.Project},
	} {
		if p.needs != "" && !filepath.IsAbs(p.path) {
			return fmt.Errorf("cannot load config: path %q of the %s is not absolute", p.path, p.what)
		}
	}
	return nil
}

// flags is the layer of the command line, its command included.
func (r Request) flags() layer {
	o := r.Flags
	if len(r.Command) > 0 {
		o.Command = r.Command
	}
	if o.Origin == "" {
		o.Origin = originFlags
	}
	return plainLayer(o)
}

// load reads one file; a missing one is empty.
func load(path string, links linkMode, at Places) (file, error) {
	if path == "" {
		return file{}, nil
	}
	data, err := readFile(path, links)
	if err != nil || data == nil {
		return file{}, err
	}
	return parseFile(path, data, at)
}

// commandName is what chooses a [commands.NAME] table and a preset: the first command that has words decides. A program of
// the project is not the one that the user had in mind, whatever its name: an agent may have made it.
func (r Request) commandName(commands ...[]string) string {
	for _, words := range commands {
		if len(words) == 0 {
			continue
		}
		program := words[0]
		if strings.Contains(program, "/") && !filepath.IsAbs(program) {
			program = filepath.Join(r.Cwd, program)
		}
		if r.ProjectDir != "" && inside(filepath.Clean(r.ProjectDir), filepath.Clean(program)) {
			return ""
		}
		return filepath.Base(program)
	}
	return ""
}
