//go:build linux || darwin

package jail

import (
	"context"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"slices"
	"strconv"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/creack/pty"
	"golang.org/x/sys/unix"

	"jail/terminal"
)

// confined runs a command through a program that takes a profile and a command, applies the one and becomes the other, as
// sandbox-exec(1) does. It is compiled on Linux too, where a test has a stand-in for that program.
type confined struct {
	applier string // absolute path of the program
	streams Streams
	spec    Spec
	extra   []string // variables beside the Spec's, which are known when the run begins
	signals bool     // the caller's are passed on
	leader  *atomic.Int64
	waits   func(terminal.Status)
	proxy   int // the port of a filtered network's gate
}

// run makes what the command needs, runs it, and returns how it ended. When it returns, the command's process group is gone. Errors
// mean that the command did not run.
func (c confined) run(ctx context.Context, ready func()) (Result, error) {
	remove, err := makeScratch(c.spec)
	if err != nil {
		return Result{}, &StepError{Step: "a folder for the run", Text: err.Error()}
	}
	defer func() { _ = remove() }() // what cannot be removed now the next run removes
	t, err := c.openTerminal()
	if err != nil {
		return Result{}, &StepError{Step: "a terminal for the command", Text: err.Error()}
	}
	defer t.close()
	pid, err := c.start(t)
	if err != nil {
		return Result{}, err
	}
	c.leader.Store(int64(pid))
	a := attended{confined: c, pid: pid, ended: make(chan Result, 1), screen: t.screen}
	go func() { a.ended <- waitFor(pid) }()
	stop := a.listen()
	defer stop()
	ready()
	if a.screen != nil {
		a.screen.start()
	}
	result := a.attend(ctx)
	c.leader.Store(0)
	_ = syscall.Kill(-pid, syscall.SIGKILL)
	if a.screen != nil {
		a.screen.end()
	}
	result.Left = leftBehind(c.spec)
	return result, nil
}

// start starts the command in a session of its own. Its arguments hold paths, and no secret: those are in the environment.
func (c confined) start(t ownedTerminal) (pid int, err error) {
	profile, err := Profile(c.spec, Found{t.device(), c.proxy})
	if err != nil {
		return 0, err
	}
	text, params := profile.Format()
	argv := []string{filepath.Base(c.applier), "-p", text}
	for _, p := range params {
		argv = append(argv, "-D", p.Name+"="+p.Value)
	}
	argv = append(append(argv, "--", c.spec.Program), c.spec.Argv[1:]...)
	files := t.files(c.streams)
	// What the caller left open must not lead out.
	if err := closeOnExec(); err != nil {
		return 0, &StepError{Step: "close what is open", Text: err.Error()}
	}
	pid, err = syscall.ForkExec(c.applier, argv, &syscall.ProcAttr{
		Dir: c.spec.Dir, Env: append(slices.Clone(c.spec.Env), c.extra...), Files: files,
		Sys: &syscall.SysProcAttr{Setsid: true, Setctty: t.slave != nil, Ctty: t.among(files)},
	})
	if t.slave != nil {
		t.slave.Close()
	}
	if err != nil {
		return 0, &StartError{c.applier, err}
	}
	return pid, nil
}

// closeOnExec marks every descriptor but the standard streams.
func closeOnExec() error {
	open, err := os.ReadDir("/dev/fd")
	if len(open) == 0 {
		return fmt.Errorf("cannot tell what is open: %w", err)
	}
	for _, entry := range open {
		if fd, err := strconv.Atoi(entry.Name()); err == nil && fd > 2 {
			unix.CloseOnExec(fd)
		}
	}
	return nil
}

// ownedTerminal is one that was made for a command; without one all of it is empty.
type ownedTerminal struct {
	slave  *os.File
	screen *screen
}

// openTerminal makes a terminal like the caller's, where the Spec has one.
func (c confined) openTerminal() (t ownedTerminal, err error) {
	s, streams := c.spec, c.streams
	if s.Terminal != TerminalOwn {
		return t, nil
	}
	master, slave, err := pty.Open()
	if err != nil {
		return t, err
	}
	in, _ := streams.terminal()
	settings, err := unix.IoctlGetTermios(int(in.Fd()), getSettings)
	if err == nil {
		err = unix.IoctlSetTermios(int(slave.Fd()), setSettings, settings)
	}
	if size, sizeErr := unix.IoctlGetWinsize(int(in.Fd()), unix.TIOCGWINSZ); err == nil && sizeErr == nil {
		leaveRow(size, s.Screen.Bar.Inner(int(size.Row), int(size.Col)))
		err = unix.IoctlSetWinsize(int(slave.Fd()), unix.TIOCSWINSZ, size)
	}
	if err == nil {
		t.screen, err = newScreen(View{Streams: streams, Far: master, Output: s.Output, Screen: s.Screen, Waits: c.waits})
	}
	if err != nil {
		master.Close()
		slave.Close()
		return ownedTerminal{}, fmt.Errorf("like the caller's: %w", err)
	}
	t.slave = slave
	return t, nil
}

