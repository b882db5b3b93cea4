package state

import (
	"errors"
	"syscall"

	"golang.org/x/sys/unix"
)

// zombie is SZOMB of sys/proc.h.
const zombie = 5

func startTime(pid int) (uint64, error) {
	info, err := unix.SysctlKinfoProc("kern.proc.pid", pid)
	if err != nil {
		// For an absent process the kernel answers with nothing, which x/sys reports as EIO.
		if errors.Is(syscall.Kill(pid, 0), syscall.ESRCH) {
			return 0, syscall.ESRCH
		}
		return 0, err
	}
	if info.Proc.P_stat == zombie {
		return 0, syscall.ESRCH
	}
	start := info.Proc.P_starttime
	return uint64(start.Sec)*1_000_000 + uint64(start.Usec), nil
}

func bootID() (string, error) {
	return unix.Sysctl("kern.bootsessionuuid")
}

func processGone(err error) bool {
	return errors.Is(err, syscall.ESRCH)
}
