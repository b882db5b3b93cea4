package main

import (
	"fmt"
	"os"
	"os/exec"
	"slices"
	"strings"

	"github.com/urfave/cli/v2"

	"jail/config"
)

// oldFlag is a flag of ai-jail's that this program has no flag for: it is taken for flags of ours, or refused with what to use.
// Those that mean the same in both are not listed.
type oldFlag struct {
	name   string
	value  oldValue
	ours   string // flags of ours, %s for the value; "" where what it asks for is so anyway
	effect string // for docs/migrating.md
	refuse string // what to do instead; the flag is an error
}

// oldValue says whether a flag has a value, and how that is written here.
type oldValue string

const (
	noValue     oldValue = ""
	noneButOurs oldValue = "none, or one of ours" // ours by the same name has one, which stays
	globValue   oldValue = "glob"                 // they pass over one that matches nothing, and have other escapes
	joinedValue oldValue = "none, or one behind ="
	dotdirValue oldValue = "name of a folder in the home"
)

// oldFlags are in the order of the docs. That two of a pair stand on one command line is no error: the last one counts.
func oldFlags() []oldFlag {
	flags := []oldFlag{
		{name: "network", value: noneButOurs, ours: "--network=host", effect: "the host's network"},
		{name: "no-network", ours: "--network=none", effect: "no network"},
		{name: "no-lockdown", ours: "--lockdown=false"},
		{name: "agent-state", value: noneButOurs, ours: "--agent-state=copy", effect: "the agent's files, of which each jail has a copy of its own; `rw` shares them"},
		{name: "no-agent-state", ours: "--agent-state=none"},
		{name: "no-inherit-env", ours: "--inherit-env=none"},
		{name: "deny-path", value: globValue, ours: "--deny=%s", effect: "also what is made later, as far as a rule can tell"},
		{name: "deny-path-except", value: globValue, ours: "--deny=!%s"},
		{name: "mask-except", value: globValue, ours: "--mask=!%s"},
		{name: "hide-dotdir", value: dotdirValue, ours: "--deny=~/%s?", effect: "not even an agent's own folder is shown"},
		{name: "terminal-passthrough", ours: "--terminal=raw"},
		{name: "no-terminal-passthrough", ours: "--terminal=filtered"},
		{name: "s", value: joinedValue, ours: "--status-bar%s"},
		{name: "no-status-bar", ours: "--status-bar=false"},
		{name: "no-browser", ours: "--browser=false"},
		{name: "landlock", ours: "--no-landlock=false"},
		{name: "seccomp", ours: "--no-seccomp=false"},
		{name: "rlimits", ours: "--no-rlimits=false"},
		{name: "exec", ours: "--quiet", effect: "streams that are no terminal go straight to the command"},
		{name: "save-config", ours: "--save", effect: "nothing is ever saved without it"},
		{name: "no-save-config", ours: "--save=false"},
		{name: "private-home", effect: "the home in a jail is always its own"},
		{name: "worktree", effect: "git works in a linked worktree, in a directory of the jail's own"},
		{name: "no-worktree", effect: "nothing of the repository's own is shown"},
		{name: "no-hide-config", effect: "the project's config file can be read, and not changed"},
		{name: "no-private-home", refuse: "the home in a jail is its own: show what is needed with --map, or read-write with --rw-map"},
		{name: "hide-config", refuse: "hide the file by a rule: --mask .jail.toml"},
		{name: "bootstrap", refuse: "alone it is a command: jail bootstrap"},
		{name: "update-check", refuse: "write update_check = true into ~/.config/jail/config.toml, or ask now: jail version --check"},
		{name: "no-update-check", refuse: "jail asks nobody, unless update_check = true stands in ~/.config/jail/config.toml"},
		{name: "macos-host-ipc", refuse: "it opens all at once; name what is needed: --macos-allow keychain"},
		{name: "no-macos-host-ipc", refuse: "only services that macos_allow names in your config.toml are reached; take them out there"},
	}
	for _, i := range config.Integrations() {
		name := flagName(i.Key)
		flags = append(flags, oldFlag{name: "no-" + name, ours: "--" + name + "=false"})
	}
	return flags
}

