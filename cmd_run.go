package main

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"syscall"

	"github.com/urfave/cli/v2"

	"jail/config"
	"jail/jail"
	"jail/plan"
)

func runFlags() []cli.Flag {
	flags := []cli.Flag{
		&cli.StringFlag{Name: "network", Aliases: []string{"net"}, Usage: "what of the network is reachable: `MODE` host, none, allow (what rules allow) or audit (all, written down)"},
		&cli.StringSliceFlag{Name: "allow-host", Usage: "with --net allow: let `RULE` through: NAME, *.NAME, ADDRESS, NETWORK/BITS or @SET, each with :PORT,PORT for other ports than 443, 80 and 22"},
		&cli.StringSliceFlag{Name: "deny-host", Usage: "with --net allow or audit: do not let `RULE` through; it wins"},
		&cli.StringSliceFlag{Name: "host-port", Usage: "with --net allow or audit: lead `PORT`, or JAIL:HOST, of the jail's localhost to the host's"},
		&cli.StringSliceFlag{Name: "publish", Usage: "with --net allow or audit: lead `PORT`, or HOST:JAIL, of the host's localhost to the jail's"},
		&cli.StringSliceFlag{Name: "allow-tcp-port", Usage: "let every public address through at `PORT`, and that port of the host's localhost; implies --net allow"},
		&cli.StringFlag{Name: "net-log", Usage: "with --net allow or audit: write what was let through and what was not to `FILE`"},
		&cli.StringSliceFlag{Name: "map", Usage: "show `SRC[:DST]` of the host read-only; append ? if it may be missing"},
		&cli.StringSliceFlag{Name: "rw-map", Usage: "show `SRC[:DST]` of the host read-write"},
		&cli.StringSliceFlag{Name: "overlay-map", Usage: "show the folder `SRC[:DST]` so that it can be changed and the host's is not; jail overlay tells more"},
		&cli.StringSliceFlag{Name: "mask", Usage: "let what `GLOB` matches read as empty; ! before it excepts, ? after it lets it match nothing"},
		&cli.StringSliceFlag{Name: "deny", Usage: "let what `GLOB` matches be closed"},
		&cli.StringFlag{Name: "secrets", Usage: "what becomes of files whose names tell of secrets (.env, keys, credentials): `MODE` hide or show"},
		&cli.StringSliceFlag{Name: "unprotect", Usage: "let `NAME` in the project be changed and made, such as .vscode or *, though programs on the host obey it"},
		&cli.StringSliceFlag{Name: "env", Usage: "pass the variable `NAME`, or set NAME=VALUE"},
		&cli.StringSliceFlag{Name: "env-file", Usage: "pass and set the variables of `FILE`, one a line"},
		&cli.GenericFlag{Name: "inherit-env", Value: new(inheritFlag), Usage: "pass your environment without what looks like a secret; `[=all]`: everything"},
		&cli.StringFlag{Name: "hostname", Usage: "the jail's host `NAME`"},
		&cli.StringFlag{Name: "agent-state", Usage: "what an agent has of its own files in your home: `MODE` copy, rw, ro or none"},
		&cli.StringFlag{Name: "agent-dir", Aliases: []string{"claude-dir"}, Usage: "the `FOLDER` in your home that the agent uses in place of its own"},
		&cli.StringFlag{Name: "home", Usage: "how long the jail's home lives: `MODE` ephemeral or jail"},
		&cli.BoolFlag{Name: "caches", Value: true, Usage: "show the caches of the project's toolchains, copy-on-write"},
		&cli.BoolFlag{Name: "review", Usage: "let nothing reach the project until jail apply: what the command writes there is kept apart"},
		&cli.BoolFlag{Name: "lockdown", Usage: "the least a command can run with: project read-only, no network, nothing of your home"},
		&cli.StringSliceFlag{Name: "allow", Usage: "let the syscall filter pass `WHAT`: " + strings.Join(config.Relaxations(), ", ")},
		&cli.BoolFlag{Name: "no-landlock", Usage: "do without the second wall around files"},
		&cli.BoolFlag{Name: "no-seccomp", Usage: "do without the filter of system calls"},
		&cli.StringFlag{Name: "memory", Usage: "limit the memory of all processes together to `SIZE`, such as 4g"},
		&cli.StringFlag{Name: "cpus", Usage: "limit the processors to `N`, such as 1.5"},
		&cli.StringFlag{Name: "pids-limit", Usage: "limit processes and threads together to `N`"},
		&cli.StringFlag{Name: "timeout", Usage: "end the command after `TIME`, such as 30m"},
		&cli.BoolFlag{Name: "no-rlimits", Usage: "do without limits of memory, processors, processes and open files"},
		&cli.BoolFlag{Name: "quiet", Aliases: []string{"q"}, Usage: "no line at start and no hints; what is refused or not protected is still said"},
		&cli.BoolFlag{Name: "save", Usage: "put the flags of this run into the project's .jail.toml"},
		&cli.BoolFlag{Name: "dry-run", Usage: "print what would be done, and touch nothing"},
		&cli.BoolFlag{Name: "json", Usage: "with --dry-run: print the plan as JSON"},
	}
	return append(flags, integrationFlags()...)
}

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
			return &hinted{err, fmt.Sprintf("%s is a jail: jail enter %s, or jail run %s -- COMMAND", command[0], command[0], command[0])}
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
	scanned   plan.Scanned
	git       *gitRun // nil where the project has no repository that can be given
}

