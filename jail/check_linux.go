package jail

import (
	"errors"
	"fmt"
	"path"
	"slices"
	"unsafe"

	"golang.org/x/sys/unix"

	"jail/mounts"
)

// A wall that was put up and does not hold must never be believed in, so init tries each one before the command starts: a few
// calls that cost microseconds, and on every start.

// checkLandlock makes a block device, which no rule allows. Landlock answers EACCES before the lack of a capability answers
// EPERM. Not a whiteout, the device node that needs no capability: Linux 6.12 takes its making for that of a regular file.
//
// Preconditions: confined by Landlock; no syscall filter yet, which refuses the call in lockdown.
func checkLandlock(list []mounts.Mount) error {
	i := slices.IndexFunc(list, func(m mounts.Mount) bool { return m.Kind == mounts.Tmpfs })
	if i < 0 {
		return errors.New("no folder to try it in")
	}
	file := path.Join(list[i].Target, ".jail-check")
	err := unix.Mknod(file, unix.S_IFBLK, 0)
	if err == nil {
		err = errors.Join(errors.New("what no rule allows was done"), unix.Unlink(file))
	}
	if errors.Is(err, unix.EACCES) {
		return nil
	}
	return fmt.Errorf("it does not hold: %w", err)
}

// checkSyscalls makes a call that every profile refuses and that fails otherwise too: with EBADF, as -1 is no terminal. Not one that
// the filters of containers refuse likewise, as most of the others.
//
// Preconditions: filtered.
func checkSyscalls() error {
	if _, _, errno := unix.RawSyscall(unix.SYS_IOCTL, ^uintptr(0), unix.TIOCSTI, 0); errno != unix.EPERM {
		return fmt.Errorf("the filter does not hold: TIOCSTI answers %w", errno)
	}
	return nil
}

// checkCapabilities asks what is left of them, on the thread that starts the command.
func checkCapabilities() error {
	header := unix.CapUserHeader{Version: unix.LINUX_CAPABILITY_VERSION_3}
	var have [2]unix.CapUserData
	if _, _, errno := unix.RawSyscall(unix.SYS_CAPGET, uintptr(unsafe.Pointer(&header)), uintptr(unsafe.Pointer(&have[0])), 0); errno != 0 {
		return fmt.Errorf("capget: %w", errno)
	}
	if have != [2]unix.CapUserData{} {
		return fmt.Errorf("capabilities are left: %+v", have)
	}
	switch set, err := unix.PrctlRetInt(unix.PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0); {
	case err != nil:
		return fmt.Errorf("PR_GET_NO_NEW_PRIVS: %w", err)
	case set != 1:
		return fmt.Errorf("no_new_privs is %d", set)
	}
	return nil
}
