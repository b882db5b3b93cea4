package main

import (
	"errors"
	"fmt"

	"github.com/urfave/cli/v2"

	"jail/workspace"
)

func destroyCommand() *cli.Command {
	return &cli.Command{
		Name:      "destroy",
		Aliases:   []string{"rm"},
		Usage:     "remove a named jail; unmerged work stops it",
		UsageText: "jail destroy NAME [--force]",
		Description: "Refuses while something runs in the jail, while files are uncommitted, and while commits are on no other branch,\n" +
			"and says which. With --force uncommitted files are lost; unmerged commits stay on the jail's branch.",
		Flags:        []cli.Flag{&cli.BoolFlag{Name: "force", Aliases: []string{"f"}, Usage: "remove it although files are uncommitted or commits unmerged"}},
		OnUsageError: usageError,
		Action:       destroyAction,
	}
}

func destroyAction(c *cli.Context) error {
	name, err := oneName(c)
	if err != nil {
		return err
	}
	places, err := findPlaces()
	if err != nil {
		return err
	}
	mode := workspace.Safe
	if c.Bool("force") {
		mode = workspace.Forced
	}
	ctx, stop := interruptible(c.Context)
	defer stop()
	notices, err := places.workspaces().Destroy(ctx, name, mode)
	var unsafe *workspace.NotSafeError
	if record, findErr := places.workspaces().Find(name); errors.As(err, &unsafe) && findErr == nil && len(describe(record).PIDs) > 0 {
		return &hinted{err, "end what runs in it, and destroy it then"}
	}
	if errors.As(err, &unsafe) {
		return &hinted{err, "commit or merge the work, or give it up: jail destroy " + name + " --force"}
	}
	if err != nil {
		return hintFor(err)
	}
	for _, notice := range notices {
		warn("%s", notice)
	}
	printLine(fmt.Sprintf("jail %s is removed", name))
	return nil
}
