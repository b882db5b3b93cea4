package jail

import (
	"errors"
	"fmt"
	"os"

	"golang.org/x/sys/unix"

	"jail/terminal"
)

// ownTerminal makes a terminal in the jail's own devpts, like the caller's, puts it in the place of the caller's on the standard
// streams, and passes its other side on to the parent. The caller's is open nowhere in the jail then.
//
// Preconditions: behind the pivot; no thread of init has a controlling terminal.
func ownTerminal(control *os.File, bar terminal.Bar) error {
	master, slave, err := openPair()
	if err != nil {
		return err
	}
	defer closeFDs([]int{master, slave})
	if _, err := unix.Setsid(); err != nil {
		return fmt.Errorf("setsid: %w", err)
	}
	if err := unix.IoctlSetInt(slave, unix.TIOCSCTTY, 0); err != nil {
		return fmt.Errorf("TIOCSCTTY: %w", err)
	}
	for fd := range 3 {
		settings, err := unix.IoctlGetTermios(fd, unix.TCGETS)
		if err != nil {
			continue // no terminal: it stays what it is
		}
		size, err := unix.IoctlGetWinsize(fd, unix.TIOCGWINSZ)
		if err == nil {
			leaveRow(size, bar.Inner(int(size.Row), int(size.Col)))
			err = unix.IoctlSetWinsize(slave, unix.TIOCSWINSZ, size)
		}
		if err = errors.Join(err, unix.IoctlSetTermios(slave, unix.TCSETS, settings), unix.Dup3(slave, fd, 0)); err != nil {
			return err
		}
	}
	return sendFiles(control, report{Phase: phaseTerminal}, []int{master})
}

// openPair makes a terminal in the jail's devpts: the side that looks and types, and the one that programs have.
func openPair() (master, slave int, err error) {
	master, err = unix.Open("/dev/pts/ptmx", unix.O_RDWR|unix.O_NOCTTY|unix.O_CLOEXEC, 0)
	if err != nil {
		return -1, -1, fmt.Errorf("/dev/pts/ptmx: %w", err)
	}
	if err = unix.IoctlSetPointerInt(master, unix.TIOCSPTLCK, 0); err != nil {
		unix.Close(master)
		return -1, -1, fmt.Errorf("TIOCSPTLCK: %w", err)
	}
	// Not by its name, which could be another's by now (ioctl_tty(2)).
	peer, _, errno := unix.Syscall(unix.SYS_IOCTL, uintptr(master), unix.TIOCGPTPEER, unix.O_RDWR|unix.O_NOCTTY|unix.O_CLOEXEC)
	if errno != 0 {
		unix.Close(master)
		return -1, -1, fmt.Errorf("TIOCGPTPEER: %w", errno)
	}
	return master, int(peer), nil
}

// openTerminal makes a terminal of that size, with the kernel's settings and, as everywhere today, in UTF-8: so that a backspace
// takes a whole character.
func openTerminal(w Window) (master, slave int, err error) {
	if master, slave, err = openPair(); err != nil {
		return -1, -1, err
	}
	settings, err := unix.IoctlGetTermios(slave, unix.TCGETS)
	if err == nil {
		settings.Iflag |= unix.IUTF8
		err = unix.IoctlSetTermios(slave, unix.TCSETS, settings)
	}
	if err == nil {
		err = unix.IoctlSetWinsize(slave, unix.TIOCSWINSZ, &unix.Winsize{Row: w.Rows, Col: w.Columns})
	}
	if err != nil {
		closeFDs([]int{master, slave})
	}
	return master, slave, err
}

// leaveTerminal lets go of a terminal of the jail's own when the command that had it ended: the parent then reads its end.
func leaveTerminal(t Terminal) {
	if t != TerminalOwn {
		return
	}
	null, err := unix.Open(os.DevNull, unix.O_RDWR|unix.O_CLOEXEC, 0)
	if err != nil {
		return // the parent waits no longer than for any terminal that takes no more
	}
	defer unix.Close(null)
	_ = unix.IoctlSetInt(terminalAmong(0, 1), unix.TIOCNOTTY, 0) // whoever of the command's is left in the foreground gets SIGHUP (tty(4))
	for fd := range 2 {
		_ = unix.Dup3(null, fd, 0)
	}
}
