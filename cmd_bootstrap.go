package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/rogpeppe/go-internal/diff"
	"github.com/urfave/cli/v2"

	"jail/bootstrap"
	"jail/config"
	"jail/mounts"
	"jail/state"
)

func bootstrapCommand() *cli.Command {
	return &cli.Command{
		Name:      "bootstrap",
		Usage:     "let agents work in jails without asking for each step",
		UsageText: "jail bootstrap [AGENT…] [--diff] [--undo] [--host]",
		Description: "Writes what an agent may do without a question into files of jail's own, ~/.config/jail/agents/AGENT/, which agents see in\n" +
			"jails alone, as the settings of the machine's administrator. What reaches beyond the jail (git push, gh, publish, deploy, ssh)\n" +
			"is still asked for. The agent's own settings are not touched, and outside of jails it asks as ever.\n" +
			"With --host the agent's own files are changed, which it obeys outside of jails too. Files that are there are added to,\n" +
			"comments stay, and what says otherwise is kept. Without a name: those of claude, codex, gemini,\n" +
			"opencode and qwen whose program is on your PATH.",
		Flags: []cli.Flag{
			&cli.BoolFlag{Name: "diff", Usage: "show what would be changed, and change nothing"},
			&cli.BoolFlag{Name: "undo", Usage: "take the last change of each file back"},
			&cli.BoolFlag{Name: "host", Usage: "change the agent's own files, in your home; they hold outside of jails too"},
		},
		OnUsageError: usageError,
		Action:       bootstrapAction,
	}
}

func bootstrapAction(c *cli.Context) error {
	if c.Bool("host") && c.NArg() == 0 && !c.Bool("undo") {
		return &usage{"--host changes settings that agents obey outside of jails too, and so wants to know whose", "jail bootstrap --host claude"}
	}
	b, err := newBootstrapper(c.Bool("host"))
	if err != nil {
		return err
	}
	names := c.Args().Slice()
	if len(names) == 0 && !c.Bool("undo") {
		if names, err = b.installed(); err != nil {
			return err
		}
	}
	files, err := b.files(names)
	switch {
	case err != nil:
		return err
	case c.Bool("undo") && c.Bool("diff"):
		return &usage{"--undo and --diff exclude each other", "leave one of them out"}
	case c.Bool("undo"):
		return b.undo(files)
	case c.Bool("diff"):
		return b.each(files, b.show)
	}
	return b.each(files, b.write)
}

// bootstrapper changes files of agents.
type bootstrapper struct {
	places places
	place  bootstrap.Place
	agents []config.Agent
}

// newBootstrapper refuses a home that is not the caller's: files would be made where somebody else reads them.
func newBootstrapper(host bool) (*bootstrapper, error) {
	places, err := findPlaces()
	if err != nil {
		return nil, err
	}
	folder, err := bootstrap.OpenFolder(places.home, ".", bootstrap.MakeNothing)
	if err != nil {
		return nil, &hinted{fmt.Errorf("HOME is no home of yours: %w", err), "export HOME=/path/to/your/home"}
	}
	folder.Close()
	agents, err := config.Agents(places.agents())
	b := &bootstrapper{places, bootstrap.Inside, agents}
	if host {
		b.place = bootstrap.Host
	}
	return b, err
}

// target is one file on the disk.
type target struct {
	bootstrap.File
	root, rel string
}

func (t target) path() string { return filepath.Join(t.root, t.rel) }

