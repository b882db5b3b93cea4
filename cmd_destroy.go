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
		UsageText: "jail destroy NAME [--force|--discard]",
		Description: "Refuses while something runs in the jail, while files are uncommitted, and while commits are on no other branch,\n" +
			"and says which. With --force they go to an archive, from which jail restore brings them back; unmerged commits stay on\n" +
			"the jail's branch too. Ignored files are not archived. With --discard there is no archive.",
		Flags: []cli.Flag{
			&cli.BoolFlag{Name: "force", Aliases: []string{"f"}, Usage: "remove it although files are uncommitted or commits unmerged, and archive them"},
			&cli.BoolFlag{Name: "discard", Usage: "throw uncommitted files away, as where there is no space for an archive"},
		},
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
	switch {
	case c.Bool("force") && c.Bool("discard"):
		return &usage{"--force and --discard exclude each other", "--force archives what only the jail has, --discard loses it"}
	case c.Bool("force"):
		mode = workspace.Forced
	case c.Bool("discard"):
		mode = workspace.Discarded
	}
	ctx, stop := interruptible(c.Context)
	defer stop()
	notices, err := places.workspaces().Destroy(ctx, name, mode)
	var unsafe *workspace.NotSafeError
	if record, findErr := places.workspaces().Find(name); errors.As(err, &unsafe) && findErr == nil && len(describe(record).PIDs) > 0 {
		return &hinted{err, "end what runs in it, and destroy it then"}
	}
	if errors.As(err, &unsafe) {
		return &hinted{err, "commit and merge the work, or put it into an archive: jail destroy " + name + " --force"}
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