// modernise writes ai-jail's flags on a command line as ours, up to the command that is run; a program's own flags stay. A command
// behind "--" stays one too: the flag parser would drop the "--" of "jail -- rm x" and take rm for the subcommand of that name.
func modernise(app *cli.App, args []string) ([]string, error) {
	if len(args) == 2 && args[1] == "--bootstrap" {
		return []string{args[0], "bootstrap"}, nil
	}
	flags, at, verb := app.Flags, 1, ""
	if len(args) > 1 {
		if command := app.Command(args[1]); command != nil && (command.Name == "run" || command.Name == "enter") {
			flags, at, verb = command.Flags, 2, command.Name
		}
	}
	known := &cli.Command{Flags: flags}
	done := slices.Clone(args[:at])
	for ; at < len(args) && args[at] != "--"; at++ {
		arg := args[at]
		if !strings.HasPrefix(arg, "-") || arg == "-" {
			if verb != "enter" { // whose flags may follow the name
				break
			}
			done = append(done, arg)
			continue
		}
		name, value, joined := strings.Cut(strings.TrimLeft(arg, "-"), "=")
		rest := args[at+1:]
		old, is := findOld(name)
		if is && old.value == noneButOurs && (joined || hasOurValue(name, rest)) {
			is = false
		}
		if !is {
			done = append(done, arg)
			if !joined && takesValue(known, name) && len(rest) > 0 {
				at++
				done = append(done, args[at])
			}
			continue
		}
		if takes := old.value == globValue || old.value == dotdirValue; takes && !joined {
			if len(rest) == 0 {
				return nil, &usage{typed(name) + " has no value", "it wants one behind it, the " + string(old.value)}
			}
			at++
			value = args[at]
		} else if joined && old.value == joinedValue {
			value = "=" + value
		} else if !takes && joined {
			return nil, &usage{fmt.Sprintf("%s takes no value, and got %q", typed(name), value), "say " + typed(name) + ", or leave it out"}
		}
		ours, err := old.modern(value)
		if err != nil {
			return nil, err
		}
		done = append(done, ours...)
	}
	if verb == "" && at < len(args)-1 && args[at] == "--" {
		done = slices.Insert(done, 1, "run")
	}
	return append(done, args[min(at, len(args)):]...), nil
}

func findOld(name string) (oldFlag, bool) {
	all := oldFlags()
	i := slices.IndexFunc(all, func(f oldFlag) bool { return f.name == name })
	if i < 0 {
		return oldFlag{}, false
	}
	return all[i], true
}

// hasOurValue reports whether the word after a flag that there needs none is a value, and not the command that is to run: what is
// no program on PATH and no further flag is a mistake, and is told as one.
func hasOurValue(name string, rest []string) bool {
	if len(rest) == 0 || strings.HasPrefix(rest[0], "-") {
		return false
	}
	if slices.Contains(config.Choices(strings.ReplaceAll(name, "-", "_")), rest[0]) {
		return true
	}
	_, err := exec.LookPath(rest[0])
	return err != nil
}

// modern gives the flags of ours for one of theirs.
func (f oldFlag) modern(value string) ([]string, error) {
	switch {
	case f.refuse != "":
		return nil, &usage{"jail has no flag " + typed(f.name), f.refuse}
	case f.ours == "":
		return nil, nil
	case f.value == joinedValue:
		return []string{fmt.Sprintf(f.ours, value)}, nil
	case f.value == globValue:
		if value == "" {
			return nil, &usage{typed(f.name) + " has an empty value", typed(f.name) + " GLOB"}
		}
		return []string{fmt.Sprintf(f.ours, config.OldGlob(value, strings.Contains(f.ours, "!")))}, nil
	case f.value == dotdirValue:
		name := "." + strings.TrimPrefix(value, ".")
		if name == "." || name == ".." || strings.ContainsAny(name, "/*?[\\") {
			return nil, &usage{fmt.Sprintf("%s %q: that is no name of a folder in your home", typed(f.name), value), "--hide-dotdir .config"}
		}
		return []string{fmt.Sprintf(f.ours, name)}, nil
	}
	return []string{f.ours}, nil
}

// unknownFlag tells of a flag that there is not, and which was meant.
func unknownFlag(c *cli.Context, command, flag string) error {
	what := fmt.Sprintf("%s has no flag %s", command, typed(flag))
	if old, is := findOld(flag); is {
		fix := old.refuse
		if fix == "" {
			fix = "it goes with jail run: jail run " + typed(flag) + " … -- COMMAND"
		}
		return &usage{what, fix}
	}
	flags := c.App.Flags
	if c.Command != nil && len(c.Command.Flags) > 0 {
		flags = c.Command.Flags
	}
	var known []string
	for _, f := range flags {
		known = append(known, f.Names()...)
	}
	if meant := config.Closest(flag, known); meant != "" && len(meant) > 1 {
		return &usage{what, fmt.Sprintf("did you mean --%s?", meant)}
	}
	return &usage{what, command + " --help lists the flags" + orProgram(os.Args)}
}

// orProgram says how the program runs whose name one of our commands has, as "ls" does.
func orProgram(args []string) string {
	if len(args) < 2 || !slices.Contains(verbs(), args[1]) {
		return ""
	}
	if _, err := exec.LookPath(args[1]); err != nil {
		return ""
	}
	return fmt.Sprintf("; the program %s runs by: jail run -- %s", args[1], strings.Join(args[1:], " "))
}

// typed is a flag as people type it.
func typed(flag string) string {
	if len(flag) == 1 {
		return "-" + flag
	}
	return "--" + flag
}
