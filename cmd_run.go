package main

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"

	"github.com/urfave/cli/v2"

	"jail/config"
	"jail/git"
	"jail/jail"
	"jail/plan"
	"jail/session"
	"jail/state"
)

func runCommand() *cli.Command {
	return &cli.Command{
		Name:      "run",
		Aliases:   []string{"exec"},
		Usage:     "run a command in the current project, or in a named jail",
		UsageText: "jail run [flags] [--] COMMAND [ARGS…]\njail run [flags] NAME -- COMMAND [ARGS…]",
		Description: "Without a name the jail is built around the current project: the git work tree that you are in, or the\n" +
			"current folder. With a name, which \"--\" must follow, it is built around that jail's worktree.\n" +
			"Without a command the configured one runs, or your shell.",
		Flags:        runFlags(),
		OnUsageError: usageError,
		Action:       runAction,
	}
}

// runAction serves "jail run", and "jail COMMAND" for a first word that names no command of ours.
func runAction(c *cli.Context) error {
	name, command := splitNamed(c)
	if name != "" {
		return runNamed(c, name, command)
	}
	if err := checkMisplaced(c, command); err != nil {
		return err
	}
	if c.Bool("detach") {
		return &usage{"--detach is for named jails: what runs on is found again by its name", "jail create NAME, and then: jail run --detach NAME -- COMMAND"}
	}
	places, err := findPlaces()
	if err != nil {
		return err
	}
	host := places.host()
	cwd, err := currentDir()
	if err != nil {
		return err
	}
	project := host.Locate(cwd)
	err = ask{project: project, policyDir: project.Dir, owner: places.projectLayers(project.Dir), command: command}.run(c, places, host)
	var missing *plan.ProgramError
	if errors.As(err, &missing) && missing.Problem == plan.NotFound && len(command) > 0 {
		if _, findErr := places.workspaces().Find(command[0]); findErr == nil {
			said := &reworded{err, fmt.Sprintf("%q is a jail, not a program", command[0])}
			if len(command) > 1 && strings.HasPrefix(command[1], "-") {
				return &hinted{said, fmt.Sprintf("flags stand before the name: jail run %s … %s -- COMMAND", command[1], command[0])}
			}
			return &hinted{said, fmt.Sprintf("jail enter %[1]s, or jail run %[1]s -- COMMAND", command[0])}
		}
	}
	return err
}

// ask is one request for a run.
type ask struct {
	project   plan.Project
	policyDir string // where the project's config file lies
	owner     owner  // of what the run keeps
	command   []string
	verb      bool // a command of jail's could have been meant by it
	scanned   plan.Scanned
	git       *gitRun        // nil where the project has no repository that can be given
	journal   *state.Journal // of the jail; nil without a name
	sessions  session.Folder // where the runs of the jail are kept; empty without a name
	served    *served        // as others reach the run; nil where nobody does
}

// run goes from the command line to the end of the command, or shows the plan where that is what was asked for.
func (a ask) run(c *cli.Context, places places, host plan.Host) error {
	if c.Bool("json") && !c.Bool("dry-run") {
		return &usage{"--json belongs to --dry-run", "jail run --dry-run --json COMMAND"}
	}
	a.verb = !c.Command.HasName("run")
	if err := checkSaving(c); err != nil {
		return err
	}
	if c.Bool("init") {
		if err := host.CheckProject(a.project); err != nil {
			return err
		}
	}
	cfg, err := a.load(c, places, host)
	if err != nil {
		return err
	}
	if c.Bool("init") {
		return nil
	}
	if a.project.Remembered, err = recalled(places.records()); err != nil {
		return &hinted{err, "remove it; what earlier runs moved to where no rule hides it can be read then"}
	}
	if a.scanned, err = plan.Scan(cfg, host, a.project); err != nil {
		return err
	}
	a.scanned.Empty, a.scanned.Unknown = git.EmptyModules(a.scanned.WithModules(host, a.project))
	project := atOnce
	if cfg.Review == config.On && a.project.Name == "" {
		project = keptApart
	}
	// On macOS no git directory of the jail's own can stand in the place of the repository's.
	if !cfg.Browser.On() && host.System == plan.Linux {
		if a.git, err = findGit(c.Context, places.workspaces(), a.project.Dir, project); err != nil {
			return hintFor(err)
		}
	}
	a.git.hide(a.project.Dir, a.scanned)
	in := a.input(c, cfg, host)
	in.Browsers = places.browsers()
	if c.Bool("dry-run") {
		spec, err := a.build(in)
		if err != nil {
			return err
		}
		return show(c, spec, cfg)
	}
	if !c.Bool("quiet") {
		tellUpdate(cfg, places)
	}
	return a.start(c, places, cfg, in)
}

