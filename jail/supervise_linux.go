package jail

import (
	"errors"
	"fmt"
	"os"
	"slices"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// supervise starts the command and does PID 1's work until it ends: it reaps whatever was orphaned into its care and
// passes signals on. When it returns, init exits and the kernel kills what the command left behind.
func supervise(s Spec, control *os.File) Result {
	asked := requests(control)
	if s.Network.Filtered() {
		asked = awaitService(asked)
	}
	stderr, err := silence()
	if err != nil {
		fail(control, "silence init", err)
	}
	pid, step, err := startFirst(s, stderr, control)
	_ = unix.Close(stderr)
	switch {
	case err != nil && step != "":
		fail(control, step, err)
	case err != nil:
		send(control, failure(phaseNoStart, s.Program, err))
		return Result{Code: 1}
	}
	c := command{pid: pid, ended: make(chan Result, 1), stopped: make(chan struct{}, 1), others: make(chan child), more: make(chan struct{}, 1)}
	go c.reap(s.Terminal)
	others := &further{spec: s, control: control, serials: map[int]int{}, more: c.more}
	result := attend(c, s, asked, others)
	result.Left = leftBehind(s)
	send(control, report{Phase: phaseExited, Result: result, Others: len(others.serials)})
	if len(others.serials) > 0 {
		leaveTerminal(s.Terminal)
		outlast(c, s, asked, others)
	}
	return result
}

// startFirst starts the command that the jail is for. Of a detached one the parent gets the other side of its terminal. Where it is
// not the command that cannot be started, step says what else.
func startFirst(s Spec, stderr int, control *os.File) (pid int, step string, err error) {
	if s.Terminal != TerminalDetached {
		pid, err = syscall.ForkExec(s.Program, s.Argv, &syscall.ProcAttr{
			Env:   s.Env,
			Files: []uintptr{0, 1, uintptr(stderr)},
			Sys:   session(s.Terminal, stderr),
		})
		return pid, "", err
	}
	master, slave, err := openTerminal(UsualWindow)
	if err != nil {
		return 0, openTerminals, err
	}
	defer closeFDs([]int{master, slave})
	if err := sendFiles(control, report{Phase: phaseTerminal}, []int{master}); err != nil {
		return 0, openTerminals, err
	}
	pid, err = startAt(slave, s.Program, s.Argv, s.Env)
	return pid, "", err
}

// session is how the command is placed among groups and sessions. With a terminal of the jail's own it leads the group in the
// foreground of init's session: in one of its own it would be orphaned, and Ctrl-Z could not stop it (setpgid(2)).
func session(t Terminal, stderr int) *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Setsid: t == TerminalNone, Setpgid: t == TerminalOwn, Foreground: t == TerminalOwn, Ctty: terminalAmong(0, 1, stderr)}
}

// terminalAmong returns the first descriptor that is a terminal, or the first.
func terminalAmong(fds ...int) int {
	for _, fd := range fds {
		if _, err := unix.IoctlGetTermios(fd, unix.TCGETS); err == nil {
			return fd
		}
	}
	return fds[0]
}

// silence keeps the caller's standard error for the command alone and returns it. The command can take memory and threads from
// init (prlimit(2)), and what Go's runtime then prints about the end of init is no message of jail's.
func silence() (stderr int, err error) {
	null, err := unix.Open(os.DevNull, unix.O_WRONLY|unix.O_CLOEXEC, 0)
	if err != nil {
		return -1, fmt.Errorf("cannot open %s: %w", os.DevNull, err)
	}
	defer unix.Close(null)
	if stderr, err = unix.FcntlInt(2, unix.F_DUPFD_CLOEXEC, 3); err != nil {
		return -1, fmt.Errorf("F_DUPFD_CLOEXEC: %w", err)
	}
	return stderr, os.NewSyscallError("dup3", unix.Dup3(null, 2, unix.O_CLOEXEC))
}

// awaitService waits until the doors are served. The signals that were passed on before come first out of what it returns.
func awaitService(asked <-chan request) <-chan request {
	var early []request
	for r := range asked {
		if r.Serves {
			break
		}
		early = append(early, r)
	}
	if len(early) == 0 {
		return asked
	}
	all := make(chan request)
	go func() {
		for _, r := range early {
			all <- r
		}
		for r := range asked {
			all <- r
		}
	}()
	return all
}

// command is the process that the jail is for, and what init learns about it.
type command struct {
	pid     int
	ended   chan Result
	stopped chan struct{} // where it shares the caller's terminal only
	others  chan child    // whatever else has ended
	more    chan struct{} // there is a child more
}

