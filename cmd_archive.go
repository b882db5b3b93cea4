package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/urfave/cli/v2"

	"jail/workspace"
)

func restoreCommand() *cli.Command {
	return &cli.Command{
		Name:      "restore",
		Usage:     "make a jail of the archive that jail destroy left",
		UsageText: "jail restore NAME|ARCHIVE [--as NAME] [--repo PATH]",
		Description: "Takes the newest archive of that name, or the very one. Its commits come back on a branch, its uncommitted files into the\n" +
			"worktree, and what was staged is staged. The archive stays until jail archive drop.",
		Flags: []cli.Flag{
			&cli.StringFlag{Name: "as", Usage: "call the jail `NAME`"},
			&cli.StringFlag{Name: "repo", Aliases: []string{"r"}, Usage: "into the repository at `PATH`, where the old one is gone"},
		},
		OnUsageError: usageError,
		Action:       restoreAction,
	}
}

func restoreAction(c *cli.Context) error {
	name, err := oneName(c)
	if err != nil {
		return err
	}
	places, err := findPlaces()
	if err != nil {
		return err
	}
	jails := places.workspaces()
	archive, err := jails.FindArchive(name)
	if err != nil {
		return hintFor(err)
	}
	ctx, stop := interruptible(c.Context)
	defer stop()
	record, notices, err := jails.Restore(ctx, workspace.RestoreRequest{Archive: archive, Name: c.String("as"), RepoDir: c.String("repo")})
	switch {
	case err != nil && ctx.Err() != nil:
		return fmt.Errorf("interrupted: no jail was made, and archive %s stays: %w", archive.ID, errors.Join(context.Canceled, err))
	case errors.Is(err, workspace.ErrRepositoryGone):
		return &hinted{err, "say where it is now, or where a clone of it is: jail restore " + name + " --repo PATH"}
	case err != nil:
		return createHint(err)
	}
	for _, notice := range notices {
		warn("%s", notice)
	}
	printLine(fmt.Sprintf("jail %s: branch %s at %s, with %s", record.Name, record.Branch, record.Worktree, archive.Summary()))
	return nil
}

func archiveCommand() *cli.Command {
	return &cli.Command{
		Name:         "archive",
		Usage:        "list or drop what destroyed jails left",
		UsageText:    "jail archive list [--json]\njail archive drop NAME|ARCHIVE [--yes]",
		OnUsageError: usageError,
		Action: func(c *cli.Context) error {
			return &usage{"jail archive takes list or drop", "jail archive list"}
		},
		Subcommands: []*cli.Command{
			{
				Name: "list", Aliases: []string{"ls"}, Usage: "list the archives", UsageText: "jail archive list [--json]",
				Flags:        []cli.Flag{&cli.BoolFlag{Name: "json", Usage: "print the list as JSON"}},
				OnUsageError: usageError, Action: archiveListAction,
			},
			{
				Name: "drop", Usage: "remove an archive for good", UsageText: "jail archive drop [--yes] NAME|ARCHIVE",
				Flags:        []cli.Flag{&cli.BoolFlag{Name: "yes", Aliases: []string{"y"}, Usage: "do not ask"}},
				OnUsageError: usageError, Action: archiveDropAction,
			},
		},
	}
}

// archived is one archive as programs read it.
type archived struct {
	ID       string    `json:"id"`
	Name     string    `json:"name"`
	Repo     string    `json:"repo"`
	Branch   string    `json:"branch"`
	Archived time.Time `json:"archived"`
	Commits  int       `json:"commits"`
	Files    int       `json:"files"`
	Bytes    int64     `json:"bytes"`
}

func archiveListAction(c *cli.Context) error {
	if c.NArg() > 0 {
		return &usage{"jail archive list takes no words", "jail archive list"}
	}
	places, err := findPlaces()
	if err != nil {
		return err
	}
	list, broken, err := places.workspaces().Archives()
	if err != nil {
		return err
	}
	for _, err := range broken {
		warn("%v", err)
	}
	out := []archived{}
	rows := [][]string{{"ARCHIVE", "ARCHIVED", "COMMITS", "FILES", "SIZE", "REPOSITORY"}}
	for _, a := range list {
		files := len(a.Files) + len(a.Gone)
		out = append(out, archived{a.ID, a.Jail.Name, a.Jail.Repo, a.Jail.Branch, a.Archived, a.Commits, files, a.Bytes})
		rows = append(rows, []string{a.ID, a.Archived.Local().Format("2006-01-02 15:04"), fmt.Sprint(a.Commits), fmt.Sprint(files), sizeText(a.Bytes), a.Jail.Repo})
	}
	if c.Bool("json") {
		return printJSON(struct {
			SchemaVersion int        `json:"schema_version"`
			Archives      []archived `json:"archives"`
		}{1, out})
	}
	if len(out) == 0 {
		warn("no archives; jail destroy NAME --force makes one where work would be lost")
		return nil
	}
	return printTable(rows)
}

func archiveDropAction(c *cli.Context) error {
	name, err := oneName(c)
	if err != nil {
		return err
	}
	places, err := findPlaces()
	if err != nil {
		return err
	}
	jails := places.workspaces()
	archive, err := jails.FindArchive(name)
	if err != nil {
		return hintFor(err)
	}
	if !c.Bool("yes") {
		if err := confirm(c.Context, fmt.Sprintf("Remove %s with %s for good?", archive.ID, archive.Summary())); err != nil {
			return err
		}
	}
	if err := jails.Drop(c.Context, archive); err != nil {
		return err
	}
	printLine(fmt.Sprintf("archive %s is removed, %s", archive.ID, sizeText(archive.Bytes)))
	return nil
}

func sizeText(n int64) string {
	const units = "KMGTPE"
	if n < 1024 {
		return fmt.Sprintf("%d B", n)
	}
	value, unit := float64(n)/1024, 0
	for value >= 1024 && unit < len(units)-1 {
		value, unit = value/1024, unit+1
	}
	return fmt.Sprintf("%.1f %ciB", value, units[unit])
}
