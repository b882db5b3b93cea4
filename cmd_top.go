package main

import (
	"os"

	"github.com/urfave/cli/v2"
)

func topCommand() *cli.Command {
	return &cli.Command{
		Name:      "top",
		Usage:     "show live what all named jails are doing, with keys to attach, look and stop",
		UsageText: "jail top",
		Description: "Those that wait for you come first. Enter attaches, and Ctrl-] d comes back; d shows the diff, l what was written, e starts a\n" +
			"shell beside it, s stops it (and asks), ? tells all keys, q ends. STATE is that of jail list.\n" +
			"LAST is when it last did something, AGE when it was begun. MEM counts what processes share several times, where a jail has no\n" +
			"cgroup of its own. CHANGES are lines and files that are not committed, and commits; they are looked at when something ran, at\n" +
			"most every ten seconds, and at r.",
		OnUsageError: usageError,
		Action:       topAction,
	}
}

func topAction(c *cli.Context) error {
	if c.NArg() > 0 {
		return &usage{"jail top takes no words", "jail status NAME tells about one jail"}
	}
	const otherwise = "jail list --watch prints a line for each jail, again and again"
	if !isTerminal(os.Stdin) || !isTerminal(os.Stdout) {
		return &usage{"jail top needs a terminal, and standard input or output is none", otherwise}
	}
	if os.Getenv("TERM") == "dumb" {
		return &usage{"jail top needs a terminal whose cursor can be moved, and TERM is dumb", otherwise}
	}
	places, err := findPlaces()
	if err != nil {
		return err
	}
	if _, own := os.LookupEnv("LESS"); !own {
		os.Setenv("LESS", "R") // without F: a short text too stays until its reader leaves it
	}
	return newTop(places, stdoutPalette(userSettings(c.Context))).run(c.Context)
}
