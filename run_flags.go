package main

import (
	"cmp"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/urfave/cli/v2"

	"jail/config"
	"jail/network"
)

// ruleFlags are those that say which hosts are reached.
func ruleFlags() []cli.Flag {
	return []cli.Flag{
		&cli.StringFlag{Name: "network", Aliases: []string{"net"}, Usage: "what of the network is reachable: `MODE` host, none, allow (what rules allow) or audit (all, written down)"},
		&cli.StringSliceFlag{Name: "allow-host", Usage: "with --net allow: let `RULE` through: NAME, *.NAME, ADDRESS, NETWORK/BITS or @SET, each with :PORT,PORT for other ports than 443, 80 and 22"},
		&cli.StringSliceFlag{Name: "deny-host", Usage: "with --net allow or audit: do not let `RULE` through; it wins"},
		&cli.StringSliceFlag{Name: "net-relax", Usage: "with --net allow or audit: do not look at `WHAT`: ech (hidden server names, as browsers send), private (local addresses behind a wildcard)"},
	}
}

func runFlags() []cli.Flag {
	flags := []cli.Flag{
		&cli.StringSliceFlag{Name: "host-port", Usage: "with --net allow or audit: lead `PORT`, or JAIL:HOST, of the jail's localhost to the host's"},
		&cli.StringSliceFlag{Name: "publish", Usage: "with --net allow or audit: lead `PORT`, or HOST:JAIL, of the host's localhost to the jail's; auto: all that programs open"},
		&cli.StringSliceFlag{Name: "allow-tcp-port", Usage: "let every public address through at `PORT`, and that port of the host's localhost; implies --net allow"},
		&cli.StringFlag{Name: "net-log", Usage: "with --net allow or audit: write what was let through and what was not to `FILE`"},
		&cli.StringSliceFlag{Name: "map", Usage: "show `SRC[:DST]` of the host read-only; append ? if it may be missing"},
		&cli.StringSliceFlag{Name: "rw-map", Usage: "show `SRC[:DST]` of the host read-write"},
		&cli.StringSliceFlag{Name: "volume", Aliases: []string{"v"}, Usage: "show `SRC:DST[:ro]` as containers have it: read-write unless :ro follows"},
		&cli.StringSliceFlag{Name: "overlay-map", Usage: "show the folder `SRC[:DST]` so that it can be changed and the host's is not; jail overlay tells more"},
		&cli.StringSliceFlag{Name: "mask", Usage: "let what `GLOB` matches read as empty; ! before it excepts, ? after it lets it match nothing"},
		&cli.StringSliceFlag{Name: "deny", Usage: "let what `GLOB` matches be closed"},
		&cli.StringFlag{Name: "terminal", Usage: "what of the output reaches your terminal: `MODE` filtered, ask (it may write to your clipboard when you press Ctrl-] c), clipboard (it always may) or raw"},
		&cli.GenericFlag{Name: "status-bar", Value: barFlag(), Usage: "a line about the jail in the last row of your terminal; `[=dark|light|pastel]`; --no-status-bar: none, whatever your config says"},
		&cli.StringFlag{Name: "notify", Usage: "tell you when the command waits for you: `HOW` bell, desktop, off, or a command of the host"},
		&cli.StringFlag{Name: "secrets", Usage: "what becomes of files whose names tell of secrets (.env, keys, credentials): `MODE` hide or show"},
		&cli.StringSliceFlag{Name: "unprotect", Usage: "let `NAME` in the project be changed and made, such as .vscode or *, though programs on the host obey it"},
		&cli.StringSliceFlag{Name: "env", Usage: "pass the variable `NAME`, or set NAME=VALUE"},
		&cli.StringSliceFlag{Name: "env-file", Usage: "pass and set the variables of `FILE`, one a line"},
		&cli.GenericFlag{Name: "inherit-env", Value: inheritFlag(), Usage: "pass your environment without what looks like a secret; `[=all]`: everything"},
		&cli.StringFlag{Name: "hostname", Usage: "the jail's host `NAME`"},
		&cli.StringFlag{Name: "agent-state", Usage: "what an agent has of its own files in your home: `MODE` copy, rw, ro or none"},
		&cli.StringFlag{Name: "agent-dir", Aliases: []string{"claude-dir"}, Usage: "the `FOLDER` in your home that the agent uses in place of its own"},
		&cli.GenericFlag{Name: "browser", Value: browserFlag(), Usage: "run a browser, of which nothing is kept; `[=soft]`: keep its profile, in a folder of jail's own; --no-browser: run it like any other command"},
		&cli.StringFlag{Name: "home", Usage: "how long the jail's home lives: `MODE` ephemeral or jail"},
		&cli.BoolFlag{Name: "caches", Value: true, Usage: "show the caches of the project's toolchains, copy-on-write"},
		&cli.BoolFlag{Name: "review", Usage: "let nothing reach the project until jail apply: what the command writes there is kept apart"},
		&cli.BoolFlag{Name: "lockdown", Usage: "the least a command can run with: project read-only, no network, nothing of your home"},
		&cli.StringSliceFlag{Name: "allow", Usage: "let the syscall filter pass `WHAT`: " + strings.Join(config.Relaxations(), ", ")},
		&cli.StringSliceFlag{Name: "macos-allow", Usage: "macOS only: let the command reach `SERVICE,…`: " + strings.Join(config.MacGrants(), ", ")},
		&cli.BoolFlag{Name: "no-landlock", Usage: "do without the second wall around files"},
		&cli.BoolFlag{Name: "no-seccomp", Usage: "do without the filter of system calls"},
		&cli.StringFlag{Name: "memory", Usage: "limit the memory of all processes together to `SIZE`, such as 4g"},
		&cli.StringFlag{Name: "cpus", Usage: "limit the processors to `N`, such as 1.5"},
		&cli.StringFlag{Name: "pids-limit", Usage: "limit processes and threads together to `N`"},
		&cli.StringFlag{Name: "timeout", Usage: "end the command after `TIME`, such as 30m"},
		&cli.BoolFlag{Name: "no-rlimits", Usage: "do without limits of memory, processors, processes and open files"},
		&cli.BoolFlag{Name: "detach", Aliases: []string{"d"}, Usage: "in a named jail: let the command run on without this terminal; jail attach NAME shows it"},
		&cli.BoolFlag{Name: "quiet", Aliases: []string{"q"}, Usage: "no line at start and no hints; what is refused or not protected is still said"},
		&cli.BoolFlag{Name: "verbose", Usage: "print the plan, one line a decision, before the command starts"},
		&cli.BoolFlag{Name: "save", Usage: "put the flags of this run into the project's .jail.toml"},
		&cli.BoolFlag{Name: "init", Usage: "put the flags, and the command where the file names none, into the project's .jail.toml, and run nothing"},
		&cli.BoolFlag{Name: "clean", Usage: "do as if the project had no config file"},
		&cli.BoolFlag{Name: "dry-run", Usage: "print what would be done, and touch nothing"},
		&cli.BoolFlag{Name: "json", Usage: "with --dry-run: print the plan as JSON"},
	}
	return namesKnown(slices.Concat(ruleFlags(), flags, integrationFlags()))
}