// installed are the agents that have such files and whose program is on PATH; which are left out is said.
func (b *bootstrapper) installed() ([]string, error) {
	var found, missing []string
	for _, a := range b.agents {
		if !slices.ContainsFunc(bootstrap.Files(), func(f bootstrap.File) bool { return f.Agent == a.Name && f.At(bootstrap.Inside) != "" }) {
			continue
		}
		isThere := func(program string) bool {
			_, err := exec.LookPath(program)
			return err == nil
		}
		if slices.ContainsFunc(a.Programs, isThere) {
			found = append(found, a.Name)
		} else {
			missing = append(missing, a.Name)
		}
	}
	if len(found) == 0 {
		return nil, &hinted{fmt.Errorf("no agent is on your PATH of those it can be said to: %s", strings.Join(missing, ", ")), "install one, or name it: jail bootstrap claude"}
	}
	if len(missing) > 0 {
		warn("not on your PATH, and so left out: %s; name one to write its files all the same", strings.Join(missing, ", "))
	}
	return found, nil
}

// files are those of the agents that are named, or else of all that have such.
func (b *bootstrapper) files(names []string) ([]target, error) {
	has := func(agent string, place bootstrap.Place) bool {
		return slices.ContainsFunc(bootstrap.Files(), func(f bootstrap.File) bool { return f.Agent == agent && f.At(place) != "" })
	}
	for _, name := range names {
		switch {
		case !slices.ContainsFunc(b.agents, func(a config.Agent) bool { return a.Name == name }):
			return nil, unknownAgent(name, b.agents)
		case has(name, b.place):
		case b.place == bootstrap.Inside && has(name, bootstrap.Host):
			return nil, &hinted{fmt.Errorf("no file is known that tells %s in jails alone what it may do", name),
				"jail bootstrap --host " + name + " changes its own, which holds outside of jails too; or use a flag of its own: jail run -- " + name + " --yolo"}
		default:
			return nil, &hinted{fmt.Errorf("no file is known that tells %s what it may do", name), "a flag of its own may, as in jail run -- " + name + " --yolo"}
		}
	}
	var files []target
	for _, f := range bootstrap.Files() {
		if f.At(b.place) == "" || len(names) > 0 && !slices.Contains(names, f.Agent) {
			continue
		}
		t, err := b.target(f)
		if err != nil {
			return nil, err
		}
		files = append(files, t)
	}
	return files, nil
}

// target finds where a file lies.
func (b *bootstrapper) target(f bootstrap.File) (target, error) {
	t := target{File: f, root: b.places.home}
	path := filepath.Join(b.places.agents(), f.Agent, f.Name())
	if b.place == bootstrap.Host {
		path = filepath.Join(b.places.home, strings.TrimPrefix(f.Host, "~/"))
		if moved, is, err := b.moved(f); err != nil {
			return t, err
		} else if is {
			path = moved
		}
	} else if !mounts.Within(path, t.root) {
		t.root = filepath.Dir(b.places.config) // of XDG_CONFIG_HOME
	}
	var err error
	t.rel, err = filepath.Rel(t.root, path)
	return t, err
}

// moved is where a file lies whose agent was told to use another folder than its own.
func (b *bootstrapper) moved(f bootstrap.File) (path string, is bool, err error) {
	i := slices.IndexFunc(b.agents, func(a config.Agent) bool { return a.Name == f.Agent })
	if i < 0 || b.agents[i].DirEnv == "" || os.Getenv(b.agents[i].DirEnv) == "" {
		return "", false, nil
	}
	agent, dir := b.agents[i], filepath.Clean(os.Getenv(b.agents[i].DirEnv))
	rest, below := strings.CutPrefix(f.Host, agent.Dir+"/")
	if !below {
		return "", false, nil
	}
	cwd, err := currentDir()
	if err != nil {
		return "", false, err
	}
	project := b.places.host().Locate(cwd).Dir
	if !filepath.IsAbs(dir) || !mounts.Within(dir, b.places.home) || mounts.Within(dir, project) {
		return "", false, &hinted{fmt.Errorf("%s is %q, which is no folder of your home outside of this project", agent.DirEnv, dir), "unset " + agent.DirEnv + ", or change into another folder"}
	}
	return filepath.Join(dir, rest), true, nil
}

