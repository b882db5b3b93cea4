package jail

import (
	"errors"
	"fmt"
	"unsafe"

	"golang.org/x/sys/unix"
	"kernel.org/pub/linux/libs/security/libcap/psx"
)

// secureBits: uid 0 means nothing to exec, a change of ids changes no capabilities, none can be kept over one or made ambient;
// each of them locked. SECBIT_NOROOT to SECBIT_NO_CAP_AMBIENT_RAISE_LOCKED of linux/securebits.h, without SECBIT_KEEP_CAPS.
const secureBits = 0xEF

// allCapabilities is how many capset(2) has room for.
const allCapabilities = 64

// dropCapabilities leaves every thread of init without any capability, and the calling thread, which starts the command,
// without the means to gain one. Every thread: they share their memory, and a thread that kept CAP_SYS_ADMIN would be a
// target. psx reaches every thread in a binary with cgo too, which `go run` makes where a C compiler is installed.
//
// The bounding set, the secure bits and no_new_privs matter at exec only, so the calling thread's are enough. Ambient capabilities go
// with the permitted ones (capabilities(7)).
//
// Preconditions: after every step that needs a capability, on the locked thread.
func dropCapabilities() error {
	// Not to CAP_LAST_CAP: a newer kernel may have more of them than were known when this was compiled.
	for c := uintptr(0); c < allCapabilities; c++ {
		err := unix.Prctl(unix.PR_CAPBSET_DROP, c, 0, 0, 0)
		if errors.Is(err, unix.EINVAL) && c > 0 {
			break // the one before was this kernel's last
		}
		if err != nil {
			return fmt.Errorf("PR_CAPBSET_DROP %d: %w", c, err)
		}
	}
	if err := unix.Prctl(unix.PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0); err != nil {
		return fmt.Errorf("PR_SET_NO_NEW_PRIVS: %w", err)
	}
	if err := unix.Prctl(unix.PR_SET_SECUREBITS, secureBits, 0, 0, 0); err != nil {
		return fmt.Errorf("PR_SET_SECUREBITS: %w", err)
	}
	header := unix.CapUserHeader{Version: unix.LINUX_CAPABILITY_VERSION_3}
	var none [2]unix.CapUserData
	_, _, errno := psx.Syscall3(unix.SYS_CAPSET, uintptr(unsafe.Pointer(&header)), uintptr(unsafe.Pointer(&none[0])), 0)
	if errno != 0 {
		return fmt.Errorf("capset: %w", errno)
	}
	return nil
}
