package main

import (
	"errors"

	"github.com/urfave/cli/v2"

	"jail/layers"
)

func discardCommand() *cli.Command {
	return &cli.Command{
		Name:      "discard",
		Usage:     "throw away what a review of the current project holds",
		UsageText: "jail discard [--only PATH] [--yes]",
		Description: "What jail run --review wrote here goes, and the commits that were made there. The project stays as it is.\n" +
			"A named jail is thrown away with jail destroy NAME.",
		Flags: []cli.Flag{
			&cli.BoolFlag{Name: "yes", Aliases: []string{"y"}, Usage: "do not ask"},
			&cli.StringSliceFlag{Name: "only", Usage: "only what lies at or below `PATH`"},
		},
		OnUsageError: usageError,
		Action:       discardReview,
	}
}

func discardReview(c *cli.Context) error {
	if c.NArg() > 0 {
		return &usage{"jail discard takes no name: it is for a review of the current project", "a named jail is thrown away with: jail destroy NAME"}
	}
	places, err := findPlaces()
	if err != nil {
		return err
	}
	ctx, stop := interruptible(c.Context)
	defer stop()
	w, err := findReview(ctx, places, reviewAsk{c.StringSlice("only"), layers.KeepHost, toChange, "jail destroy NAME"})
	if err != nil {
		return err
	}
	defer w.release()
	if only := c.StringSlice("only"); len(only) > 0 && len(w.changes) == 0 {
		warn("%s", nothingOf(only))
		return nil
	}
	if err := w.show(); err != nil {
		return err
	}
	if !c.Bool("yes") {
		if err := confirm(ctx, "Throw these changes away?"); err != nil {
			return err
		}
	}
	if err := w.layer.Discard(w.only); err != nil {
		return hintReview(err, "")
	}
	if len(w.only) > 0 {
		return nil
	}
	private, ok := reviewRepo(places, w.project.Dir)
	if !ok {
		return nil
	}
	return errors.Join(private.DropRefs(ctx), private.Remove())
}
