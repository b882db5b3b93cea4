package main

import (
	"fmt"
	"io"
	"os"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/urfave/cli/v2"

	"jail/state"
)

func listCommand() *cli.Command {
	return &cli.Command{
		Name:         "list",
		Aliases:      []string{"ls"},
		Usage:        "list the named jails, with what was done in each",
		UsageText:    "jail list [--json]",
		Flags:        []cli.Flag{&cli.BoolFlag{Name: "json", Usage: "print the list as JSON"}},
		OnUsageError: usageError,
		Action:       listAction,
	}
}

// listed is one jail as programs read it.
type listed struct {
	Name       string    `json:"name"`
	Status     string    `json:"status"`
	Branch     string    `json:"branch"`
	Repo       string    `json:"repo"`
	Worktree   string    `json:"worktree"`
	Created    time.Time `json:"created"`
	Entrypoint []string  `json:"entrypoint,omitempty"`
	PIDs       []int     `json:"pids"`
}

func describe(r state.Record) listed {
	l := listed{r.Name, "stopped", r.Branch, r.Repo, r.Worktree, r.Created, r.Entrypoint, []int{}}
	for _, s := range r.Sessions {
		if s.Alive() {
			l.PIDs = append(l.PIDs, s.PID)
		}
	}
	info, err := os.Lstat(r.Worktree)
	switch {
	case r.Phase != state.Ready:
		l.Status = string(r.Phase)
	case err != nil || !info.IsDir():
		l.Status = "gone"
	case len(l.PIDs) > 0:
		l.Status = "running"
	}
	return l
}

// listAction shows what "jail status" shows of all jails.
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
	_, err = look{jails: places.workspaces(), json: c.Bool("json")}.once(ctx, (*view).print)
	if !c.Bool("json") {
		tellReview(places)
	}
	return err
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
