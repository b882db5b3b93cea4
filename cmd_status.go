package main

import (
	"context"
	"fmt"
	"sync"

	"github.com/urfave/cli/v2"

	"jail/state"
	"jail/workspace"
)

func statusCommand() *cli.Command {
	return &cli.Command{
		Name:        "status",
		Usage:       "tell what was done in a named jail, or in each",
		UsageText:   "jail status [NAME] [--diff] [--json]",
		Description: "Reads the jail's worktree from outside with everything switched off that git could run from it.",
		Flags: []cli.Flag{
			&cli.BoolFlag{Name: "diff", Aliases: []string{"d"}, Usage: "print the changes since the base, new files included"},
			&cli.BoolFlag{Name: "json", Usage: "print the status as JSON"},
		},
		OnUsageError: usageError,
		Action:       statusAction,
	}
}

func statusAction(c *cli.Context) error {
	if c.NArg() > 1 || c.Bool("diff") && c.NArg() == 0 {
		return &usage{"jail status takes one name, and --diff needs it", "jail status NAME --diff"}
	}
	if c.Bool("diff") && c.Bool("json") {
		return &usage{"--diff and --json exclude each other", "choose one"}
	}
	places, err := findPlaces()
	if err != nil {
		return err
	}
	ctx, stop := interruptible(c.Context)
	defer stop()
	if c.NArg() == 0 {
		return statusOfAll(ctx, places.workspaces(), c.Bool("json"))
	}
	record, err := places.workspaces().Find(c.Args().First())
	if err != nil {
		return hintFor(err)
	}
	if record.Phase != state.Ready {
		return &hinted{fmt.Errorf("jail %q is not complete: its phase is %q", record.Name, record.Phase), "wait for the command that is at work on it; if there is none: jail destroy " + record.Name}
	}
	if c.Bool("diff") {
		return printDiff(ctx, record)
	}
	report, err := examine(ctx, record)
	if err != nil {
		return hintFor(err)
	}
	if c.Bool("json") {
		return printJSON(report)
	}
	report.print()
	return nil
}

// printDiff writes the diff line by line as it comes, safe for a terminal.
func printDiff(ctx context.Context, record state.Record) error {
	tree, err := workspace.Tree(record)
	if err != nil {
		return hintFor(err)
	}
	out := &printableLines{}
	if err := tree.Diff(ctx, out); err != nil {
		return err
	}
	return out.Close()
}

// statusOfAll prints a line a jail; the jails are read at once.
func statusOfAll(ctx context.Context, jails workspace.Manager, asJSON bool) error {
	records, err := jails.List(ctx)
	if err != nil {
		return err
	}
	reports := make([]jailStatus, len(records))
	var all sync.WaitGroup
	for i, record := range records {
		all.Go(func() {
			report, err := examine(ctx, record)
			if err != nil {
				report = jailStatus{SchemaVersion: 1, listed: describe(record), Incomplete: []string{err.Error()}}
			}
			reports[i] = report
		})
	}
	all.Wait()
	if asJSON {
		return printJSON(struct {
			SchemaVersion int          `json:"schema_version"`
			Jails         []jailStatus `json:"jails"`
		}{1, reports})
	}
	if len(reports) == 0 {
		warn("no jails yet; jail create NAME makes one")
		return nil
	}
	rows := [][]string{{"NAME", "STATUS", "BRANCH", "AHEAD", "BEHIND", "CHANGED", "LINES"}}
	for _, r := range reports {
		row := []string{r.Name, r.Status, r.Branch, "?", "?", "?", "?"}
		if len(r.Incomplete) == 0 {
			row = []string{r.Name, r.Status, r.Branch, fmt.Sprint(r.Ahead), fmt.Sprint(r.UpstreamBehind), fmt.Sprint(len(r.Files)), fmt.Sprintf("+%d -%d", r.Insertions, r.Deletions)}
		}
		rows = append(rows, row)
	}
	if err := printTable(rows); err != nil {
		return err
	}
	for _, r := range reports {
		for _, part := range r.Incomplete {
			warn("%s: %s", r.Name, part)
		}
	}
	return nil
}
