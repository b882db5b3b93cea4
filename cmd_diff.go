package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/urfave/cli/v2"

	"jail/git"
	"jail/state"
	"jail/workspace"
)

// diffForm is how a difference is shown. As a flag it may stand without a value.
type diffForm string

const (
	diffFull  diffForm = "full"
	diffStat  diffForm = "stat"
	diffNames diffForm = "names"
)

// IsBoolFlag makes the flag parser accept "--diff" alone, which it sets to "true".
func (*diffForm) IsBoolFlag() bool { return true }

func (f *diffForm) String() string { return "" }

// Set takes the flag's value.
func (f *diffForm) Set(text string) error {
	switch form := diffForm(text); {
	case text == "true":
		*f = diffFull
	case form == diffFull, form == diffStat, form == diffNames:
		*f = form
	default:
		return fmt.Errorf("%q is none of full, stat, names", text)
	}
	return nil
}

func diffCommand() *cli.Command {
	return &cli.Command{
		Name:      "diff",
		Usage:     "show what was changed in a named jail, or what a review of the current project holds",
		UsageText: "jail diff NAME [--base|--since-last] [--stat|--names|--json] [-- PATHS…]\njail diff [--stat|--names|--json] [-- PATHS…]",
		Description: "Without a name it shows what jail run --review wrote here, and what of it jail apply would not bring.\n" +
			"With a name it shows everything since the commit that the jail started from: what is committed, what is not, and new files.\n" +
			"With --since-last: since the last time that this was asked with --since-last; the first time, since the base.\n" +
			"On a terminal it goes to your pager, as with git (GIT_PAGER, core.pager, PAGER). Control characters are shown as escapes.",
		Flags: []cli.Flag{
			&cli.BoolFlag{Name: "base", Usage: "since the base (default)"},
			&cli.BoolFlag{Name: "since-last", Usage: "since the last look with this flag"},
			&cli.BoolFlag{Name: "stat", Usage: "a line for each file only"},
			&cli.BoolFlag{Name: "names", Usage: "names of files only"},
			&cli.BoolFlag{Name: "json", Usage: "a list of the files, as JSON"},
		},
		OnUsageError: usageError,
		Action:       diffAction,
	}
}

func diffAction(c *cli.Context) error {
	words := c.Args().Slice()
	ofReview := len(words) == 0 || afterTerminator(c)
	if ofReview {
		words = append([]string{""}, words...)
	}
	ask := diffAsk{form: diffFull, json: c.Bool("json")}
	if ask.paths = words[1:]; ofReview {
		// all of them are paths
	} else if len(ask.paths) > 0 && ask.paths[0] == "--" {
		ask.paths = ask.paths[1:]
	} else if len(ask.paths) > 0 {
		return &usage{"paths stand after --", fmt.Sprintf("say: jail diff %s -- %s", words[0], strings.Join(ask.paths, " "))}
	}
	forms := 0
	for flag, form := range map[string]diffForm{"stat": diffStat, "names": diffNames, "json": diffStat} {
		if c.Bool(flag) {
			ask.form = form
			forms++
		}
	}
	switch {
	case forms > 1:
		return &usage{"--stat, --names and --json exclude each other", "choose one"}
	case c.Bool("base") && c.Bool("since-last"):
		return &usage{"--base and --since-last exclude each other", "choose one"}
	}
	places, err := findPlaces()
	if err != nil {
		return err
	}
	ctx, stop := interruptible(c.Context)
	defer stop()
	if ofReview {
		if c.Bool("base") || c.Bool("since-last") {
			return &usage{"--base and --since-last are for named jails", "say: jail diff NAME --since-last"}
		}
		return diffReview(ctx, places, ask)
	}
	jails := places.workspaces()
	record, err := findReady(jails, words[0])
	if err != nil {
		return err
	}
	if !c.Bool("since-last") {
		return printDiff(ctx, jails, record, ask)
	}
	seen, err := jails.SinceLast(ctx, record)
	if err != nil {
		return hintFor(err)
	}
	ask.from, ask.to = seen.From, seen.To
	if seen.First {
		warn("this is the first look with --since-last: everything since the base")
	}
	for _, file := range seen.Refused {
		warn("not compared: %q, %s", file.Path, file.Why)
	}
	if err := printDiff(ctx, jails, record, ask); err != nil || len(ask.paths) > 0 {
		return err
	}
	return jails.Seen(ctx, record, seen)
}

