package jail

import (
	"fmt"
	"syscall"
	"unsafe"

	"golang.org/x/sys/unix"
)

// sigaction is the kernel's struct of that name, which begins with the handler: 0 is SIG_DFL and 1 is SIG_IGN, and zeroes
// follow on every architecture.
type sigaction [4]uint64

// setAction calls rt_sigaction(2).
func setAction(s syscall.Signal, action, old *sigaction) error {
	const setSize = 8
	_, _, errno := unix.RawSyscall6(unix.SYS_RT_SIGACTION, uintptr(s), uintptr(unsafe.Pointer(action)), uintptr(unsafe.Pointer(old)), setSize, 0, 0)
	if errno != 0 {
		return fmt.Errorf("rt_sigaction %v: %w", s, errno)
	}
	return nil
}
