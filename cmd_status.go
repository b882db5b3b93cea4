package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"runtime"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/urfave/cli/v2"

	"jail/state"
	"jail/workspace"
)

func statusCommand() *cli.Command {
	return &cli.Command{
		Name:      "status",
		Usage:     "tell what was done in a named jail, or in each",
		UsageText: "jail status [NAME] [--diff[=full|stat|names]] [--json] [--watch] [--exit-code]",
		Description: "Reads the jail's worktree from outside: git runs in a jail of its own, which can write nothing and starts nothing.\n" +
			"What would run on your machine if you took the work, or worked in that folder, is listed last.",
		Flags: []cli.Flag{
			&cli.GenericFlag{Name: "diff", Aliases: []string{"d"}, Value: new(diffForm), Usage: "print the changes since the base, new files included: in `FORM` full (default), stat or names"},
			&cli.BoolFlag{Name: "json", Usage: "print the status as JSON"},
			&cli.BoolFlag{Name: "watch", Aliases: []string{"w"}, Usage: "print it again whenever it changes, until Ctrl-C; with --json a document a line"},
			&cli.BoolFlag{Name: "exit-code", Usage: "exit with 1 if anything was committed or changed"},
		},
		OnUsageError: usageError,
		Action:       statusAction,
	}
}

func statusAction(c *cli.Context) error {
	form := *c.Generic("diff").(*diffForm)
	switch {
	case c.NArg() > 1 || form != "" && c.NArg() == 0:
		return &usage{"jail status takes one name, and --diff needs it", "jail status NAME --diff"}
	case form != "" && (c.Bool("json") || c.Bool("watch") || c.Bool("exit-code")):
		return &usage{"--diff goes with no other flag", "jail diff NAME has more"}
	case c.Bool("watch") && c.Bool("exit-code"):
		return &usage{"--watch has no end that an exit code could tell of", "choose one"}
	}
	places, err := findPlaces()
	if err != nil {
		return err
	}
	ctx, stop := interruptible(c.Context)
	defer stop()
	look := look{jails: places.workspaces(), json: c.Bool("json"), palette: stdoutPalette(userSettings(ctx))}
	if c.NArg() > 0 {
		record, err := findReady(look.jails, c.Args().First())
		if err != nil {
			return err
		}
		if form != "" {
			return printDiff(ctx, look.jails, record, diffAsk{form: form})
		}
		look.name = record.Name
	}
	if c.Bool("watch") {
		return look.watch(ctx)
	}
	worked, err := look.once(ctx, (*view).print)
	if look.name == "" && !look.json {
		tellReview(places)
	}
	if err == nil && worked && c.Bool("exit-code") {
		return exitWith(1)
	}
	return err
}

// findReady finds a jail that can be looked at.
func findReady(jails workspace.Manager, name string) (state.Record, error) {
	record, err := jails.Find(name)
	if err != nil {
		return record, hintFor(err)
	}
	if record.Phase != state.Ready {
		err = &hinted{fmt.Errorf("jail %q is not complete: its phase is %q", record.Name, record.Phase), "wait for the command that is at work on it; if there is none: jail destroy " + record.Name}
	}
	return record, err
}

// look is a status that was asked for: of one jail, or of all.
type look struct {
	jails   workspace.Manager
	name    string // empty: all
	json    bool
	quick   bool // only what each jail is doing
	palette palette
}

// view is what a look saw: lines that are safe for a terminal, or a document, and what could not be seen.
type view struct {
	lines    []string
	document any
	missing  []string
}

func (v *view) print() error {
	if v.document != nil {
		return printJSON(v.document)
	}
	for _, line := range v.lines {
		printSafe(line)
	}
	for _, part := range v.missing {
		warn("%s", part)
	}
	return nil
}

// once looks, shows, and reports whether there is anything to look at.
func (l look) once(ctx context.Context, show func(*view) error) (worked bool, err error) {
	var v view
	if l.quick {
		err = l.list(ctx, &v)
	} else if l.name != "" {
		worked, err = l.one(ctx, &v)
	} else {
		worked, err = l.all(ctx, &v)
	}
	if err != nil {
		return false, err
	}
	return worked, show(&v)
}

