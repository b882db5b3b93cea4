package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"sync"
	"syscall"

	"github.com/urfave/cli/v2"
	"golang.org/x/sys/unix"

	"jail/jail"
	"jail/session"
	"jail/state"
	"jail/terminal"
	"jail/workspace"
)

// further is one more command in a jail that runs.
type further struct {
	jails  workspace.Manager
	name   string
	client *session.Client
}

// furtherFlags are what a further command may have: it gets the walls of the run that it joins.
var furtherFlags = []string{"quiet", "q"}

// run starts the command and follows it to its end.
func (f further) run(c *cli.Context, command []string) error {
	defer f.client.Close()
	if c.Bool("detach") {
		return &usage{fmt.Sprintf("jail %q runs already, and has one detached command at a time", f.name),
			fmt.Sprintf("jail attach %s shows it; jail run %s -- COMMAND starts a further command in it; jail stop %s ends it", f.name, f.name, f.name)}
	}
	for _, flag := range c.LocalFlagNames() {
		if !slices.Contains(furtherFlags, flag) {
			return &usage{fmt.Sprintf("jail %q runs already, and a further command in it gets the walls of that run: %s would have no effect", f.name, typed(longName(c.Command.Flags, flag))),
				"leave it out, or end the run first: jail stop " + f.name}
		}
	}
	recorded, err := state.CurrentSession(programOf(command))
	if err != nil {
		return err
	}
	end, err := f.jails.Begin(f.name, recorded)
	if err != nil {
		return hintFor(err)
	}
	defer func() {
		if err := end(); err != nil {
			warn("cannot record the end of the session: %v", err)
		}
	}()
	code, err := f.follow(command)
	if err != nil {
		return err
	}
	return exitWith(code)
}

func (f further) follow(command []string) (code int, err error) {
	process := jail.Process{Argv: command}
	streams := jail.Standard()
	atTerminal := isTerminal(os.Stdin) && isTerminal(os.Stdout)
	if atTerminal {
		process.Term, process.Window = os.Getenv("TERM"), windowOf(os.Stdout)
	}
	started, err := f.client.Start(process)
	if errors.Is(err, session.ErrGone) {
		return 0, session.ErrRunning // it ended before this began
	}
	if err != nil {
		return 0, err
	}
	if !atTerminal {
		return f.pipes(started)
	}
	return f.show(started, streams)
}

// show shows the command's terminal until it has ended.
func (f further) show(a session.Attached, streams jail.Streams) (int, error) {
	var code int
	var ended error
	over := make(chan struct{})
	go func() {
		defer close(over)
		code, ended = f.client.Ended()
	}()
	err := jail.View{Streams: streams, Far: a.Files[0], Output: a.Output, Signalled: f.client.Pass, Over: over}.Show()
	switch {
	case errors.Is(err, jail.ErrLeft): // nobody sits there any more, and the run ends the command
		return 128 + int(syscall.SIGHUP), nil
	case err != nil:
		return 0, err
	}
	<-over
	return code, ended
}

// pipes copies the standard streams byte for byte, but for what is shown in a terminal.
func (f further) pipes(a session.Attached) (code int, err error) {
	signals := make(chan os.Signal, 8)
	jail.Notified(signals, unix.SIGINT, unix.SIGQUIT, unix.SIGTERM, unix.SIGHUP)
	go func() {
		for s := range signals {
			f.client.Pass(s.(syscall.Signal))
		}
	}()
	go func() {
		_, _ = io.Copy(a.Files[0], os.Stdin)
		a.Files[0].Close()
	}()
	var copying sync.WaitGroup
	for i, to := range []*os.File{os.Stdout, os.Stderr} {
		copying.Go(func() {
			_, _ = io.Copy(safeFor(to, a.Output), a.Files[i+1])
			a.Files[i+1].Close() // who writes to what nobody takes gets SIGPIPE
		})
	}
	code, err = f.client.Ended()
	copying.Wait()
	return code, err
}

// safeFor is a writer to a stream, which a terminal may be.
func safeFor(to *os.File, output jail.Output) io.Writer {
	policy, filtered := output.Policy()
	if !filtered || !isTerminal(to) {
		return to
	}
	return filteredWriter{terminal.New(policy), to}
}

// filteredWriter writes what a terminal may see.
type filteredWriter struct {
	filter *terminal.Filter
	to     io.Writer
}

func (w filteredWriter) Write(data []byte) (int, error) {
	if _, err := w.to.Write(w.filter.Filter(nil, data)); err != nil {
		return 0, err
	}
	return len(data), nil
}

func windowOf(f *os.File) jail.Window {
	size, err := unix.IoctlGetWinsize(int(f.Fd()), unix.TIOCGWINSZ)
	if err != nil || size.Row == 0 || size.Col == 0 {
		return jail.UsualWindow // a terminal that does not know
	}
	return jail.Window{Rows: size.Row, Columns: size.Col}
}