// diffAsk says what to compare, and how to show it.
type diffAsk struct {
	form     diffForm
	json     bool
	from, to string // commits; empty: the base, the work tree
	paths    []string
}

// printDiff shows a difference as it comes, safe for a terminal.
func printDiff(ctx context.Context, jails workspace.Manager, record state.Record, ask diffAsk) error {
	tree, err := jails.Look(ctx, record)
	if err != nil {
		return hintFor(err)
	}
	warnNotIn(tree)
	req := git.DiffRequest{From: record.Base, To: ask.to, Paths: ask.paths}
	if ask.from != "" {
		req.From = ask.from
	}
	var files []git.FileChange
	if ask.form != diffFull {
		if files, err = tree.Compare(ctx, req); err != nil {
			return err
		}
	}
	if ask.json {
		return printChanges(record, req, files)
	}
	to, err := openScreen(ctx)
	if err != nil {
		return err
	}
	if len(ask.paths) == 0 {
		risks, riskErr := tree.DiffRisks(ctx, req)
		err = writeRisks(to, riskList(risks))
		if riskErr != nil {
			warn("incomplete: %v", riskErr)
		}
	}
	if err != nil {
		return to.Close(err)
	}
	if ask.form == diffFull {
		painter := &diffPainter{palette: to.palette}
		out := &printableLines{to: to.to, paint: painter.paint}
		if err = tree.Diff(ctx, req, out); err == nil {
			err = out.Close()
		}
	} else {
		err = writeChanges(to.to, files, ask.form)
	}
	return to.Close(err)
}

// warnNotIn tells of commits that are not where a person would look for them.
func warnNotIn(l workspace.Looked) {
	if l.Refused != nil {
		warn("%v", l.Refused)
	}
	for _, text := range notIn(l.Taken) {
		warn("%s", text)
	}
}

// writeRisks begins a diff with what no one should miss. It goes with the data where a person reads that, and to standard
// error where a program does.
func writeRisks(to *screen, risks []riskStatus) error {
	for _, line := range riskLines(risks, to.palette) {
		if !isTerminal(os.Stdout) {
			warn("%s", line)
		} else if _, err := fmt.Fprintln(to.to, line); err != nil {
			return err
		}
	}
	return nil
}

// writeChanges lists files, with their lines counted unless only the names are wanted.
func writeChanges(to io.Writer, files []git.FileChange, form diffForm) error {
	added, deleted := 0, 0
	for _, file := range files {
		added, deleted = added+file.Added, deleted+file.Deleted
		line := fmt.Sprintf("%11s  %s%s", lineChange(file), file.Path, modeChange(file))
		if form == diffNames {
			line = file.Path
		}
		if _, err := fmt.Fprintln(to, printable(line)); err != nil {
			return err
		}
	}
	if form == diffNames {
		return nil
	}
	_, err := fmt.Fprintf(to, "%s, +%d -%d lines\n", count(len(files), "file"), added, deleted)
	return err
}

// printChanges writes the files for programs.
func printChanges(record state.Record, req git.DiffRequest, files []git.FileChange) error {
	list := []mergeFile{}
	for _, f := range files {
		list = append(list, mergeFile(f))
	}
	return printJSON(struct {
		SchemaVersion int         `json:"schema_version"`
		Name          string      `json:"name"`
		From          string      `json:"from"`
		To            string      `json:"to,omitempty"` // empty: the work tree
		Files         []mergeFile `json:"files"`
	}{1, record.Name, req.From, req.To, list})
}
