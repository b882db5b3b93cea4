package main

import (
	"errors"
	"fmt"
	"os"

	"github.com/urfave/cli/v2"

	"jail/jail"
	"jail/plan"
	"jail/session"
	"jail/state"
	"jail/terminal"
)

// usualDetachKeys leave a run that is attached to.
const usualDetachKeys = "ctrl-] d"

func attachCommand() *cli.Command {
	return &cli.Command{
		Name:      "attach",
		Usage:     "show a detached command in this terminal, and type to it",
		UsageText: "jail attach NAME [--read-only] [--detach-keys KEYS]",
		Description: "What jail run --detach NAME started is shown here, in as many terminals as you like; the smallest of them decides how\n" +
			"large it is. " + usualDetachKeys + " (Ctrl and ], then d) leaves it and lets it run on, and so does closing the window. To send\n" +
			"the first of these keys to the command, press it twice. The exit code is the command's, and 0 where you leave first.",
		Flags: []cli.Flag{
			&cli.BoolFlag{Name: "read-only", Aliases: []string{"r"}, Usage: "look, and type nothing"},
			&cli.StringFlag{Name: "detach-keys", Value: usualDetachKeys, Usage: "leave at `KEYS`, such as \"ctrl-p ctrl-q\"; none where it is empty"},
		},
		OnUsageError: usageError,
		Action:       attachAction,
	}
}

func attachAction(c *cli.Context) error {
	name, err := oneName(c)
	if err != nil {
		return err
	}
	keys, err := terminal.ParseKeys(c.String("detach-keys"))
	if err != nil {
		return &usage{"--detach-keys: " + err.Error(), "say: --detach-keys \"" + usualDetachKeys + "\""}
	}
	if !isTerminal(os.Stdin) || !isTerminal(os.Stdout) {
		return &hinted{errors.New("jail attach shows a terminal, and standard input or output is none"), "jail logs " + name + " prints what was written; jail send types"}
	}
	_, _, client, err := dialRun(name)
	if err != nil {
		return err
	}
	defer client.Close()
	attached, err := client.Attach(windowOf(os.Stdout), c.Bool("read-only"))
	if err != nil {
		return &hinted{err, fmt.Sprintf("jail enter %s starts a shell beside it", name)}
	}
	err = jail.View{
		Streams: jail.Standard(), Far: attached.Files[0], Output: attached.Output, Screen: thisScreen(attached.Screen), Resized: client.Resize, Typed: func(typed []byte) (pass []byte, leave bool) {
			pass, _, leave = keys.Find(typed)
			return pass, leave
		},
	}.Show()
	if errors.Is(err, jail.ErrLeft) {
		warn("left jail %s, which runs on: jail attach %s", name, name)
		return nil
	}
	if err != nil {
		return err
	}
	code, err := client.Ended()
	if err != nil {
		return &hinted{err, "jail list tells what is known of it"}
	}
	return exitWith(code)
}

// thisScreen is what this terminal shows beyond a run's output, which was planned for another. The supervisor runs a command that notifies.
func thisScreen(s jail.Screen) jail.Screen {
	if plan.Multiplexer(os.Getenv) != "" {
		s.Bar = terminal.Bar{}
	}
	return s
}

// dialRun connects to the run of a named jail.
func dialRun(name string) (session.Folder, state.Record, *session.Client, error) {
	folder, record, err := findRun(name)
	if err != nil {
		return folder, record, nil, err
	}
	client, err := folder.Dial()
	if err != nil {
		return folder, record, nil, notRunning(name, folder)
	}
	return folder, record, client, nil
}

// findRun finds where the runs of a named jail are kept.
func findRun(name string) (session.Folder, state.Record, error) {
	places, err := findPlaces()
	if err != nil {
		return "", state.Record{}, err
	}
	record, err := places.workspaces().Find(name)
	if err != nil {
		return "", record, hintFor(err)
	}
	return places.session(record), record, nil
}

// notRunning says what is known of a jail in which nothing runs that answers.
func notRunning(name string, f session.Folder) error {
	start := fmt.Sprintf("jail run --detach %s -- COMMAND starts a command", name)
	status, err := f.Status()
	switch {
	case errors.Is(err, session.ErrNone):
		return &hinted{fmt.Errorf("nothing runs in jail %q", name), start}
	case err != nil:
		return err
	case status.State == session.Done:
		return &hinted{fmt.Errorf("nothing runs in jail %q: %s ended with exit code %d", name, status.Program, *status.ExitCode), "jail logs " + name + " prints what it wrote; " + start}
	case status.State == session.Lost:
		return &hinted{fmt.Errorf("nothing runs in jail %q: %s is lost: it was killed, or the machine was started anew", name, status.Program), "jail logs " + name + " prints what it wrote; " + start}
	}
	return &hinted{fmt.Errorf("process %d, which looks after jail %q, does not answer", status.PID, name), "jail kill " + name + " ends it"}
}
