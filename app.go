package main

import (
	"errors"
	"fmt"
	"os"
	"slices"
	"strconv"
	"strings"

	"github.com/urfave/cli/v2"
)

const description = `jail COMMAND runs COMMAND with the current project and nothing else of your files.
Named jails are git worktrees on a branch of their own: create one, let an agent work in it, look from outside, merge.

jail claude                       run an agent in the current project
jail run --network none -- make   run a command without network
jail run --review -- claude       nothing reaches the project until jail apply; jail diff shows it
jail create fix-1                 a worktree of this repository, on branch jail/fix-1
jail run fix-1 -- cargo test      run a command in it
jail status fix-1 --diff          look at what was done
jail merge fix-1                  take its commits; nothing of it is run
jail destroy fix-1                remove it; nothing unmerged is lost

It exits with the command's own code, 128+n for a signal, 124 after --timeout, 126 and 127 where the command cannot be
started, 125 where jail itself failed, and 2 for a wrong command line.

jail help COMMAND tells more about one of the commands below; jail help help lists topics.`

// newApp is the whole command line. A first word that names no command of ours is a command to run in a jail.
func newApp() *cli.App {
	cli.VersionFlag = &cli.BoolFlag{Name: "version", Usage: "print the version", DisableDefaultText: true} // -v is --volume
	cli.VersionPrinter = func(c *cli.Context) { fmt.Fprintln(c.App.Writer, "jail", version) }
	app := &cli.App{
		Name:                      "jail",
		Usage:                     "run AI coding agents in a sandbox",
		UsageText:                 "jail [flags] COMMAND [ARGS…]    run COMMAND in the current project\njail SUBCOMMAND …",
		Description:               description,
		Version:                   version,
		DisableSliceFlagSeparator: true, // a path may contain a comma
		Suggest:                   false,
		Flags:                     append(runFlags(), cli.HelpFlag), // which the library adds only along with a help command of its own
		Action:                    runAction,
		OnUsageError:              usageError,
		ExitErrHandler:            func(*cli.Context, error) {}, // report does it, once
		Commands: []*cli.Command{
			runCommand(), enterCommand(), createCommand(), listCommand(), topCommand(), statusCommand(), diffCommand(), logCommand(), mergeCommand(), applyCommand(), discardCommand(), exportCommand(), destroyCommand(),
			restoreCommand(), archiveCommand(), pruneCommand(), repairCommand(), doctorCommand(), agentsCommand(), configCommand(), trustCommand(), initCommand(),
			attachCommand(), stopCommand(), killCommand(), waitCommand(), logsCommand(), sendCommand(), overlayCommand(), stateCommand(), netCommand(),
			bootstrapCommand(), importCommand(), completionCommand(), versionCommand(), helpCommand(),
		},
	}
	for _, command := range app.Commands {
		command.Before = noFlagsBefore
	}
	return app
}

// noFlagsBefore refuses flags that stand before a subcommand: the flag parser would take them for the other form of the
// command line, "jail [flags] COMMAND", and drop them here without a word.
func noFlagsBefore(c *cli.Context) error {
	before := c.Lineage()[1].LocalFlagNames()
	if len(before) == 0 {
		return nil
	}
	flag, name := longName(c.App.Flags, before[0]), c.Command.Name
	typed := typed(flag)
	fix := fmt.Sprintf("to run the program %s, say: jail run %s … -- %s", name, typed, name)
	if slices.ContainsFunc(c.Command.Flags, func(f cli.Flag) bool { return slices.Contains(f.Names(), flag) }) {
		fix = fmt.Sprintf("say: jail %s %s …; %s", name, typed, fix)
	}
	return &usage{fmt.Sprintf("%s stands before %q and would have no effect", typed, name), fix}
}

// longName is what a flag is called first, whichever of its names was used.
func longName(flags []cli.Flag, name string) string {
	for _, f := range flags {
		if slices.Contains(f.Names(), name) {
			return f.Names()[0]
		}
	}
	return name
}

// usage is a command line that cannot be meant: exit code 2.
type usage struct {
	what, fix string
}

func (e *usage) Error() string { return e.what }

// Hint says what to do about it.
func (e *usage) Hint() string { return e.fix }

