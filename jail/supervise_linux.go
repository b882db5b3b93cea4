package jail

import (
	"errors"
	"os"
	"syscall"
	"time"
)

// supervise starts the command and does PID 1's work until it ends: it reaps whatever was orphaned into its care and
// passes signals on. When it returns, init exits and the kernel kills what the command left behind.
func supervise(s Spec, control *os.File) Result {
	pid, err := syscall.ForkExec(s.Program, s.Argv, &syscall.ProcAttr{
		Env:   s.Env,
		Files: []uintptr{0, 1, 2},
		Sys:   &syscall.SysProcAttr{Setsid: s.Terminal == TerminalNone},
	})
	if err != nil {
		send(control, failure(phaseNoStart, s.Program, err))
		return Result{Code: 1}
	}
	ended := make(chan Result, 1)
	go func() { ended <- reap(pid) }()
	result := attend(pid, s, requests(control), ended)
	send(control, report{Phase: phaseExited, Result: result})
	return result
}

// attend passes signals on to the command until it ended, or until the grace period after SIGTERM or SIGHUP is over. When
// the command's time is up it gets SIGTERM.
func attend(pid int, s Spec, requests <-chan request, ended <-chan Result) Result {
	target := pid
	if s.Terminal == TerminalNone {
		target = -pid // the command leads a process group: its children get the signal too, as from a terminal
	}
	var deadline, timeout <-chan time.Time
	if s.Limits.Timeout > 0 {
		timeout = time.After(s.Limits.Timeout)
	}
	var cause Cause
	for {
		select {
		case result := <-ended:
			result.Cause = cause
			return result
		case <-deadline:
			return Result{Signal: syscall.SIGKILL, Cause: cause}
		case <-timeout:
			cause = CauseTimeout
			if deadline == nil {
				deadline = time.After(s.Grace)
			}
			// Stopped, it would see neither.
			_ = syscall.Kill(target, syscall.SIGTERM)
			_ = syscall.Kill(target, syscall.SIGCONT)
		case r := <-requests:
			if (r.Signal == syscall.SIGTERM || r.Signal == syscall.SIGHUP) && deadline == nil {
				deadline = time.After(s.Grace)
			}
			if r.Signal == syscall.SIGTSTP {
				// In a session of its own the command's group is orphaned, where the kernel drops SIGTSTP (setpgid(2)).
				r.Signal = syscall.SIGSTOP
			}
			// ESRCH: it just ended, and reap tells.
			_ = syscall.Kill(target, r.Signal)
		}
	}
}

// reap waits for every child until the command itself ended.
func reap(command int) Result {
	for {
		var ws syscall.WaitStatus
		pid, err := syscall.Wait4(-1, &ws, 0, nil)
		switch {
		case errors.Is(err, syscall.EINTR):
		case err != nil:
			return Result{Code: 1} // ECHILD before the command was seen: cannot happen while it is our child
		case pid != command:
		case ws.Signaled():
			return Result{Signal: ws.Signal()}
		case ws.Exited():
			return Result{Code: ws.ExitStatus()}
		}
	}
}
