//go:build !linux

package jail

import (
	"os"
	"syscall"
)

// Suspend stops the caller, and for pid 0 its whole job, until it is continued.
func Suspend(pid int, _ <-chan os.Signal) { _ = syscall.Kill(pid, syscall.SIGSTOP) }