// usageError turns the flag parser's errors into ours.
func usageError(c *cli.Context, err error, _ bool) error {
	name := "jail"
	if c.Command != nil && c.Command.Name != "" && c.Command.Name != "jail" {
		name = c.Command.HelpName
	}
	// Package flag has no type for this error.
	if unknown, ok := strings.CutPrefix(err.Error(), "flag provided but not defined: -"); ok {
		return unknownFlag(c, name, strings.TrimPrefix(unknown, "-"))
	}
	if flag, why, ok := refusedValue(err); ok {
		return badFlag(flag, errors.New(why))
	}
	return &usage{what: err.Error(), fix: name + " --help lists the flags"}
}

// refusedValue takes the flag and the reason out of what package flag, which has no type for it either, says where a flag that can
// stand alone refuses its value. The package's own refusals give no reason.
func refusedValue(err error) (flag, why string, ok bool) {
	text, ok := strings.CutPrefix(err.Error(), "invalid boolean value ")
	if !ok {
		return "", "", false
	}
	value, quoteErr := strconv.QuotedPrefix(text)
	text, ok = strings.CutPrefix(strings.TrimPrefix(text, value), " for -")
	flag, why, found := strings.Cut(text, ": ")
	return flag, why, quoteErr == nil && ok && found && why != "parse error"
}

// afterTerminator reports whether the flags ended at a literal "--", which the flag parser swallows: everything after it
// is then the command, whatever it looks like.
func afterTerminator(c *cli.Context) bool {
	before := len(os.Args) - c.NArg() - 1
	return before > 0 && os.Args[before] == "--"
}

// splitNamed takes "NAME -- COMMAND…" apart: the "--" right after the first word is what makes that word a jail's name.
func splitNamed(c *cli.Context) (name string, command []string) {
	args := c.Args().Slice()
	if len(args) >= 2 && args[1] == "--" && !afterTerminator(c) {
		return args[0], args[2:]
	}
	return "", args
}

// oneName takes the single jail name that a command expects.
func oneName(c *cli.Context) (string, error) {
	if c.NArg() != 1 {
		verb := c.Command.HelpName
		return "", &usage{fmt.Sprintf("%s takes one name, and got %d words", verb, c.NArg()), "say: " + verb + " NAME"}
	}
	return c.Args().First(), nil
}

// flagsFirst lets the flags of a subcommand follow its name argument, as in "jail status NAME --diff": the flag parser
// stops at the first word that is no flag. Words after "--" stay, and so does everything of "run", whose arguments belong
// to somebody else's program.
func flagsFirst(app *cli.App, args []string) []string {
	if len(args) < 3 {
		return args
	}
	command := app.Command(args[1])
	if command == nil || command.Name == "run" {
		return args
	}
	before, rest := args[:2], args[2:]
	if i := slices.IndexFunc(command.Subcommands, func(sub *cli.Command) bool { return sub.HasName(args[2]) }); i >= 0 {
		command, before, rest = command.Subcommands[i], args[:3], args[3:]
	}
	var flags, words []string
	for len(rest) > 0 && rest[0] != "--" {
		arg := rest[0]
		rest = rest[1:]
		if !strings.HasPrefix(arg, "-") || arg == "-" {
			words = append(words, arg)
			continue
		}
		if slices.Contains(cli.HelpFlag.Names(), strings.TrimLeft(arg, "-")) {
			return append(slices.Clone(before), arg) // the library takes a word beside it for the topic
		}
		flags = append(flags, arg)
		if takesValue(command, strings.TrimLeft(arg, "-")) && len(rest) > 0 {
			flags, rest = append(flags, rest[0]), rest[1:]
		}
	}
	return slices.Concat(before, flags, words, rest)
}

// takesValue reports whether the word after a flag is its value.
func takesValue(command *cli.Command, name string) bool {
	for _, flag := range command.Flags {
		described, ok := flag.(cli.DocGenerationFlag)
		if ok && described.TakesValue() && !standsAlone(flag) && slices.Contains(flag.Names(), name) {
			return true
		}
	}
	return false
}

// standsAlone reports whether a flag that can have a value can do without.
func standsAlone(flag cli.Flag) bool {
	var value cli.Generic
	switch f := flag.(type) {
	case *cli.GenericFlag:
		value = f.Value
	case genericFlag:
		value = f.Value
	}
	alone, ok := value.(interface{ IsBoolFlag() bool })
	return ok && alone.IsBoolFlag()
}

// verbs are the names of our own commands.
func verbs() []string {
	var names []string
	for _, command := range newApp().Commands {
		names = append(names, command.Names()...)
	}
	return names
}