// start carries the plan out, while what it needs is held.
func (a ask) start(c *cli.Context, places places, cfg config.Config, in plan.Input) error {
	if err := in.CheckNetwork(); err != nil {
		return err
	}
	outline := plan.Outline(in)
	gateway, err := newGateway(outline, places, commandName(cfg), c.String("net-log"))
	if err != nil {
		return err
	}
	defer gateway.close()
	streams, err := streams(in.Host)
	if err != nil {
		return err
	}
	prepared, err := jail.Prepare(outline, streams)
	if err != nil {
		return err
	}
	held, err := a.hold(places, in)
	if err != nil {
		prepared.Discard()
		return err
	}
	defer held.release()
	spec, policy := held.spec, a.policy()
	before := policyText(policy)
	watching := places.watchProject(spec)
	var noted *noted
	notifier := &notifier{screen: spec.Screen}
	result, err := prepared.Run(spec, jail.Attendance{Serve: gateway.serve(), Show: a.served.show(spec, notifier.run), Remain: tellRemaining, Waits: notifier.run, Ready: func(w jail.Walls) {
		if c.Bool("verbose") {
			for _, line := range plan.Explain(spec, cfg) {
				warn("%s", line)
			}
		}
		if c.Bool("quiet") {
			tellLost(spec)
		} else {
			announce(spec, w, cfg.Origins["network"])
		}
		a.git.watch()
		noted = a.note(spec)
		a.served.begin(prepared)
	}})
	a.served.note(result)
	watching.end()
	if err != nil {
		return err
	}
	// A program of the host that saves by renaming takes the place that was read-only away.
	if !bytes.Equal(before, policyText(policy)) {
		warn("%q was changed during the run: look at it, as the next run obeys it", policy)
	}
	notifier.tell()
	noted.end(result.ExitCode(), gateway.tell())
	tellLimits(result, spec.Limits)
	tellLeft(result)
	if result.Signal == syscall.SIGINT && result.Cause == "" {
		return exitBy(result.Signal)
	}
	return exitWith(result.ExitCode())
}

// commandName is what the command is called, without its folder; empty where it is a shell that nobody named.
func commandName(cfg config.Config) string {
	if len(cfg.Command) == 0 {
		return ""
	}
	return filepath.Base(cfg.Command[0])
}

// streams are the command's; a detached one gets its own.
func streams(h plan.Host) (jail.Streams, error) {
	if !h.Detached {
		return jail.Standard(), nil
	}
	null, err := os.OpenFile(os.DevNull, os.O_RDWR, 0)
	return jail.Streams{In: null, Out: null, Err: null}, err
}

// checkSaving refuses flags about the project's file that cannot be meant together.
func checkSaving(c *cli.Context) error {
	for _, flag := range []string{"save", "init"} {
		switch {
		case !c.Bool(flag):
		case c.Bool("dry-run"):
			return &usage{"--" + flag + " writes a file, and --dry-run touches nothing", "leave one of them out"}
		case c.Bool("clean"):
			return &usage{"--" + flag + " changes the project's file, and --clean takes it for missing", "leave one of them out, or remove the file first"}
		}
	}
	if c.Bool("init") && c.IsSet("save") && !c.Bool("save") {
		return &usage{"--init saves, and --save=false does not", "leave one of them out"}
	}
	return nil
}

// policyText is the project's config file, which may have become anything during a run. Where it cannot be read, it is not
// obeyed either.
func policyText(path string) []byte {
	f, err := os.OpenFile(path, os.O_RDONLY|syscall.O_NOFOLLOW|syscall.O_NONBLOCK, 0)
	if err != nil {
		return nil
	}
	defer f.Close()
	if info, err := f.Stat(); err != nil || !info.Mode().IsRegular() {
		return nil
	}
	text, _ := io.ReadAll(io.LimitReader(f, 1<<20))
	return text
}

