package config

import (
	"fmt"
	"path/filepath"
)

// Files are the absolute paths of the config files; "" means that there is none to look for.
type Files struct {
	User    string
	Project string
}

// Request says what to load.
type Request struct {
	Files      Files
	Home       string   // absolute; what ~ stands for
	ProjectDir string   // absolute; needed with a project file
	Command    []string // of the command line
	Flags      Overlay  // of the command line, its paths resolved
}

// Load reads the config files and merges all layers, the least important first: defaults, user file, the user file's
// [commands.NAME] for the effective command, project file, flags. NAME is the last element of the command's first word;
// the command is the one of the command line, or else the user file's. Scalars override, lists are added up.
//
// The project file is untrusted: what would widen the jail is not taken and listed in Config.Refused. In lockdown the same
// goes for the user's file: only the command line can loosen it. A file that is missing says nothing; one that cannot be
// read or understood is a *FileError.
func Load(r Request) (Config, error) {
	if err := r.check(); err != nil {
		return Config{}, err
	}
	user, err := load(r.Files.User, linkFollow, Places{r.Home, filepath.Dir(r.Files.User)})
	if err != nil {
		return Config{}, err
	}
	project, err := load(r.Files.Project, linkRefuse, Places{r.Home, r.ProjectDir})
	if err != nil {
		return Config{}, err
	}
	return r.merge(user, project), nil
}

// merge puts all layers on top of each other.
func (r Request) merge(user, project file) Config {
	flags := r.flags()
	layers := []layer{user.top}
	if special, ok := user.commands[commandName(flags.Command, user.top.Command)]; ok {
		layers = append(layers, special)
	}
	m := newMerger()
	m.take(defaults())
	var refused []Refusal
	if by, on := locked(layers, project.top, flags); on {
		m.take(lockdown(by))
		layers, refused = tightening(layers)
	}
	for _, l := range layers {
		m.take(l)
	}
	taken, no := admit(r.Files.Project, filepath.Clean(r.ProjectDir), project, m.config, flags.Overlay)
	m.take(taken)
	m.take(flags)
	m.config.Refused = append(refused, no...)
	return m.config
}

// check refuses relative paths, which would mean something else in each directory.
func (r Request) check() error {
	for _, p := range []struct{ what, path, needs string }{
		{"user config", r.Files.User, r.Files.User},
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

// commandName is what chooses a [commands.NAME] table: the first command that has words decides.
func commandName(commands ...[]string) string {
	for _, words := range commands {
		if len(words) > 0 {
			return filepath.Base(words[0])
		}
	}
	return ""
}
