package git

import (
	"os"
	"syscall"

	"golang.org/x/sys/unix"
)

// attributes let git end with us, so that no checkout goes on behind the back of the next process, which rolls it
// back. SIGTERM, because git then removes what it has half made.
func (p process) attributes() *syscall.SysProcAttr {
	if p.outlives {
		return &syscall.SysProcAttr{Setpgid: true}
	}
	return &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGTERM}
}

// namelessFile is a file that no disk has to have room for, and that goes with its last descriptor.
func namelessFile() (*os.File, error) {
	fd, err := unix.MemfdCreate("jail-git", unix.MFD_CLOEXEC)
	if err != nil {
		return nil, os.NewSyscallError("memfd_create", err)
	}
	return os.NewFile(uintptr(fd), "jail-git"), nil
}
