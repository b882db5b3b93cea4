package main

import (
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/urfave/cli/v2"

	"jail/session"
)

func waitCommand() *cli.Command {
	return &cli.Command{
		Name:      "wait",
		Usage:     "wait until what runs in a named jail ends, or asks for you",
		UsageText: "jail wait NAME [--for done|input|idle] [--timeout TIME]",
		Description: "The exit code is that of the command which ended. With --for input and idle it is 0 when that is so, and where the\n" +
			"command ended first its own, or 1. It is 124 when the time was over.",
		Flags: []cli.Flag{
			&cli.StringFlag{Name: "for", Value: "done", Usage: "wait for `WHAT`: done, input (it asks for you) or idle (it has written nothing for a while, or asks for you)"},
			&cli.DurationFlag{Name: "timeout", Usage: "wait no longer than `TIME`, such as 30m"},
			&cli.BoolFlag{Name: "json", Usage: "print what it does then as JSON"},
		},
		OnUsageError: usageError,
		Action:       waitAction,
	}
}

// awaited are the states that each word of --for waits for.
var awaited = map[string][]session.State{
	"done":  {session.Done},
	"input": {session.Waiting},
	"idle":  {session.Waiting, session.Idle},
}

func waitAction(c *cli.Context) error {
	name, err := oneName(c)
	if err != nil {
		return err
	}
	states, ok := awaited[c.String("for")]
	if !ok {
		return &usage{fmt.Sprintf("--for %q is none of done, input, idle", c.String("for")), "say: jail wait " + name + " --for input"}
	}
	if c.Duration("timeout") < 0 {
		return &usage{"--timeout is a time above zero", "say: jail wait " + name + " --timeout 30m"}
	}
	folder, _, err := findRun(name)
	if err != nil {
		return err
	}
	status, err := waitFor(folder, states, c.Duration("timeout"))
	switch {
	case errors.Is(err, errTimedOut):
		warn("jail %s: the time is over", name)
		return exitWith(exitTimedOut)
	case errors.Is(err, session.ErrNone):
		return notRunning(name, folder)
	case err != nil:
		return err
	}
	if c.Bool("json") {
		err = printJSON(statusDocument(name, status))
	}
	switch {
	case err != nil:
		return err
	case slices.Contains(states, status.State) && status.State != session.Done:
		return nil
	case status.State != session.Done: // lost, or it runs and does not answer
		return notRunning(name, folder)
	case *status.ExitCode == 0 && c.String("for") != "done":
		return exitWith(1)
	}
	return exitWith(*status.ExitCode)
}

var errTimedOut = errors.New("the time is over")

// waitFor waits for one of the states, or the end. A run that ended before is told at once.
func waitFor(f session.Folder, states []session.State, timeout time.Duration) (session.Status, error) {
	client, err := f.Dial()
	if err != nil {
		return f.Status()
	}
	defer client.Close()
	inTime := func() bool { return true }
	if timeout > 0 {
		inTime = time.AfterFunc(timeout, client.Close).Stop
	}
	status, err := client.Wait(states...)
	if !inTime() && err != nil {
		return status, errTimedOut
	}
	return orKnown(f, status, err)
}

// orKnown is what is known of a run that could not say any more how it ended.
func orKnown(f session.Folder, status session.Status, err error) (session.Status, error) {
	if errors.Is(err, session.ErrGone) {
		return f.Status()
	}
	return status, err
}

// statusDocument is what programs read.
func statusDocument(name string, s session.Status) any {
	return struct {
		SchemaVersion int    `json:"schema_version"`
		Name          string `json:"name"`
		session.Status
	}{1, name, s}
}
