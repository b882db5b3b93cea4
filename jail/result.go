package jail

import (
	"errors"
	"fmt"
	"syscall"

	"jail/seccomp"
)

// ErrUnsupported says that this platform has no back end.
var ErrUnsupported = errors.New("jails are not supported on this platform yet")

// Walls are what init put up and found to hold.
type Walls struct {
	Landlock int             // the ABI that is enforced; 0 where it is off
	Syscalls seccomp.Profile // the profile that is enforced; "" where there is no filter
}

// Cause says which limit ended a command. The zero value is none.
type Cause string

const (
	CauseTimeout Cause = "timeout" // it was told to end, and then made to
	CauseMemory  Cause = "memory"  // the kernel killed it
)

// Result is how a command ended.
type Result struct {
	Code   int            // its exit code, where it exited
	Signal syscall.Signal // the signal that ended it; 0 where it exited
	Cause  Cause
	Left   []string `json:",omitempty"` // names that the command left in Spec.Passing, the first of them; text that it chose
	Killed int      `json:"-"`          // processes that the memory limit killed, the command or others
}

// resultOf is how a process ended that was reaped.
func resultOf(ws syscall.WaitStatus) Result {
	if ws.Signaled() {
		return Result{Signal: ws.Signal()}
	}
	return Result{Code: ws.ExitStatus()}
}

// exitTimeout is what timeout(1) exits with.
const exitTimeout = 124

// ExitCode follows the shell's convention: the code itself, 128 plus the number of the signal, or 124 after a timeout.
func (r Result) ExitCode() int {
	if r.Cause == CauseTimeout {
		return exitTimeout
	}
	if r.Signal != 0 {
		return 128 + int(r.Signal)
	}
	return r.Code
}

// afterKills adds how many processes the kernel counted that the memory limit killed. SIGKILL from elsewhere and such a
// kill in one run cannot be told apart, and count as the limit's.
func (r Result) afterKills(killed int) Result {
	r.Killed = killed
	if killed > 0 && r.Signal == syscall.SIGKILL && r.Cause == "" {
		r.Cause = CauseMemory
	}
	return r
}

// StepError says which step of building a jail failed. It is built from what init reports, so that errors.Is against
// a syscall.Errno works in the parent although the call failed in another process.
type StepError struct {
	Step  string        // the step's name, e.g. "bind /usr read-only"
	Errno syscall.Errno // 0 where no system call failed
	Text  string        // what failed, in words
}

func (e *StepError) Error() string {
	return fmt.Sprintf("cannot build the jail: %s: %s", e.Step, e.Text)
}

func (e *StepError) Unwrap() error {
	if e.Errno == 0 {
		return nil
	}
	return e.Errno
}

// StartError says that the jail stood, but the command could not be started in it.
type StartError struct {
	Program string
	Err     error
}

func (e *StartError) Error() string { return fmt.Sprintf("cannot start %q: %v", e.Program, e.Err) }
func (e *StartError) Unwrap() error { return e.Err }

// NamespaceError says that the kernel refused the namespaces themselves.
type NamespaceError struct{ Err error }

func (e *NamespaceError) Error() string { return fmt.Sprintf("cannot create namespaces: %v", e.Err) }
func (e *NamespaceError) Unwrap() error { return e.Err }
