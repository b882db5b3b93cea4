package jail

import (
	"errors"
	"fmt"
	"os"
	"os/signal"
	"sync"
	"sync/atomic"
	"time"

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

// leaveRow cuts a size to the rows that a bar leaves.
func leaveRow(size *unix.Winsize, rows int) {
	if size.Row > 0 {
		size.Ypixel = uint16(int(size.Ypixel) * rows / int(size.Row))
	}
	size.Row = uint16(rows)
}

// screen relays the jail's terminal to the caller's. Keys go to the jail as they are: what they mean its own terminal decides.
type screen struct {
	master  *os.File
	in, out *os.File
	saved   *unix.Termios            // of the caller's terminal
	larger  func(*unix.Winsize)      // is told the size; nil: the master is resized
	typed   func(keys []byte) []byte // what of them is for the jail; nil: all
	moved   atomic.Int64             // bytes that were written to it
	drained chan struct{}
	notice  *Notice
	redraw  byte // the key for it

	writing sync.Mutex // to out, and of what follows
	filter  *terminal.Filter
	output  Output // raw: all is shown, and the filter only hears it
	ended   bool
	size    unix.Winsize // of the caller's terminal when it was last looked at
	resized bool         // since the command was last sent the key
	calm    *time.Timer
}

// newScreen relays nothing before start.
func newScreen(v View) (*screen, error) {
	master := v.Far
	in, out := v.Streams.terminal()
	s := &screen{in: in, out: out, drained: make(chan struct{}), output: v.Output, redraw: v.Screen.Redraw}
	policy, filtered := v.Output.Policy()
	if s.filter = terminal.New(policy); filtered {
		s.filter.SetBar(v.Screen.Bar)
	}
	s.calm = time.AfterFunc(time.Hour, s.quiet)
	s.calm.Stop()
	var err error
	if s.notice, err = NewNotice(v.Screen, s.say, v.Waits); err != nil {
		return nil, err
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
	s.saved, err = unix.IoctlGetTermios(int(s.in.Fd()), unix.TCGETS)
	return s, err
}

// start begins to relay, after what there is to say before.
func (s *screen) start() {
	// In the background a read then fails, instead of stopping us and with us what is to go on there.
	signal.Ignore(unix.SIGTTIN)
	if s.output == OutputAsk {
		_ = s.asksToCopy() // the keys are fixed, and read by a test
	}
	s.raw()
	s.resize()
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
}

// again takes the terminal back that somebody else has had.
func (s *screen) again() {
	s.raw()
	go s.resize()
}

// stuck is how long the caller's terminal may take no output before it is given back with the bar in it.
const stuck = 200 * time.Millisecond

// restore gives the caller's terminal back as it was.
func (s *screen) restore() {
	for end := time.Now().Add(stuck); ; time.Sleep(time.Millisecond) {
		if s.writing.TryLock() {
			s.write(s.filter.Release())
			s.writing.Unlock()
			break
		}
		if time.Now().After(end) {
			break
		}
	}
	_ = unix.IoctlSetTermios(int(s.in.Fd()), unix.TCSETSW, s.saved)
}

// write writes to the caller's terminal what is not of the command. The caller holds s.writing.
func (s *screen) write(data []byte) {
	if len(data) > 0 {
		_, _ = s.out.Write(data)
	}
}

// say writes what is to be told, unless the command is in the middle of a sequence, as it can be where nothing is filtered.
func (s *screen) say(data []byte) {
	s.writing.Lock()
	defer s.writing.Unlock()
	if !s.ended && (s.output != OutputRaw || s.filter.Between()) {
		s.write(data)
	}
}

// resize makes the jail's terminal as large as the caller's, or one row less. It waits while that takes no output.
func (s *screen) resize() {
	size := s.fit()
	switch {
	case size == nil:
	case s.larger != nil:
		s.larger(size)
	default:
		if conn, err := s.master.SyscallConn(); err == nil {
			_ = conn.Control(func(fd uintptr) { _ = unix.IoctlSetWinsize(int(fd), unix.TIOCSWINSZ, size) })
		}
	}
}

// fit makes place for the bar, and returns the size that is left; nil where the caller's terminal is not ours.
func (s *screen) fit() *unix.Winsize {
	s.writing.Lock()
	defer s.writing.Unlock()
	size, err := unix.IoctlGetWinsize(int(s.out.Fd()), unix.TIOCGWINSZ)
	if err != nil || s.ended || !s.foreground() {
		return nil
	}
	changed := s.size != *size && s.size != unix.Winsize{}
	s.size = *size
	drawn, rows := s.filter.Fit(int(size.Row), int(size.Col))
	s.write(drawn)
	leaveRow(size, rows)
	if s.redraw != 0 && changed {
		s.resized = true
		s.calm.Reset(calm)
	}
	return size
}

// show writes what the jail says, as far as the caller's terminal may see it.
func (s *screen) show() {
	defer close(s.drained)
	said, room := make([]byte, 64<<10), make([]byte, 0, 64<<10)
	for {
		n, err := s.master.Read(said)
		s.writing.Lock()
		room = s.filter.Filter(room[:0], said[:n])
		seen, events, replies := room, s.filter.Events(), s.filter.Replies()
		if s.output == OutputRaw {
			seen = said[:n]
		}
		_, writeErr := s.out.Write(seen)
		if s.resized || s.filter.BarDue() {
			s.calm.Reset(calm)
		}
		s.writing.Unlock()
		if err != nil || writeErr != nil {
			return // EIO: nobody has the other side any more
		}
		s.moved.Add(int64(n))
		s.tellCopy(events)
		s.notice.Wrote(events)
		if len(replies) > 0 {
			go s.master.Write(replies) // the command may read only when it could write
		}
	}
}

// calm is how long nothing may be written for the command to be called quiet.
const calm = 75 * time.Millisecond

// quiet is called when the command has been quiet for a moment.
func (s *screen) quiet() {
	s.writing.Lock()
	if !s.ended && s.foreground() {
		s.write(s.filter.Redraw())
	}
	asks := s.resized && !s.ended && !s.filter.Alternate()
	s.resized = false
	s.writing.Unlock()
	if asks {
		_, _ = s.master.Write([]byte{s.redraw})
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
		if n > 0 {
			s.notice.Typed(typed[:n])
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
			s.again()
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
			s.notice.Stop()
			s.writing.Lock()
			s.calm.Stop()
			s.ended = true
			if s.output != OutputRaw {
				s.write(append(s.filter.Flush(nil), s.filter.Reset()...))
			}
			s.writing.Unlock()
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
