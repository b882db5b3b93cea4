package jail

import (
	"os"
	"syscall"
	"time"
)

// orphaned is how long the kernel may take to stop us before we believe that it will not: in a process group without a shell
// above it that could continue it, SIGTSTP is dropped (setpgid(2)).
const orphaned = 100 * time.Millisecond

// Suspend stops the caller as Ctrl-Z does, and returns when it goes on: with its whole job for pid 0, and alone for its own, as where
// the others have had the key already. Continued is told of SIGCONT. It works for callers that have signal.Notify tell them of SIGTSTP:
// signal.Reset would leave the runtime's handler in place, which ignores it.
func Suspend(pid int, continued <-chan os.Signal) {
	var old sigaction
	if setAction(syscall.SIGTSTP, &sigaction{}, &old) != nil {
		return
	}
	_ = syscall.Kill(pid, syscall.SIGTSTP)
	select {
	case <-continued:
	case <-time.After(orphaned):
	}
	_ = setAction(syscall.SIGTSTP, &old, nil)
}
