package jail

import (
	"errors"
	"fmt"
	"os"
	"os/signal"
	"sync/atomic"
	"time"

	"golang.org/x/sys/unix"

	"jail/terminal"
)

// ownTerminal makes a terminal in the jail's own devpts, like the caller's, puts it in the place of the caller's on the standard
// streams, and passes its other side on to the parent. The caller's is open nowhere in the jail then.
//
// Preconditions: behind the pivot; no thread of init has a controlling terminal.
func ownTerminal(control *os.File) error {
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
	_ = unix.IoctlSetInt(0, unix.TIOCNOTTY, 0) // whoever of the command's is left in the foreground gets SIGHUP (tty(4))
	for fd := range 2 {
		_ = unix.Dup3(null, fd, 0)
	}
}

// screen relays the jail's terminal to the caller's. Keys go to the jail as they are: what they mean its own terminal decides.
type screen struct {
	master  *os.File
	in, out *os.File
	filter  *terminal.Filter         // nil: all is shown
	saved   *unix.Termios            // of the caller's terminal
	resized func(*unix.Winsize)      // nil: the master is resized
	typed   func(keys []byte) []byte // what of them is for the jail; nil: all
	moved   atomic.Int64             // bytes that were written to it
	drained chan struct{}
}

// newScreen relays nothing before start.
func newScreen(master *os.File, streams Streams, output Output) (*screen, error) {
	s := &screen{in: streams.In, out: streams.Out, drained: make(chan struct{})}
	if policy, filtered := output.Policy(); filtered {
		s.filter = terminal.New(policy)
	}
	if err := unix.SetNonblock(int(master.Fd()), true); err != nil {
		return nil, err
	}
	// Made anew, so that the runtime waits for it without a thread.
	fd, err := unix.FcntlInt(master.Fd(), unix.F_DUPFD_CLOEXEC, 3)
	if err != nil {
		return nil, err
	}
	master.Close()
	s.master = os.NewFile(uintptr(fd), "terminal of the jail")
	if s.saved, err = unix.IoctlGetTermios(int(s.in.Fd()), unix.TCGETS); err != nil {
		return nil, err
	}
	return s, nil
}

// start begins to relay, after what there is to say before.
func (s *screen) start() {
	// In the background a read then fails, instead of stopping us and with us what is to go on there.
	signal.Ignore(unix.SIGTTIN)
	s.raw()
	go s.show()
	go s.keys()
}

// foreground reports whether keys are for us: the caller's shell has the terminal while we are in the background.
func (s *screen) foreground() bool {
	group, err := unix.IoctlGetInt(int(s.in.Fd()), unix.TIOCGPGRP)
	return err == nil && group == unix.Getpgrp()
}

// there reports whether the caller's terminal was not hung up, as by its window or its shell.
func (s *screen) there() bool {
	_, err := unix.IoctlGetTermios(int(s.in.Fd()), unix.TCGETS)
	return err == nil
}

// raw lets every key through, unless they are for somebody else.
func (s *screen) raw() {
	if !s.foreground() {
		return
	}
	t := *s.saved
	t.Iflag &^= unix.IGNBRK | unix.BRKINT | unix.PARMRK | unix.ISTRIP | unix.INLCR | unix.IGNCR | unix.ICRNL | unix.IXON
	t.Oflag &^= unix.OPOST
	t.Lflag &^= unix.ECHO | unix.ECHONL | unix.ICANON | unix.ISIG | unix.IEXTEN
	t.Cflag = t.Cflag&^(unix.CSIZE|unix.PARENB) | unix.CS8
	t.Cc[unix.VMIN], t.Cc[unix.VTIME] = 1, 0
	_ = unix.IoctlSetTermios(int(s.in.Fd()), unix.TCSETSW, &t)
	s.resize()
}

// restore gives the caller's terminal back as it was.
func (s *screen) restore() { _ = unix.IoctlSetTermios(int(s.in.Fd()), unix.TCSETSW, s.saved) }

// resize makes the jail's terminal as large as the caller's.
func (s *screen) resize() {
	size, err := unix.IoctlGetWinsize(int(s.out.Fd()), unix.TIOCGWINSZ)
	if err != nil {
		return
	}
	if s.resized != nil {
		s.resized(size)
		return
	}
	if conn, err := s.master.SyscallConn(); err == nil {
		_ = conn.Control(func(fd uintptr) { _ = unix.IoctlSetWinsize(int(fd), unix.TIOCSWINSZ, size) })
	}
}

// show writes what the jail says, as far as the caller's terminal may see it.
func (s *screen) show() {
	defer close(s.drained)
	said, room := make([]byte, 64<<10), make([]byte, 0, 64<<10)
	var seen []byte
	for {
		n, err := s.master.Read(said)
		if seen = said[:n]; s.filter != nil {
			room = s.filter.Filter(room[:0], said[:n])
			seen = room
		}
		if _, writeErr := s.out.Write(seen); err != nil || writeErr != nil {
			return // EIO: nobody has the other side any more
		}
		s.moved.Add(int64(n))
	}
}

// unfocused is how often it is looked whether the keys are ours again.
const unfocused = 200 * time.Millisecond

// keys passes keys on.
func (s *screen) keys() {
	typed := make([]byte, 4096)
	for {
		n, err := s.in.Read(typed)
		keys := typed[:n]
		if s.typed != nil {
			keys = s.typed(keys)
		}
		if _, writeErr := s.master.Write(keys); writeErr != nil {
			return
		}
		switch {
		case errors.Is(err, unix.EIO) && !s.foreground():
			// A shell tells nothing when it takes a job that runs out of the background.
			for !s.foreground() {
				if !s.there() {
					_ = unix.Kill(unix.Getpid(), unix.SIGHUP) // as to a job in the foreground: nobody can ever reach it again
					return
				}
				time.Sleep(unfocused)
			}
			s.raw()
		case err != nil:
			return // the terminal is gone
		}
	}
}

// patient is how long a terminal may take no output before what is left of it is given up.
const patient = 5 * time.Second

// end shows what is left, and puts the caller's terminal right.
//
// Preconditions: nothing of the jail runs any more.
func (s *screen) end() {
	for last := int64(-1); ; {
		select {
		case <-s.drained:
			if s.filter != nil {
				_, _ = s.out.Write(append(s.filter.Flush(nil), s.filter.Reset()...))
			}
			s.restore()
			return
		case <-time.After(patient):
			if now := s.moved.Load(); now != last {
				last = now
				continue
			}
			s.restore()
			return
		}
	}
}