func (t ownedTerminal) device() string {
	if t.slave == nil {
		return ""
	}
	return t.slave.Name()
}

// files are what the command gets in the place of the caller's streams: its own terminal where they are one.
func (t ownedTerminal) files(streams Streams) []uintptr {
	var files []uintptr
	for _, f := range []*os.File{streams.In, streams.Out, streams.Err} {
		if _, err := unix.IoctlGetTermios(int(f.Fd()), getSettings); err == nil && t.slave != nil {
			f = t.slave
		}
		files = append(files, f.Fd())
	}
	return files
}

// among returns which of those it is first, which is where the command finds it.
func (t ownedTerminal) among(files []uintptr) int {
	for i, fd := range files {
		if t.slave != nil && fd == t.slave.Fd() {
			return i
		}
	}
	return 0
}

func (t ownedTerminal) close() {
	if t.slave != nil {
		t.slave.Close()
		t.screen.master.Close()
	}
}

// waitFor reaps the command.
func waitFor(pid int) Result {
	ws, err := wait(pid)
	if err != nil {
		return Result{Code: 1} // ECHILD: nobody else waits, so that it cannot happen
	}
	return resultOf(ws)
}

// attended is a command while it runs.
type attended struct {
	confined
	pid    int
	ended  chan Result
	screen *screen
	caught chan os.Signal
}

// listen begins to catch the caller's signals, until stop.
func (a *attended) listen() (stop func()) {
	a.caught = make(chan os.Signal, 16)
	if !a.signals {
		return func() {}
	}
	Notified(a.caught, syscall.SIGINT, syscall.SIGTERM, syscall.SIGHUP, syscall.SIGQUIT, syscall.SIGUSR1, syscall.SIGUSR2, syscall.SIGWINCH, syscall.SIGTSTP, syscall.SIGCONT)
	return func() { signal.Stop(a.caught) }
}

// attend passes signals on to the command's process group until it ended, or until the grace period after SIGTERM or SIGHUP is
// over. When its time is up it gets SIGTERM, and when ctx ends, SIGKILL.
func (a *attended) attend(ctx context.Context) Result {
	var deadline, timeout <-chan time.Time
	if a.spec.Limits.Timeout > 0 {
		timeout = time.After(a.spec.Limits.Timeout)
	}
	var cause Cause
	for {
		select {
		case result := <-a.ended:
			result.Cause = cause
			return result
		case <-ctx.Done():
			return a.kill(cause)
		case <-deadline:
			return a.kill(cause)
		case <-timeout:
			cause = CauseTimeout
			deadline = onceAfter(deadline, a.spec.Grace)
			a.send(syscall.SIGTERM)
			a.send(syscall.SIGCONT) // stopped, it would not see it
		case s := <-a.caught:
			if s == syscall.SIGTERM || s == syscall.SIGHUP {
				deadline = onceAfter(deadline, a.spec.Grace)
			}
			a.pass(s.(syscall.Signal))
		}
	}
}

// kill ends the command, and waits until it is reaped.
func (a *attended) kill(cause Cause) Result {
	a.send(syscall.SIGKILL)
	<-a.ended
	return Result{Signal: syscall.SIGKILL, Cause: cause}
}

// pass passes one signal of the caller's on.
func (a *attended) pass(s syscall.Signal) {
	switch {
	case s == syscall.SIGWINCH && a.screen != nil:
		go a.screen.resize()
	case s == syscall.SIGTSTP:
		// In a session of its own the kernel drops SIGTSTP (setpgid(2)). We stop too, as the caller's shell expects.
		a.send(syscall.SIGSTOP)
		if a.screen != nil {
			a.screen.restore()
		}
		_ = syscall.Kill(os.Getpid(), syscall.SIGSTOP)
	case s == syscall.SIGCONT:
		if a.screen != nil {
			a.screen.again()
		}
		a.send(s)
	default:
		a.send(s)
	}
}

// send signals the process group. It has the number of its leader, which is not reaped before the end.
func (a *attended) send(s syscall.Signal) {
	_ = syscall.Kill(-a.pid, s) // ESRCH: it has just ended
}