// change is what a file has and is to have.
type change struct {
	was    *bootstrap.Content // nil: there is none
	edited []byte
	kept   []string
}

func (c change) before() []byte {
	if c.was == nil {
		return nil
	}
	return c.was.Data
}

func (c change) needed() bool { return c.was == nil || string(c.was.Data) != string(c.edited) }

// each does something with each file, and tells what of it says otherwise.
func (b *bootstrapper) each(files []target, do func(target, change) error) error {
	changed := false
	for _, t := range files {
		c, err := b.change(t)
		if err != nil {
			return err
		}
		for _, kept := range c.kept {
			warn("%s: %s: %s", t.Agent, t.path(), kept)
		}
		changed = changed || c.needed()
		if err := do(t, c); err != nil {
			return err
		}
	}
	if b.place == bootstrap.Host && changed {
		warn("this holds outside of jails too, where nothing keeps the agent from the rest of your files; jail bootstrap --undo --host takes it back")
	}
	return nil
}

// change reads a file and works out what becomes of it.
func (b *bootstrapper) change(t target) (change, error) {
	var c change
	folder, err := bootstrap.OpenFolder(t.root, filepath.Dir(t.rel), bootstrap.MakeNothing)
	if err == nil {
		defer folder.Close()
		c.was, err = folder.Read(filepath.Base(t.rel))
	}
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return c, err
	}
	c.edited, c.kept, err = t.Merge(t.path(), b.place, c.before(), addTOML)
	if err != nil {
		return c, &hinted{err, "mend it, or move it away, and run this again; nothing of it was changed"}
	}
	return c, nil
}

// addTOML is config.AddTOML as package bootstrap wants it.
func addTOML(path string, text []byte, keys []bootstrap.Setting) ([]byte, []string, error) {
	strings := make([]config.TOMLString, len(keys))
	for i, k := range keys {
		strings[i] = config.TOMLString(k)
	}
	return config.AddTOML(path, text, strings)
}

func (b *bootstrapper) show(t target, c change) error {
	if !c.needed() {
		return nil
	}
	old := t.path()
	if c.was == nil {
		old = os.DevNull
	}
	return printDocument(string(diff.Diff(old, c.before(), t.path(), c.edited)))
}

// printDocument prints text of several lines.
func printDocument(text string) error {
	lines := printableLines{to: os.Stdout}
	if _, err := lines.Write([]byte(text)); err != nil {
		return err
	}
	return lines.Close()
}

// write changes a file. How that is taken back is noted first.
func (b *bootstrapper) write(t target, c change) error {
	if !c.needed() {
		printLine(fmt.Sprintf("%s: %s says it all already", t.Agent, t.path()))
		return nil
	}
	folder, err := bootstrap.OpenFolder(t.root, filepath.Dir(t.rel), bootstrap.MakeFolders)
	if err != nil {
		return err
	}
	defer folder.Close()
	note := state.ChangedFile{
		Agent: t.Agent, Root: t.root, Path: t.rel, Made: folder.Made, SHA256: bootstrap.Sum(c.edited), Time: time.Now().UTC().Truncate(time.Second),
	}
	name, mode := filepath.Base(t.rel), fs.FileMode(0o600)
	if c.was != nil {
		if note.Backup, err = folder.Backup(name, c.was); err != nil {
			return err
		}
		mode, note.Mode = c.was.Mode, c.was.Mode
	}
	if err := b.places.records().UpdateChangedFiles(func(all []state.ChangedFile) []state.ChangedFile { return append(all, note) }); err != nil {
		return err
	}
	if err := folder.Write(name, c.edited, mode, c.was); err != nil {
		return err
	}
	what := fmt.Sprintf("%s: wrote %s", t.Agent, t.path())
	if b.place == bootstrap.Inside {
		what += "; in a jail it is " + t.Inside
	}
	if note.Backup != "" {
		what += "; what it was is in " + note.Backup
	}
	printLine(what)
	return nil
}
