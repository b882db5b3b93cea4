package main

import (
	"fmt"
	"slices"

	"github.com/urfave/cli/v2"

	"jail/config"
)

// theirFlags are flags of ai-jail that have no counterpart, and what to do in their place.
var theirFlags = []struct {
	names []string
	fix   string
}{
	{[]string{"worktree", "no-worktree"}, "leave it out: git works in a linked worktree, in a directory of the jail's own"},
	{[]string{"private-home", "hide-dotdir"}, "leave it out: the home in a jail is its own, and nothing of yours is in it"},
	{[]string{"no-private-home"}, "the home in a jail is its own: show what is needed with --map, or read-write with --rw-map"},
	{[]string{"landlock", "seccomp", "rlimits", "hide-config", "no-hide-config", "no-save-config"}, "leave it out: it is so anyway"},
	{[]string{"save-config"}, "--save puts the flags of this run into the project's file"},
	{[]string{"init"}, "jail init writes a project file"},
	{[]string{"exec"}, "leave it out: jail run -- COMMAND"},
	{[]string{"no-inherit-env", "no-network", "no-lockdown"}, "say what is wanted: --inherit-env=none, --network none, --lockdown=false"},
}

// unknownFlag tells of a flag that there is not, and which was meant.
func unknownFlag(c *cli.Context, command, flag string) error {
	what := fmt.Sprintf("%s has no flag %s", command, typed(flag))
	for _, theirs := range theirFlags {
		if slices.Contains(theirs.names, flag) {
			return &usage{what, theirs.fix}
		}
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
	return &usage{what, command + " --help lists the flags"}
}

// typed is a flag as people type it.
func typed(flag string) string {
	if len(flag) == 1 {
		return "-" + flag
	}
	return "--" + flag
}