// run goes from the command line to the end of the command, or shows the plan where that is what was asked for.
func (a ask) run(c *cli.Context, places places, host plan.Host) error {
	if c.Bool("json") && !c.Bool("dry-run") {
		return &usage{"--json belongs to --dry-run", "jail run --dry-run --json COMMAND"}
	}
	if c.Bool("save") && c.Bool("dry-run") {
		return &usage{"--save writes a file, and --dry-run touches nothing", "leave one of them out"}
	}
	cfg, err := a.load(c, places)
	if err != nil {
		return err
	}
	if a.scanned, err = plan.Scan(cfg, host, a.project); err != nil {
		return err
	}
	project := atOnce
	if cfg.Review == config.On && a.project.Name == "" {
		project = keptApart
	}
	if a.git, err = findGit(c.Context, places.workspaces(), a.project.Dir, project); err != nil {
		return hintFor(err)
	}
	a.git.hide(a.project.Dir, a.scanned)
	if c.Bool("dry-run") {
		spec, err := a.build(a.input(c, cfg, host))
		if err != nil {
			return err
		}
		return show(c, spec, cfg)
	}
	in := a.input(c, cfg, host)
	if err := in.CheckNetwork(); err != nil {
		return err
	}
	outline := plan.Outline(in)
	guard, err := newGuard(outline, places, c.String("net-log"))
	if err != nil {
		return err
	}
	defer guard.close()
	prepared, err := jail.Prepare(outline, jail.Standard())
	if err != nil {
		return err
	}
	if err := a.git.begin(); err != nil {
		prepared.Discard()
		return err
	}
	defer a.git.end()
	in.Project.Git = a.git.view()
	spec, kept, err := a.keep(in)
	if err != nil {
		prepared.Discard()
		return err
	}
	defer kept.release()
	policy := filepath.Join(a.policyDir, projectConfig)
	before := policyText(policy)
	watching := places.keepOut(spec)
	result, err := prepared.Run(spec, guard.serve(), func(w jail.Walls) {
		if c.Bool("quiet") {
			tellLost(spec)
		} else {
			announce(spec, w, cfg.Origins["network"])
		}
		a.git.watch()
	})
	watching.end()
	if err != nil {
		return err
	}
	// A program of the host that saves by renaming takes the place that was read-only away.
	if !bytes.Equal(before, policyText(policy)) {
		warn("%q was changed during the run: look at it, as the next run obeys it", policy)
	}
	guard.tell()
	tellLimits(result, spec.Limits)
	return exitWith(result.ExitCode())
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
func (a ask) load(c *cli.Context, places places) (config.Config, error) {
	flags, err := overlay(c, places.home, a.project.Dir)
	if err != nil {
		return config.Config{}, err
	}
	request, err := a.request(places, flags)
	if err != nil {
		return config.Config{}, err
	}
	cfg, err := config.Load(request)
	tellRefused(cfg, !c.Bool("quiet"))
	switch {
	case err != nil:
		return cfg, err
	case c.Bool("no-landlock") && slices.Contains(cfg.Bound, "landlock"):
		return cfg, &usage{"--no-landlock: the wall is required by " + cfg.Origins["landlock"], "ask your administrator"}
	}
	if err := checkEgress(c, cfg); err != nil || !c.Bool("save") {
		return cfg, err
	}
	if fromFiles := c.StringSlice("env-file"); len(fromFiles) > 0 {
		return cfg, &usage{"--save cannot save --env-file, whose variables would be asked for without their values", "leave one of them out"}
	}
	if reflect.DeepEqual(flags, config.Overlay{Origin: flags.Origin}) {
		return cfg, &usage{"--save: there is no flag of this run to save", "jail run --save --network none -- COMMAND"}
	}
	return cfg, a.save(places, cfg, flags)
}

// request is what the configuration is made from.
func (a ask) request(places places, flags config.Overlay) (config.Request, error) {
	cwd, err := currentDir()
	if err != nil {
		return config.Request{}, err
	}
	project := filepath.Join(a.policyDir, projectConfig)
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
	in := plan.Input{Config: cfg, Host: host, Project: a.project, Layers: a.owner.dir, Slot: 1, Scanned: a.scanned}
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
		return spec, &commandError{missing, a.command[0]}
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
	for _, line := range plan.Explain(spec, cfg) {
		printLine(line)
	}
	return nil
}

// inheritFlag is a flag that can stand alone or have a value: --inherit-env, --inherit-env=all.
type inheritFlag struct{ mode config.Inherit }

// IsBoolFlag lets the flag stand alone (package flag).
func (*inheritFlag) IsBoolFlag() bool { return true }

// Set takes "true" for the flag alone.
func (f *inheritFlag) Set(text string) (err error) {
	switch text {
	case "true":
		text = string(config.InheritFiltered)
	case "false":
		text = string(config.InheritNone)
	}
	f.mode, err = config.ParseInherit(text)
	return err
}

func (f *inheritFlag) String() string { return string(f.mode) }

// overlay is the layer of the command line.
func overlay(c *cli.Context, home, project string) (config.Overlay, error) {
	o := config.Overlay{Origin: "command line"}
	cwd, err := currentDir()
	if err != nil {
		return o, err
	}
	at := config.Places{Home: home, Dir: cwd}
	for _, flag := range []struct {
		name string
		mode config.MapMode
	}{{"map", config.MapRO}, {"rw-map", config.MapRW}, {"overlay-map", config.MapOverlay}} {
		for _, text := range c.StringSlice(flag.name) {
			m, err := config.ParseMap(text, flag.mode, at)
			if err != nil {
				return o, badFlag(flag.name, err)
			}
			m.Origin = "--" + flag.name
			o.Maps = append(o.Maps, m)
		}
	}
	for _, text := range c.StringSlice("env") {
		v, err := config.ParseEnv(text)
		if err != nil {
			return o, badFlag("env", err)
		}
		if _, set := os.LookupEnv(v.Name); !set && !v.HasValue && !c.Bool("quiet") {
			warn("--env %s: it is not set here, and so not in the jail", v.Name)
		}
		v.Origin = "--env"
		o.Env = append(o.Env, v)
	}
	if o.Env, err = envFiles(c, at, project, o.Env); err != nil {
		return o, err
	}
	if flag, ok := c.Generic("inherit-env").(*inheritFlag); ok && c.IsSet("inherit-env") {
		o.Inherit = flag.mode
	}
	for _, text := range c.StringSlice("allow") {
		r, err := config.ParseRelaxation(text)
		if err != nil {
			return o, badFlag("allow", err)
		}
		r.Origin = "--allow"
		o.Allow = append(o.Allow, r)
	}
	if c.IsSet("caches") {
		if o.Caches = config.Off; c.Bool("caches") {
			o.Caches = config.On
		}
	}
	if c.IsSet("review") {
		if o.Review = config.Off; c.Bool("review") {
			o.Review = config.On
		}
	}
	if c.IsSet("lockdown") {
		if o.Lockdown = config.Off; c.Bool("lockdown") {
			o.Lockdown = config.On
		}
	}
	if c.IsSet("agent-state") {
		if o.AgentState, err = config.ParseStateMode(c.String("agent-state")); err != nil {
			return o, badFlag("agent-state", err)
		}
	}
	if c.IsSet("agent-dir") {
		if o.AgentDir, err = config.ParseAgentDir(c.String("agent-dir"), at); err != nil {
			return o, badFlag("agent-dir", err)
		}
	}
	if o.Grants, err = grants(c); err != nil {
		return o, err
	}
	if c.IsSet("home") {
		if o.Home, err = config.ParseHomeMode(c.String("home")); err != nil {
			return o, badFlag("home", err)
		}
	}
	if err := hideFlags(c, at, &o); err != nil {
		return o, err
	}
	if c.IsSet("network") {
		if o.Network, err = config.ParseNetwork(c.String("network")); err != nil {
			return o, badFlag("network", err)
		}
	}
	if err := egress(c, &o); err != nil {
		return o, err
	}
	for _, key := range config.LimitKeys() {
		name := strings.ReplaceAll(key, "_", "-")
		if !c.IsSet(name) {
			continue
		}
		if err := o.Limits.Set(key, c.String(name)); err != nil {
			return o, badFlag(name, err)
		}
		if c.Bool("no-rlimits") && name != "timeout" {
			return o, &usage{fmt.Sprintf("--no-rlimits and --%s ask for opposite things", name), "leave one of them out"}
		}
	}
	if c.IsSet("hostname") {
		if o.Hostname, err = config.ParseHostname(c.String("hostname")); err != nil {
			return o, badFlag("hostname", err)
		}
	}
	return o, nil
}

// egress takes the flags about a filtered network.
func egress(c *cli.Context, o *config.Overlay) error {
	for _, flag := range []struct{ name, key string }{
		{"allow-host", "network_allow"}, {"deny-host", "network_deny"}, {"host-port", "network_host_ports"}, {"publish", "network_publish"},
	} {
		if err := o.Egress.Add(flag.key, "--"+flag.name, c.StringSlice(flag.name)...); err != nil {
			return badFlag(flag.name, err)
		}
	}
	const anyPort = "allow-tcp-port"
	for _, port := range c.StringSlice(anyPort) {
		if err := o.Egress.Add("network_host_ports", "--"+anyPort, port); err != nil {
			return badFlag(anyPort, err)
		}
		if err := o.Egress.Add("network_allow", "--"+anyPort, "*:"+port, "0.0.0.0/0:"+port, "[::/0]:"+port); err != nil {
			return badFlag(anyPort, err)
		}
		if o.Network == "" {
			o.Network = config.NetworkAllow
		}
	}
	return nil
}

// checkEgress refuses flags that have no meaning for the network that the run has.
func checkEgress(c *cli.Context, cfg config.Config) error {
	if cfg.Network.Filtered() {
		return nil
	}
	for _, name := range []string{"allow-host", "deny-host", "host-port", "publish", "allow-tcp-port", "net-log"} {
		if c.IsSet(name) {
			return &usage{fmt.Sprintf("--%s means nothing where the network is %q (from %s)", name, cfg.Network, cfg.Origins["network"]), "add --net allow"}
		}
	}
	return nil
}

// envFiles puts the variables of files before those that are named one by one, which win.
func envFiles(c *cli.Context, at config.Places, project string, named []config.EnvVar) ([]config.EnvVar, error) {
	var all []config.EnvVar
	for _, path := range c.StringSlice("env-file") {
		if !filepath.IsAbs(path) {
			path = filepath.Join(at.Dir, path)
		}
		read, err := config.ReadEnvFile(path, project)
		if err != nil {
			return nil, badFlag("env-file", err)
		}
		all = append(all, read...)
	}
	return append(all, named...), nil
}

// badFlag says what is wrong with a flag. The errors of package config end with what to do.
func badFlag(name string, err error) error {
	text := fmt.Sprintf("--%s: %v", name, err)
	if i := strings.LastIndex(text, "; "); i > 0 {
		return &usage{text[:i], text[i+2:]}
	}
	return &usage{text, "jail run --help lists the flags"}
}

// hideFlags takes what the command line says of files that are hidden.
func hideFlags(c *cli.Context, at config.Places, o *config.Overlay) (err error) {
	for _, flag := range []struct {
		name string
		to   *[]config.Pattern
	}{{"mask", &o.Mask}, {"deny", &o.Deny}} {
		for _, text := range c.StringSlice(flag.name) {
			p, err := config.ParsePattern(text, at)
			if err != nil {
				return badFlag(flag.name, err)
			}
			p.Origin = "--" + flag.name
			*flag.to = append(*flag.to, p)
		}
	}
	for _, text := range c.StringSlice("unprotect") {
		r, err := config.ParseRelease(text)
		if err != nil {
			return badFlag("unprotect", err)
		}
		r.Origin = "--unprotect"
		o.Unprotect = append(o.Unprotect, r)
	}
	if c.IsSet("secrets") {
		if o.Secrets, err = config.ParseSecrets(c.String("secrets")); err != nil {
			return badFlag("secrets", err)
		}
	}
	return nil
}