func (l look) one(ctx context.Context, v *view) (worked bool, err error) {
	record, err := findReady(l.jails, l.name)
	if err != nil {
		return false, err
	}
	report, err := examine(ctx, l.jails, record)
	if err != nil {
		return false, hintFor(err)
	}
	if l.json {
		v.document = report
	} else {
		v.lines = report.lines(l.palette)
	}
	for _, part := range report.Incomplete {
		v.missing = append(v.missing, "incomplete: "+part)
	}
	return report.worked(), nil
}

// all reads the jails side by side: a line each.
func (l look) all(ctx context.Context, v *view) (worked bool, err error) {
	records, err := l.jails.List(ctx)
	if err != nil {
		return false, err
	}
	reports := examineAll(ctx, l.jails, records)
	if err := l.jails.Tidy(records); err != nil {
		return false, err
	}
	if l.json {
		v.document = struct {
			SchemaVersion int          `json:"schema_version"`
			Jails         []jailStatus `json:"jails"`
		}{1, reports}
	} else if len(reports) == 0 {
		v.missing = []string{noJails}
	} else {
		v.lines, err = table(reports)
	}
	for _, r := range reports {
		worked = worked || r.worked()
		for _, part := range r.Incomplete {
			v.missing = append(v.missing, r.Name+": "+part)
		}
	}
	return worked, err
}

// examineAll reads as many jails at once as keep the processors busy.
func examineAll(ctx context.Context, jails workspace.Manager, records []state.Record) []jailStatus {
	reports := make([]jailStatus, len(records))
	turns := make(chan struct{}, 2*runtime.NumCPU())
	var all sync.WaitGroup
	for i, record := range records {
		all.Go(func() {
			turns <- struct{}{}
			defer func() { <-turns }()
			if record.Phase != state.Ready {
				reports[i] = notExamined(jails, record, "it is not complete: its phase is "+string(record.Phase))
				return
			}
			var err error
			if reports[i], err = examine(ctx, jails, record); err != nil {
				reports[i] = notExamined(jails, record, err.Error())
			}
		})
	}
	all.Wait()
	return reports
}

// notExamined is the status of a jail that could not be read.
func notExamined(jails workspace.Manager, record state.Record, why string) jailStatus {
	return jailStatus{
		SchemaVersion: 1, listed: describe(jails, record), Base: record.Base, BaseRef: record.BaseRef,
		Files: []fileStatus{}, Commits: []commitStatus{}, Risks: []riskStatus{}, Processes: []processStatus{}, LastActivity: record.Created,
		Incomplete: []string{why},
	}
}

func table(reports []jailStatus) ([]string, error) {
	rows := [][]string{{"NAME", "STATUS", "BRANCH", "AHEAD", "BEHIND", "CHANGED", "LINES", "RISKS", "ACTIVE", "REPOSITORY"}}
	for _, r := range reports {
		rows = append(rows, r.row())
	}
	return tableLines(rows)
}

// watch looks again and again, and shows what has changed. Looking takes at most a fifth of the time.
func (l look) watch(ctx context.Context) error {
	last := ""
	for {
		begun := time.Now()
		_, err := l.once(ctx, func(v *view) error {
			text := render(v)
			if text == last {
				return nil
			}
			last = text
			if l.json {
				return printJSONLine(v.document)
			}
			if isTerminal(os.Stdout) && os.Getenv("TERM") != "dumb" {
				fmt.Print("\x1b[H\x1b[2J") // to the top of an empty screen
			}
			return v.print()
		})
		if ctx.Err() != nil {
			return nil // Ctrl-C
		}
		if err != nil {
			return err
		}
		select {
		case <-ctx.Done():
			return nil
		case <-time.After(max(time.Second, 4*time.Since(begun))):
		}
	}
}

// render makes a text by which two views can be compared.
func render(v *view) string {
	if v.document != nil {
		data, _ := json.Marshal(v.document) // what cannot be written is told when it is printed
		return string(data)
	}
	return strings.Join(slices.Concat(v.lines, v.missing), "\n")
}
