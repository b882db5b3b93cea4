package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"

	"github.com/urfave/cli/v2"

	"jail/layers"
	"jail/state"
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
			"the jail's branch too. Ignored files are not archived. With --discard there is no archive; the branch stays all the same, and\n" +
			"git branch -D jail/NAME removes it.\n" +
			"What its commit has of its files waits for a week, for the next jail of the repository: jail create is four times as fast with\n" +
			"them, and whatever the jail did to them is put right. With --recycle=false, or --discard, they go at once.\n" +
			"Its home and the agent's files in it go in each case: jail state apply NAME takes them first. Unapplied changes of a\n" +
			"folder mapped by --overlay-map stop it, unless --discard.",
		Flags: []cli.Flag{
			&cli.BoolFlag{Name: "force", Aliases: []string{"f"}, Usage: "remove it although files are uncommitted or commits unmerged, and archive them"},
			&cli.BoolFlag{Name: "recycle", Value: true, Usage: "let the next jail of the repository be made of its files"},
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
	if mode != workspace.Discarded {
		if err := noUnappliedMaps(places, name); err != nil {
			return err
		}
	}
	ctx, stop := interruptible(c.Context)
	defer stop()
	context.AfterFunc(ctx, stop) // a second Ctrl-C ends it at once; the next command then completes it
	jails := places.workspaces()
	if mode == workspace.Discarded || !c.Bool("recycle") {
		jails.Trees = workspace.TreesRemoved
	}
	notices, err := jails.Destroy(ctx, name, mode)
	for _, notice := range notices {
		warn("%s", notice)
	}
	if err != nil && ctx.Err() != nil {
		return interruptedDestroy(places, name, err)
	}
	var unsafe *workspace.NotSafeError
	if errors.As(err, &unsafe) {
		if record, findErr := jails.Find(name); findErr == nil && len(describe(jails, record).PIDs) > 0 {
			return &hinted{err, "end what runs in it, and destroy it then: jail stop " + name}
		}
		return &hinted{err, "commit and merge the work, or put it into an archive: jail destroy " + name + " --force"}
	}
	if err != nil {
		return hintFor(err)
	}
	if err := sweepKept(places); err != nil {
		warn("what the jail kept could not be removed: %v", err)
	}
	printLine(fmt.Sprintf("jail %s is removed", name))
	if ctx.Err() != nil {
		warn("interrupted, but done already")
		return exitWith(exitInterrupted)
	}
	return nil
}

// interruptedDestroy says what became of a jail that was to be destroyed.
func interruptedDestroy(places places, name string, err error) error {
	record, findErr := places.workspaces().Find(name)
	text := "interrupted: jail %q is as it was, and nothing is archived: %w"
	if findErr != nil || record.Phase != state.Ready {
		text = "interrupted: jail %q is being removed, which the next command completes: %w"
	}
	return fmt.Errorf(text, name, errors.Join(context.Canceled, err))
}

// noUnappliedMaps refuses to remove a jail with what it changed of the user's own folders: no archive has that.
func noUnappliedMaps(places places, name string) error {
	record, err := places.workspaces().Find(name)
	if err != nil {
		return nil // Destroy says so
	}
	all, err := layers.ListOwner(places.jailLayers(record).dir)
	if err != nil {
		return err
	}
	for _, l := range all {
		changes, err := l.Changes()
		if l.Purpose != layers.ForMap || err == nil && len(changes) == 0 {
			continue
		}
		return &hinted{fmt.Errorf("jail %q has changes of %q that were not applied", name, l.Host),
			fmt.Sprintf("look at them: jail overlay diff %s; then apply or discard them, or lose them: jail destroy %s --discard", name, name)}
	}
	return nil
}

// sweepKept removes what named jails kept that are no more.
func sweepKept(places places) error {
	records, err := places.workspaces().Store.View()
	if err != nil {
		return err
	}
	known := map[string]bool{}
	for _, r := range records.Jails {
		known[places.jailLayers(r).dir] = true
	}
	dirs, err := filepath.Glob(filepath.Join(places.layersRoot(), "jail-*"))
	for _, dir := range dirs {
		if !known[dir] {
			if removeErr := layers.Remove(dir); !errors.Is(removeErr, os.ErrNotExist) { // another jail destroy does it too
				err = errors.Join(err, removeErr)
			}
		}
	}
	return errors.Join(err, sweepSessions(places, records.Jails), places.workspaces().Store.SweepJournals(records.Jails))
}

// sweepSessions removes what is known of the runs of jails that are no more.
func sweepSessions(p places, jails []state.Record) error {
	dirs, err := filepath.Glob(filepath.Join(sessionsOf(p.records()), "*"))
	for _, dir := range dirs {
		if !slices.ContainsFunc(jails, func(r state.Record) bool { return r.ID == filepath.Base(dir) }) {
			err = errors.Join(err, os.RemoveAll(dir))
		}
	}
	return err
}
