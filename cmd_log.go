package main

import (
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/urfave/cli/v2"

	"jail/git"
)

func logCommand() *cli.Command {
	return &cli.Command{
		Name:      "log",
		Usage:     "show the commits of a named jail",
		UsageText: "jail log NAME [--oneline] [--json]",
		Description: "Shows what was committed since the base, newest first, with whole messages. On a terminal it goes to your pager.\n" +
			"Names, messages and times are what the jail wrote.",
		Flags: []cli.Flag{
			&cli.BoolFlag{Name: "oneline", Usage: "one line a commit"},
			&cli.BoolFlag{Name: "json", Usage: "print the commits as JSON"},
		},
		OnUsageError: usageError,
		Action:       logAction,
	}
}

type logEntry struct {
	ID      string    `json:"id"`
	Subject string    `json:"subject"`
	Body    string    `json:"body"`
	Author  string    `json:"author"`
	Email   string    `json:"email"`
	Time    time.Time `json:"time"`
}

func logAction(c *cli.Context) error {
	name, err := oneName(c)
	if err != nil {
		return err
	}
	places, err := findPlaces()
	if err != nil {
		return err
	}
	ctx, stop := interruptible(c.Context)
	defer stop()
	jails := places.workspaces()
	record, err := findReady(jails, name)
	if err != nil {
		return err
	}
	tree, err := jails.Look(ctx, record)
	if err != nil {
		return hintFor(err)
	}
	warnNotIn(tree)
	commits, err := tree.Log(ctx, record.Base, record.Branch)
	if err != nil {
		return err
	}
	if c.Bool("json") {
		list := []logEntry{}
		for _, commit := range commits {
			list = append(list, logEntry{commit.ID, commit.Subject, commit.Body, commit.Author, commit.Email, commit.Time})
		}
		return printJSON(struct {
			SchemaVersion int        `json:"schema_version"`
			Name          string     `json:"name"`
			Branch        string     `json:"branch"`
			Base          string     `json:"base"`
			Commits       []logEntry `json:"commits"`
		}{1, record.Name, record.Branch, record.Base, list})
	}
	to, err := openScreen(ctx)
	if err != nil {
		return err
	}
	return to.Close(writeLog(to, commits, c.Bool("oneline")))
}

// writeLog writes commits in the form of git log.
func writeLog(to *screen, commits []git.Commit, oneLine bool) error {
	out := &printableLines{to: to.to}
	for i, c := range commits {
		if oneLine {
			if _, err := fmt.Fprintf(to.to, "%s %s\n", to.palette.in(yellow, c.ID[:12]), printable(c.Subject)); err != nil {
				return err
			}
			continue
		}
		head := fmt.Sprintf("%s\nAuthor: %s <%s>\nDate:   %s\n\n    %s\n", to.palette.in(yellow, "commit "+c.ID),
			printable(c.Author), printable(c.Email), c.Time.Local().Format("Mon Jan 2 15:04:05 2006 -0700"), printable(c.Subject))
		if i > 0 {
			head = "\n" + head
		}
		if _, err := io.WriteString(to.to, head); err != nil {
			return err
		}
		if c.Body == "" {
			continue
		}
		if _, err := io.WriteString(out, "\n    "+strings.ReplaceAll(c.Body, "\n", "\n    ")+"\n"); err != nil {
			return err
		}
	}
	return out.Close()
}