// screenFlags takes what the user's own terminal shows and tells.
func screenFlags(c *cli.Context, _ config.Places, o *config.Overlay) error {
	setWord(c, "status-bar", &o.Screen.StatusBar)
	return setMode(c, "notify", &o.Screen.Notify, config.ParseNotify)
}

// overlay is the layer of the command line.
func overlay(c *cli.Context, home, project string) (config.Overlay, error) {
	o := config.Overlay{Origin: "command line"}
	cwd, err := currentDir()
	if err != nil {
		return o, err
	}
	at := config.Places{Home: home, Dir: cwd}
	if o.Env, err = envFlags(c, at, project); err != nil {
		return o, err
	}
	for _, read := range []func(*cli.Context, config.Places, *config.Overlay) error{
		mapFlags, modeFlags, switchFlags, allowFlags, grantFlags, hideFlags, egressFlags, limitFlags, screenFlags,
	} {
		if err := read(c, at, &o); err != nil {
			return o, err
		}
	}
	return o, nil
}

func mapFlags(c *cli.Context, at config.Places, o *config.Overlay) error {
	parse := func(mode config.MapMode) func(string, config.Places) (config.Map, error) {
		return func(text string, at config.Places) (config.Map, error) { return config.ParseMap(text, mode, at) }
	}
	for _, flag := range []struct {
		name  string
		parse func(string, config.Places) (config.Map, error)
	}{{"map", parse(config.MapRO)}, {"rw-map", parse(config.MapRW)}, {"volume", config.ParseVolume}, {"overlay-map", parse(config.MapOverlay)}} {
		for _, text := range c.StringSlice(flag.name) {
			m, err := flag.parse(text, at)
			if err != nil {
				return badFlag(flag.name, err)
			}
			m.Origin = "--" + flag.name
			o.Maps = append(o.Maps, m)
		}
	}
	return nil
}

// envFlags puts the variables of files before those that are named one by one, which win.
func envFlags(c *cli.Context, at config.Places, project string) ([]config.EnvVar, error) {
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
	for _, text := range c.StringSlice("env") {
		v, err := config.ParseEnv(text)
		if err != nil {
			return nil, badFlag("env", err)
		}
		if _, set := os.LookupEnv(v.Name); !set && !v.HasValue && !c.Bool("quiet") {
			warn("--env %s: it is not set here, and so not in the jail", v.Name)
		}
		v.Origin = "--env"
		all = append(all, v)
	}
	return all, nil
}