// load merges the layers and prints what was refused of them.
func (a *ask) load(c *cli.Context, places places, host plan.Host) (config.Config, error) {
	flags, err := overlay(c, places.home, a.project.Dir)
	if err != nil {
		return config.Config{}, err
	}
	request, err := a.request(places, flags)
	if err != nil {
		return config.Config{}, err
	}
	if c.Bool("clean") {
		request.Files.Project, request.Approved = "", ""
	}
	cfg, err := a.merge(request, host)
	tellRefused(cfg, !c.Bool("quiet"))
	var none *config.BrowserError
	switch {
	case errors.As(err, &none): // only the flag demands one
		return cfg, &usage{none.Error(), none.Hint()}
	case err != nil:
		return cfg, err
	case cfg.Browser.On() && c.Bool("review"):
		return cfg, &usage{"--review is for what writes to the project, and a browser does not", "leave it out; or --no-browser runs the browser like any other command"}
	case (flags.Browser != "" || cfg.Browser.On()) && (c.Bool("save") || c.Bool("init")):
		return cfg, &usage{"--save writes the project's file, which may not say how a browser is run", `write [commands.NAME] with browser = "soft" into your own config`}
	case c.Bool("no-landlock") && slices.Contains(cfg.Bound, "landlock"):
		return cfg, &usage{"--no-landlock: the wall is required by " + cfg.Origins["landlock"], "ask your administrator"}
	}
	if err := checkEgress(c, cfg); err != nil || !c.Bool("save") && !c.Bool("init") {
		return cfg, err
	}
	return cfg, a.saveFlags(c, places, cfg, flags)
}

// request is what the configuration is made from.
func (a ask) request(places places, flags config.Overlay) (config.Request, error) {
	cwd, err := currentDir()
	if err != nil {
		return config.Request{}, err
	}
	project := a.policy()
	if legacy := filepath.Join(a.policyDir, config.LegacyProject); missing(project) && !missing(legacy) {
		project = legacy
	}
	request := config.Request{
		Files:      config.Files{Managed: places.managed, User: places.userConfig(), Agents: places.agents(), Project: project},
		Home:       places.home,
		ProjectDir: a.project.Dir,
		Cwd:        cwd,
		Command:    a.command,
		Flags:      flags,
		Variables:  os.Environ(),
	}
	if missing(project) {
		return request, nil
	}
	approval, _, err := places.trust().Approved(project)
	request.Approved = approval.SHA256
	return request, err
}

func missing(path string) bool {
	_, err := os.Lstat(path)
	return errors.Is(err, fs.ErrNotExist)
}

// tellRefused prints what was asked for and is not given, and, as hints, how it can be.
func tellRefused(cfg config.Config, hints bool) {
	for _, refusal := range cfg.Refused {
		warn("%s", refusal)
	}
	switch {
	case cfg.Project.Trust == config.Changed:
		warn("%q is not what you trusted, and may only tighten: jail trust shows it and approves it", cfg.Project.Path)
	case hints && cfg.Project.Trust == config.Untrusted && slices.ContainsFunc(cfg.Refused, trustable):
		warn("jail trust shows what %q asks for, and approves it", cfg.Project.Path)
	}
}

// input is what the plan is made from.
func (a ask) input(c *cli.Context, cfg config.Config, host plan.Host) plan.Input {
	in := plan.Input{Config: cfg, Host: host, Project: a.project, Layers: a.owner.dir, Slot: 1, Scanned: a.scanned, Version: version}
	in.Project.Git = a.git.view()
	if c.Bool("no-landlock") {
		in.Landlock = jail.WallOff
	}
	if c.Bool("no-seccomp") {
		in.Seccomp = jail.WallOff
	}
	if c.Bool("no-rlimits") {
		in.Limits = jail.WallOff
	}
	return in
}

func (a ask) build(in plan.Input) (jail.Spec, error) {
	spec, err := plan.Build(in)
	var missing *plan.ProgramError
	var shell *plan.ShellError
	switch from := in.Config.Origins["command"]; {
	case !errors.As(err, &missing) || errors.As(err, &shell):
	case len(a.command) > 0:
		return spec, &commandError{missing, a.command[0], a.verb}
	case from != "":
		return spec, &hinted{fmt.Errorf("command (from %s): %w", from, err), "install it, or change it there; jail run -- COMMAND runs another"}
	}
	return spec, err
}

// show prints a plan.
func show(c *cli.Context, spec jail.Spec, cfg config.Config) error {
	if c.Bool("json") {
		return printJSON(struct {
			SchemaVersion int       `json:"schema_version"`
			Plan          jail.Spec `json:"plan"`
		}{1, plan.Redact(spec)})
	}
	for _, line := range append(plan.Explain(spec, cfg), plan.ExplainProfile(spec)...) {
		printLine(line)
	}
	return nil
}
