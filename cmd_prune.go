package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/urfave/cli/v2"

	"jail/git"
	"jail/state"
	"jail/workspace"
)

func pruneCommand() *cli.Command {
	return &cli.Command{
		Name:      "prune",
		Usage:     "clear away jails whose folder is gone, old archives, and files that wait to be used again",
		UsageText: "jail prune [--older-than DAYS] [--list [--json]] [--yes]",
		Description: "Lists what would go, with sizes, and asks. Commits of a jail whose folder is gone stay on its branch where they are\n" +
			"merged nowhere; jail repair brings such a jail back instead. The files of destroyed jails that wait for the next one are\n" +
			"among it, of whatever age: jail create writes them anew then. So is what was moved out of projects, where it is as old as that.",
		Flags: []cli.Flag{
			&cli.IntFlag{Name: "older-than", Value: 30, Usage: "drop archives, and what was moved out of projects, older than `DAYS`"},
			&cli.BoolFlag{Name: "list", Usage: "list, and stop"},
			&cli.BoolFlag{Name: "json", Usage: "print the list as JSON"},
			&cli.BoolFlag{Name: "yes", Aliases: []string{"y"}, Usage: "do not ask"},
		},
		OnUsageError: usageError,
		Action:       pruneAction,
	}
}

// prunable is one thing that can be cleared away.
type prunable struct {
	Kind  string `json:"kind"` // jail, archive, tree or aside
	Name  string `json:"name"`
	Why   string `json:"why"`
	Bytes int64  `json:"bytes"`
	clear func(context.Context) error
}

func pruneAction(c *cli.Context) error {
	switch {
	case c.NArg() > 0:
		return &usage{"jail prune takes no words", "jail destroy NAME removes one jail, jail archive drop NAME one archive"}
	case c.Int("older-than") < 0:
		return &usage{"--older-than takes a number of days", "jail prune --older-than 30"}
	case c.Bool("json") && !c.Bool("list"):
		return &usage{"--json is for --list", "jail prune --list --json"}
	}
	places, err := findPlaces()
	if err != nil {
		return err
	}
	ctx, stop := interruptible(c.Context)
	defer stop()
	found, err := findPrunable(ctx, places, time.Duration(c.Int("older-than"))*24*time.Hour)
	if err != nil {
		return err
	}
	if c.Bool("json") {
		return printJSON(struct {
			SchemaVersion int        `json:"schema_version"`
			Prunable      []prunable `json:"prunable"`
		}{1, found})
	}
	var bytes int64
	for _, p := range found {
		bytes += p.Bytes
		printLine(fmt.Sprintf("%s %s: %s, %s", p.Kind, p.Name, p.Why, sizeText(p.Bytes)))
	}
	if len(found) == 0 {
		warn("nothing to clear away")
		return nil
	}
	if c.Bool("list") {
		return nil
	}
	if !c.Bool("yes") {
		if err := confirm(ctx, fmt.Sprintf("Clear %s away, %s?", count(len(found), "thing"), sizeText(bytes))); err != nil {
			return err
		}
	}
	for _, p := range found {
		if err := p.clear(ctx); err != nil {
			return hintFor(err)
		}
	}
	if err := sweepKept(places); err != nil {
		warn("what the jails kept could not be removed: %v", err)
	}
	printLine(fmt.Sprintf("%s cleared away, %s", count(len(found), "thing"), sizeText(bytes)))
	return nil
}

// findPrunable lists what can go: of archives, and of what was moved out of projects, what is older than that.
func findPrunable(ctx context.Context, p places, age time.Duration) ([]prunable, error) {
	jails := p.workspaces()
	records, err := jails.List(ctx)
	if err != nil {
		return nil, err
	}
	archives, broken, err := jails.Archives()
	if err != nil {
		return nil, err
	}
	for _, err := range broken {
		warn("%v", err)
	}
	found := []prunable{}
	for _, r := range records {
		if r.Phase == state.Ready && isGone(r) {
			found = append(found, prunable{"jail", r.Name, "its folder is gone: " + r.Worktree, 0, func(ctx context.Context) error {
				// Archived where something is left of it: nobody was asked about its commits.
				notices, err := jails.Destroy(ctx, r.Name, workspace.Forced)
				for _, notice := range notices {
					warn("%s: %s", r.Name, notice)
				}
				return err
			}})
		}
	}
	for _, a := range archives {
		if old := time.Since(a.Archived); old >= age {
			why := fmt.Sprintf("%d days old, with %s", days(old), a.Summary())
			found = append(found, prunable{"archive", a.ID, why, a.Bytes, func(ctx context.Context) error { return jails.Drop(ctx, a) }})
		}
	}
	for _, tree := range jails.Pooled() {
		why := "files of a destroyed jail, for the next one of its repository"
		found = append(found, prunable{"tree", filepath.Base(tree.Path), why, tree.Bytes, func(context.Context) error { return jails.Unpool(tree) }})
	}
	return append(found, p.movedAside(age)...), nil
}

// movedAside are the folders of what was moved out of projects, by run.
func (p places) movedAside(age time.Duration) []prunable {
	entries, err := os.ReadDir(p.aside())
	if err != nil {
		return nil // there are none
	}
	var found []prunable
	for _, e := range entries {
		info, err := e.Info()
		if err != nil || time.Since(info.ModTime()) < age {
			continue
		}
		path := filepath.Join(p.aside(), e.Name())
		why := fmt.Sprintf("%d days old, made in a project and moved away", days(time.Since(info.ModTime())))
		found = append(found, prunable{"aside", path, why, workspace.DiskUse(path), func(context.Context) error { return git.RemoveTree(path) }})
	}
	return found
}

func days(d time.Duration) int { return int(d.Hours()) / 24 }
