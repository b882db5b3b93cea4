package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"text/tabwriter"
	"time"

	"github.com/urfave/cli/v2"

	"jail/session"
	"jail/state"
	"jail/workspace"
)

func listCommand() *cli.Command {
	return &cli.Command{
		Name:      "list",
		Aliases:   []string{"ls"},
		Usage:     "list the named jails, and what each is doing",
		UsageText: "jail list [--json] [--watch]",
		Description: "Reads no work tree, and so is quick; jail status tells what was done in each.\n" +
			"STATUS is running (in the foreground of some terminal), working, waiting (it asks for you), idle (it has written nothing for\n" +
			"a while), done (with the exit code if it is not 0), lost (it was killed, or the machine was started anew), stopped, or gone\n" +
			"(its folder or its repository is not where it was: jail repair).",
		Flags: []cli.Flag{
			&cli.BoolFlag{Name: "json", Usage: "print the list as JSON"},
			&cli.BoolFlag{Name: "watch", Aliases: []string{"w"}, Usage: "print it again whenever it changes, until Ctrl-C; with --json a document a line"},
		},
		OnUsageError: usageError,
		Action:       listAction,
	}
}

// listed is one jail as programs read it.
type listed struct {
	Name       string          `json:"name"`
	Status     string          `json:"status"`
	Branch     string          `json:"branch"`
	Repo       string          `json:"repo"`
	Worktree   string          `json:"worktree"`
	Created    time.Time       `json:"created"`
	Entrypoint []string        `json:"entrypoint,omitempty"`
	PIDs       []int           `json:"pids"`
	Run        *session.Status `json:"run,omitempty"` // the one that runs, or the last
}

// stoppedStatus is that of a jail in which nothing runs.
const stoppedStatus = "stopped"

// describe asks what runs in a jail.
func describe(jails workspace.Manager, r state.Record) listed {
	l := listed{Name: r.Name, Status: stoppedStatus, Branch: r.Branch, Repo: r.Repo, Worktree: r.Worktree, Created: r.Created, Entrypoint: r.Entrypoint, PIDs: []int{}}
	for _, s := range r.Sessions {
		if s.Alive() {
			l.PIDs = append(l.PIDs, s.PID)
		}
	}
	if run, err := runsOf(jails.Store, r).Status(); err == nil {
		l.Run = &run
	}
	switch {
	case r.Phase != state.Ready:
		l.Status = string(r.Phase)
	case isGone(r) || !isFolder(r.CommonDir): // or its repository was moved
		l.Status = "gone"
	case l.Run != nil && (l.Run.State != session.Done || l.Run.Mode == session.Detached):
		l.Status = string(l.Run.State)
	case len(l.PIDs) > 0:
		l.Status = string(session.Running)
	}
	return l
}

// statusText is the status for people: of a detached run that is done and failed, with its exit code.
func (l listed) statusText() string {
	if l.Run != nil && l.Status == string(session.Done) && l.Run.ExitCode != nil && *l.Run.ExitCode != 0 {
		return fmt.Sprintf("%s (%d)", l.Status, *l.Run.ExitCode)
	}
	return l.Status
}

// isGone reports whether a jail's work tree is not there.
func isGone(r state.Record) bool {
	return !isFolder(r.Worktree)
}

func isFolder(path string) bool {
	info, err := os.Lstat(path)
	return err == nil && info.IsDir()
}

// sessionsOf is where the runs of all jails are kept, and runsOf where those of one are.
func sessionsOf(s state.Store) string { return filepath.Join(s.Dir, "sessions") }

func runsOf(s state.Store, r state.Record) session.Folder {
	return session.Folder(filepath.Join(sessionsOf(s), r.ID))
}

func listAction(c *cli.Context) error {
	if c.NArg() > 0 {
		return &usage{"jail list takes no words", "jail status NAME tells about one jail"}
	}
	places, err := findPlaces()
	if err != nil {
		return err
	}
	ctx, stop := interruptible(c.Context)
	defer stop()
	look := look{jails: places.workspaces(), json: c.Bool("json"), quick: true}
	if c.Bool("watch") {
		return look.watch(ctx)
	}
	_, err = look.once(ctx, (*view).print)
	if !c.Bool("json") {
		tellReview(places)
	}
	return err
}

// describeAll asks all jails at once: one that does not answer holds the others up no longer than itself.
func describeAll(jails workspace.Manager, records []state.Record) []listed {
	all := make([]listed, len(records))
	var asking sync.WaitGroup
	for i, r := range records {
		asking.Go(func() { all[i] = describe(jails, r) })
	}
	asking.Wait()
	return all
}

func (l look) list(ctx context.Context, v *view) error {
	records, err := l.jails.List(ctx)
	if err != nil {
		return err
	}
	all := describeAll(l.jails, records)
	switch {
	case l.json:
		v.document = struct {
			SchemaVersion int      `json:"schema_version"`
			Jails         []listed `json:"jails"`
		}{1, all}
	case len(all) == 0:
		v.missing = []string{noJails}
	default:
		v.lines, err = listTable(all)
	}
	return err
}

// noJails is what there is to say where there are none.
const noJails = "no jails yet; jail create NAME makes one"

func listTable(all []listed) ([]string, error) {
	rows := [][]string{{"NAME", "STATUS", "BRANCH", "COMMAND", "ACTIVE", "CREATED", "REPOSITORY", "SAYS"}}
	for _, l := range all {
		program, active, says := "", "", ""
		if l.Run != nil && l.Status != stoppedStatus {
			program, active, says = l.Run.Program, ago(l.Run.LastSign()), l.Run.Says
		}
		rows = append(rows, []string{l.Name, l.statusText(), l.Branch, program, active, ago(l.Created), l.Repo, says})
	}
	return tableLines(rows)
}

// tableLines are rows in aligned columns, each cell safe for a terminal.
func tableLines(rows [][]string) ([]string, error) {
	var text strings.Builder
	err := writeTable(&text, rows)
	return strings.Split(strings.TrimSuffix(text.String(), "\n"), "\n"), err
}

// printTable writes rows in aligned columns, each cell safe for a terminal.
func printTable(rows [][]string) error { return writeTable(os.Stdout, rows) }

func writeTable(to io.Writer, rows [][]string) error {
	table := tabwriter.NewWriter(to, 0, 0, 2, ' ', 0)
	for _, row := range rows {
		for i := range row {
			row[i] = printable(row[i])
		}
		fmt.Fprintln(table, strings.TrimRight(strings.Join(row, "\t"), "\t"))
	}
	return table.Flush()
}
