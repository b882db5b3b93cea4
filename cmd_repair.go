package main

import (
	"errors"
	"fmt"
	"path/filepath"

	"github.com/urfave/cli/v2"

	"jail/workspace"
)

func repairCommand() *cli.Command {
	return &cli.Command{
		Name:      "repair",
		Usage:     "make a named jail whole again, or each that jail doctor finds broken",
		UsageText: "jail repair [NAME] [--repo PATH]",
		Description: "A folder that is gone comes back from the jail's branch, one that git has forgotten becomes known again with its files, a\n" +
			".git file that was changed is restored, and a repository that was moved is found where you stand or at --repo.",
		Flags:        []cli.Flag{&cli.StringFlag{Name: "repo", Aliases: []string{"r"}, Usage: "the repository is at `PATH` now (default: the current folder's)"}},
		OnUsageError: usageError,
		Action:       repairAction,
	}
}

func repairAction(c *cli.Context) error {
	if c.NArg() > 1 {
		return &usage{"jail repair takes one name at most", "say: jail repair NAME"}
	}
	places, err := findPlaces()
	if err != nil {
		return err
	}
	dir, err := currentDir()
	if err != nil {
		return err
	}
	if repo := c.String("repo"); filepath.IsAbs(repo) {
		dir = repo
	} else {
		dir = filepath.Join(dir, repo)
	}
	jails := places.workspaces()
	ctx, stop := interruptible(c.Context)
	defer stop()
	names := c.Args().Slice()
	if len(names) == 0 {
		found, err := jails.Findings(ctx)
		if err != nil {
			return err
		}
		for _, f := range found {
			if _, err := jails.Find(f.Name); err == nil {
				names = append(names, f.Name)
			}
		}
	}
	failed := false
	for _, name := range names {
		done, err := jails.Repair(ctx, name, dir)
		for _, what := range done {
			printLine(fmt.Sprintf("jail %s: %s", name, what))
		}
		if err != nil && c.NArg() == 1 {
			return repairHint(err)
		}
		if err != nil {
			failed = true
			report(repairHint(err))
		}
		if err == nil && len(done) == 0 {
			printLine(fmt.Sprintf("jail %s: its folder and its repository belong together; nothing to do", name))
		}
	}
	if len(names) == 0 {
		printLine("no jail is broken")
	}
	if failed {
		return exitWith(exitFailure)
	}
	return nil
}

func repairHint(err error) error {
	var running *workspace.RunningError
	switch {
	case errors.As(err, &running):
		return &hinted{err, "end it first"}
	case errors.Is(err, workspace.ErrRepositoryGone):
		return &hinted{err, "say where it is now: jail repair NAME --repo PATH; or clear the jail away: jail destroy NAME"}
	}
	return hintFor(err)
}