// child is a process that ended.
type child struct {
	pid    int
	status syscall.WaitStatus
}

// patience is how long a command has to put the terminal right and stop after Ctrl-Z, before it is stopped by force.
const patience = 100 * time.Millisecond

// attend passes signals on to the command until it ended, or until the grace period after SIGTERM or SIGHUP is over. When
// the command's time is up it gets SIGTERM.
//
// With an inherited terminal a jail stops as a whole and before its parent does: the caller's shell reads the terminal from then
// on, and a process that is left running can take the foreground back and read what is typed.
func attend(c command, s Spec, requests <-chan request, others *further) Result {
	target := c.pid
	if s.Terminal != TerminalInherit {
		target = -c.pid // the command leads a process group: its children get the signal too, as from a terminal
	}
	var deadline, timeout, overdue <-chan time.Time
	if s.Limits.Timeout > 0 {
		timeout = time.After(s.Limits.Timeout)
	}
	var cause Cause
	stopped := false
	stop := func() {
		if overdue = nil; !stopped {
			stopped = true
			_ = syscall.Kill(-1, syscall.SIGSTOP)
			send(others.control, report{Phase: phaseStopped})
		}
	}
	for {
		select {
		case <-c.stopped:
			stop()
		case <-overdue:
			stop()
		case other := <-c.others:
			others.ended(other)
		case result := <-c.ended:
			result.Cause = cause
			return result
		case <-deadline:
			return Result{Signal: syscall.SIGKILL, Cause: cause}
		case <-timeout:
			cause = CauseTimeout
			deadline = onceAfter(deadline, s.Grace)
			_ = syscall.Kill(target, syscall.SIGTERM)
			_ = syscall.Kill(target, syscall.SIGCONT) // stopped, it would not see it
		case r := <-requests:
			switch sig, shared := r.Signal, s.Terminal.shared(); {
			case r.Start != nil:
				others.begin(r)
			case r.Serial != 0:
				others.signal(r.Serial, sig)
			case shared && sig == syscall.SIGTSTP:
				if s.Terminal == TerminalOwn {
					_ = syscall.Kill(target, sig)
				}
				overdue = time.After(patience) // the keys have reached the command too
			case shared && sig == syscall.SIGCONT:
				stopped, overdue = false, nil
				_ = syscall.Kill(-1, sig)
			case sig == syscall.SIGTSTP:
				// In a session of its own the command's group is orphaned, where the kernel drops SIGTSTP (setpgid(2)).
				_ = syscall.Kill(target, syscall.SIGSTOP)
			default:
				if sig == syscall.SIGTERM || sig == syscall.SIGHUP {
					deadline = onceAfter(deadline, s.Grace)
					others.ending = true
				}
				_ = syscall.Kill(target, sig) // ESRCH: it just ended, and reap tells
			}
		}
	}
}

// reap waits for every child, and tells when the command stops.
func (c command) reap(t Terminal) {
	options := 0
	if t.shared() {
		options = syscall.WUNTRACED
	}
	for {
		var ws syscall.WaitStatus
		pid, err := syscall.Wait4(-1, &ws, options, nil)
		switch {
		case errors.Is(err, syscall.EINTR):
		case err != nil:
			<-c.more // ECHILD: the command has ended, and was the last
		case ws.Stopped() && pid == c.pid:
			c.stopped <- struct{}{}
		case ws.Stopped():
		case pid == c.pid:
			c.ended <- resultOf(ws)
		default:
			c.others <- child{pid, ws}
		}
	}
}

// outlast goes on when the command has ended, as long as a further one runs: somebody works there too. What would have ended
// the command ends those.
func outlast(c command, s Spec, requests <-chan request, others *further) {
	var deadline <-chan time.Time
	end := func() {
		others.signal(0, syscall.SIGTERM)
		deadline = onceAfter(deadline, s.Grace)
	}
	if others.ending {
		end()
	}
	for len(others.serials) > 0 {
		select {
		case other := <-c.others:
			others.ended(other)
		case <-deadline:
			return
		case r := <-requests:
			switch {
			case r.Start != nil:
				others.begin(r)
			case r.Serial != 0:
				others.signal(r.Serial, r.Signal)
			case slices.Contains(ending, r.Signal):
				end()
			}
		}
	}
}

// ending are the signals that end a program which does nothing about them.
var ending = []syscall.Signal{syscall.SIGINT, syscall.SIGQUIT, syscall.SIGTERM, syscall.SIGHUP}
