package main

import (
	"errors"
	"fmt"
	"sync"
	"syscall"
	"time"

	"github.com/urfave/cli/v2"

	"jail/session"
	"jail/state"
)

// usualGrace is how long a command may take to end after SIGTERM.
const usualGrace = 10 * time.Second

func stopCommand() *cli.Command {
	return &cli.Command{
		Name:      "stop",
		Usage:     "end what runs in a named jail, with time to end well",
		UsageText: "jail stop NAME [--grace TIME]\njail stop --all [--grace TIME]",
		Description: "The command gets SIGTERM, and when the time is over everything in the jail is killed. The jail itself, its files and\n" +
			"commits stay.",
		Flags: []cli.Flag{
			&cli.DurationFlag{Name: "grace", Value: usualGrace, Usage: "kill it after `TIME`, such as 30s"},
			&cli.BoolFlag{Name: "all", Usage: "stop what runs in every jail"},
		},
		OnUsageError: usageError,
		Action: func(c *cli.Context) error {
			if c.Duration("grace") <= 0 {
				return &usage{"--grace is a time above zero", "jail kill NAME ends it at once"}
			}
			if c.Bool("all") && c.NArg() == 0 {
				return stopAll(c.Duration("grace"))
			}
			name, err := oneName(c)
			if err != nil {
				return err
			}
			return stop(name, c.Duration("grace"))
		},
	}
}

func killCommand() *cli.Command {
	return &cli.Command{
		Name:         "kill",
		Usage:        "end what runs in a named jail at once",
		UsageText:    "jail kill NAME",
		OnUsageError: usageError,
		Action: func(c *cli.Context) error {
			name, err := oneName(c)
			if err != nil {
				return err
			}
			return stop(name, 0)
		},
	}
}

// stop ends a run, and says how it ended.
func stop(name string, grace time.Duration) error {
	ended, err := end(name, grace)
	if err == nil {
		printLine(ended)
	}
	return err
}

// end ends a run, and returns how it ended in words.
func end(name string, grace time.Duration) (string, error) {
	folder, record, client, err := dialRun(name)
	if err != nil {
		if grace == 0 && killSupervisors(record) {
			return fmt.Sprintf("jail %s: killed, with the process that looked after it", name), nil
		}
		return "", err
	}
	defer client.Close()
	status, err := client.Stop(grace)
	if errors.Is(err, session.ErrGone) {
		status, err = folder.Status() // it could not say any more
	}
	if err != nil {
		return "", err
	}
	ended := "is lost"
	if status.ExitCode != nil {
		ended = fmt.Sprintf("ended with exit code %d", *status.ExitCode)
	}
	return fmt.Sprintf("jail %s: %s %s", name, status.Program, ended), nil
}

// killSupervisors ends processes of ours in a jail that answer nobody. What runs in the jail ends with them.
func killSupervisors(r state.Record) (killed bool) {
	for _, s := range r.Sessions {
		if s.Alive() && syscall.Kill(s.PID, syscall.SIGKILL) == nil {
			killed = true
		}
	}
	return killed
}

// stopAll ends all runs at once, as each of them may take its whole grace, and then tells of each.
func stopAll(grace time.Duration) error {
	places, err := findPlaces()
	if err != nil {
		return err
	}
	records, err := places.workspaces().Store.View()
	if err != nil {
		return err
	}
	type outcome struct {
		text string
		err  error
	}
	outcomes := make([]outcome, len(records.Jails))
	var ending sync.WaitGroup
	for i, r := range records.Jails {
		client, err := places.session(r).Dial()
		if err != nil {
			continue // nothing runs in it
		}
		client.Close()
		ending.Go(func() { outcomes[i].text, outcomes[i].err = end(r.Name, grace) })
	}
	ending.Wait()
	failed := false
	for _, o := range outcomes {
		switch {
		case o.err != nil:
			failed = true
			report(o.err)
		case o.text != "":
			printLine(o.text)
		}
	}
	if failed {
		return exitWith(exitFailure)
	}
	return nil
}