// modeFlags takes the flags that have one value.
func modeFlags(c *cli.Context, at config.Places, o *config.Overlay) error {
	setWord(c, "inherit-env", &o.Inherit)
	setWord(c, "browser", &o.Browser)
	agentDir := func(text string) (string, error) { return config.ParseAgentDir(text, at) }
	return cmp.Or(
		setMode(c, "network", &o.Network, config.ParseNetwork),
		setMode(c, "agent-state", &o.AgentState, config.ParseStateMode),
		setMode(c, "agent-dir", &o.AgentDir, agentDir),
		setMode(c, "home", &o.Home, config.ParseHomeMode),
		setMode(c, "hostname", &o.Hostname, config.ParseHostname),
		setMode(c, "secrets", &o.Secrets, config.ParseSecrets),
		setMode(c, "terminal", &o.Terminal, config.ParseTerminal),
	)
}

func setMode[T any](c *cli.Context, name string, to *T, parse func(string) (T, error)) error {
	if !c.IsSet(name) {
		return nil
	}
	value, err := parse(c.String(name))
	if err != nil {
		return badFlag(name, err)
	}
	*to = value
	return nil
}

// switchFlags takes the flags that are on or off.
func switchFlags(c *cli.Context, _ config.Places, o *config.Overlay) error {
	for _, flag := range []struct {
		name string
		to   *config.Switch
	}{{"caches", &o.Caches}, {"review", &o.Review}, {"lockdown", &o.Lockdown}} {
		switch {
		case !c.IsSet(flag.name):
		case c.Bool(flag.name):
			*flag.to = config.On
		default:
			*flag.to = config.Off
		}
	}
	return nil
}

// allowFlags takes what is opened by name.
func allowFlags(c *cli.Context, _ config.Places, o *config.Overlay) error {
	for _, text := range c.StringSlice("allow") {
		r, err := config.ParseRelaxation(text)
		if err != nil {
			return badFlag("allow", err)
		}
		r.Origin = "--allow"
		o.Allow = append(o.Allow, r)
	}
	for text := range strings.SplitSeq(strings.Join(c.StringSlice("macos-allow"), ","), ",") {
		if text == "" {
			continue
		}
		r, err := config.ParseMacGrant(text)
		if err != nil {
			return badFlag("macos-allow", err)
		}
		r.Origin = "--macos-allow"
		o.MacAllow = append(o.MacAllow, r)
	}
	return nil
}

func limitFlags(c *cli.Context, _ config.Places, o *config.Overlay) error {
	for _, key := range config.LimitKeys() {
		name := flagName(key)
		if !c.IsSet(name) {
			continue
		}
		if err := o.Limits.Set(key, c.String(name)); err != nil {
			return badFlag(name, err)
		}
		if c.Bool("no-rlimits") && name != "timeout" {
			return &usage{fmt.Sprintf("--no-rlimits and --%s ask for opposite things", name), "leave one of them out"}
		}
	}
	return nil
}

// hideFlags takes what the command line says of files that are hidden.
func hideFlags(c *cli.Context, at config.Places, o *config.Overlay) error {
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
	return nil
}

// egressFlags takes the flags about a filtered network.
func egressFlags(c *cli.Context, _ config.Places, o *config.Overlay) error {
	for _, flag := range []struct{ name, key string }{
		{"allow-host", "network_allow"}, {"deny-host", "network_deny"}, {"host-port", "network_host_ports"}, {"publish", "network_publish"}, {"net-relax", "network_relax"},
	} {
		if flag.name == "allow-host" || flag.name == "deny-host" {
			if err := checkRules(c.StringSlice(flag.name)); err != nil {
				return badFlag(flag.name, err)
			}
		}
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

// checkRules refuses rules that cannot be understood, before anything is planned with them.
func checkRules(rules []string) error {
	for _, rule := range rules {
		if _, err := network.ParseRule(rule); err != nil {
			return err
		}
	}
	return nil
}

// checkEgress refuses flags that have no meaning for the network that the run has.
func checkEgress(c *cli.Context, cfg config.Config) error {
	if cfg.Network.Filtered() {
		return nil
	}
	for _, name := range []string{"allow-host", "deny-host", "host-port", "publish", "net-relax", "allow-tcp-port", "net-log"} {
		if c.IsSet(name) {
			return &usage{fmt.Sprintf("--%s means nothing where the network is %q (from %s)", name, cfg.Network, cfg.Origins["network"]), "add --net allow"}
		}
	}
	return nil
}

// badFlag says what is wrong with a flag. The errors of package config end with what to do.
func badFlag(name string, err error) error {
	text := fmt.Sprintf("--%s: %v", name, err)
	if i := strings.LastIndex(text, "; "); i > 0 {
		return &usage{text[:i], text[i+2:]}
	}
	return &usage{text, "jail run --help lists the flags"}
}
