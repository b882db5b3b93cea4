package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"time"

	"github.com/urfave/cli/v2"

	"jail/session"
	"jail/terminal"
)

func logsCommand() *cli.Command {
	return &cli.Command{
		Name:      "logs",
		Usage:     "print what a detached command has written",
		UsageText: "jail logs NAME [-f] [-n LINES] [--messages]",
		Description: "The last four to eight megabytes of the last run are kept until the next one begins. In a pipe or a file the text comes\n" +
			"without colours and other control sequences.",
		Flags: []cli.Flag{
			&cli.BoolFlag{Name: "follow", Aliases: []string{"f"}, Usage: "go on until it ends"},
			&cli.UintFlag{Name: "lines", Aliases: []string{"n"}, DefaultText: "all", Usage: "of what was written before, print the last `LINES` alone"},
			&cli.BoolFlag{Name: "messages", Usage: "print what jail itself had to say of the run: what was denied, moved or taken over"},
		},
		OnUsageError: usageError,
		Action:       logsAction,
	}
}

func logsAction(c *cli.Context) error {
	name, err := oneName(c)
	if err != nil {
		return err
	}
	folder, _, err := findRun(name)
	if err != nil {
		return err
	}
	if c.Bool("messages") {
		return printMessages(folder, name)
	}
	// It was filtered when it was written. What lies on a disk is looked at once more.
	to, ctx := filteredWriter{}, c.Context
	if isTerminal(os.Stdout) {
		caught, stop := interruptible(ctx) // the terminal is to be put right
		defer stop()
		ctx = caught
		to = filteredWriter{terminal.New(terminal.Policy{Audience: terminal.Recorded}), untilDone{ctx, os.Stdout}}
	} else {
		to = filteredWriter{terminal.New(terminal.Policy{Audience: terminal.Reading}), lineEnds{os.Stdout}}
	}
	at, err := printWritten(c, folder, to)
	if errors.Is(err, session.ErrNone) {
		return &hinted{fmt.Errorf("no detached command has written anything in jail %q", name), "jail run --detach " + name + " -- COMMAND starts one"}
	}
	if err == nil && c.Bool("follow") {
		err = followLog(ctx, folder, to, at)
	}
	if isTerminal(os.Stdout) {
		os.Stdout.Write(to.filter.Reset())
	}
	if errors.Is(err, context.Canceled) {
		return exitWith(exitInterrupted) // whoever pressed Ctrl-C knows why it ends
	}
	return err
}

// printWritten prints what was written so far, or the end of it.
func printWritten(c *cli.Context, f session.Folder, to io.Writer) (session.Position, error) {
	if !c.IsSet("lines") {
		return f.Log(to)
	}
	var all bytes.Buffer // a log has a limit
	at, err := f.Log(&all)
	if err == nil {
		_, err = to.Write(lastLines(all.Bytes(), c.Uint("lines")))
	}
	return at, err
}

// lastLines is the end of a text from the line on that only count lines follow, one that has not ended yet included.
func lastLines(text []byte, count uint) []byte {
	start := len(text)
	for ; count > 0 && start > 0; count-- {
		start = bytes.LastIndexByte(text[:start-1], '\n') + 1
	}
	return text[start:]
}

// untilDone takes no more when it is to end.
type untilDone struct {
	done context.Context
	to   io.Writer
}

func (w untilDone) Write(text []byte) (int, error) {
	if err := w.done.Err(); err != nil {
		return 0, err
	}
	return w.to.Write(text)
}

// lineEnds leaves out what a terminal has before the end of each line.
type lineEnds struct{ to io.Writer }

func (w lineEnds) Write(text []byte) (int, error) {
	if _, err := w.to.Write(bytes.ReplaceAll(text, []byte("\r"), nil)); err != nil {
		return 0, err
	}
	return len(text), nil
}

// logPause is how often a log is looked at again.
const logPause = 200 * time.Millisecond

// followLog goes on until the run has ended.
func followLog(ctx context.Context, f session.Folder, to io.Writer, at session.Position) error {
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		_, _ = waitFor(f, nil, 0)
	}()
	for {
		last := false
		select {
		case <-ended:
			last = true
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(logPause):
		}
		var err error
		if at, err = f.Follow(to, at); err != nil || last {
			return err
		}
	}
}

// printMessages prints what was kept of messages that nobody saw.
func printMessages(f session.Folder, name string) error {
	text, err := f.Messages()
	if errors.Is(err, session.ErrNone) {
		return &hinted{fmt.Errorf("no detached command has run in jail %q", name), "jail run --detach " + name + " -- COMMAND starts one"}
	}
	if err != nil {
		return err
	}
	lines := &printableLines{to: os.Stdout}
	_, err = lines.Write(text)
	return errors.Join(err, lines.Close())
}
