//go:build linux || darwin

package jail

import (
	"errors"
	"io"
	"os"
	"os/signal"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/sys/unix"

	"jail/terminal"
)

// terminal returns where the caller types, and where he looks: his terminal may be only some of the streams.
func (s Streams) terminal() (in, out *os.File) {
	in, out = s.In, s.Out
	isTerminal := func(f *os.File) bool {
		_, err := unix.IoctlGetTermios(int(f.Fd()), getSettings)
		return err == nil
	}
	for _, f := range []*os.File{s.Err, s.In} {
		if !isTerminal(out) {
			out = f
		}
	}
	if !isTerminal(in) {
		in = out
		if tty, err := os.OpenFile("/dev/tty", os.O_RDWR|unix.O_NOCTTY, 0); err == nil {
			in = tty
		}
	}
	return in, out
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
	in, out shared
	saved   *unix.Termios            // of the caller's terminal
	larger  func(*unix.Winsize)      // is told the size; nil: the master is resized
	typed   func(keys []byte) []byte // what of them is for the jail; nil: all
	leaves  bool                     // keys may end the view
	deaf    bool                     // the jail did not take the last of them; of keys alone
	moved   atomic.Int64             // bytes that were written to it
	last    int                      // bytes that were read when the jail had ended
	drained chan struct{}
	notice  *Notice
	replies Replies
	redraw  byte // the key for it

	writing sync.Mutex // to out, and of what follows
	filter  *terminal.Filter
	output  Output // raw: all is shown, and the filter only hears it
	ended   bool
	size    unix.Winsize // of the caller's terminal when it was last looked at
	resized bool         // since the command was last sent the key
	calm    *time.Timer
	due     time.Time // since when the bar waits to be drawn; zero: it does not
}

// newScreen relays nothing before start. It takes over Far, and closes it where it fails.
func newScreen(v View) (*screen, error) {
	master, err := Pollable(v.Far)
	if err != nil {
		return nil, err
	}
	in, out := v.Streams.terminal()
	s := &screen{master: master, in: shared{in}, out: shared{out}, drained: make(chan struct{}), output: v.Output, redraw: v.Screen.Redraw}
	policy, filtered := v.Output.Policy()
	if s.filter = terminal.New(policy); filtered {
		s.filter.SetBar(v.Screen.Bar)
	}
	s.calm = time.AfterFunc(time.Hour, s.quiet)
	s.calm.Stop()
	if s.notice, err = NewNotice(v.Screen, s.say, v.Waits); err == nil {
		s.saved, err = unix.IoctlGetTermios(int(s.in.Fd()), getSettings)
	}
	if err != nil {
		master.Close()
		return nil, err
	}
	return s, nil
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

// Foreground reports whether the keys of our terminal are for us: the caller's shell has it while we are in the background. Only a
// controlling terminal tells (tty_ioctl(4), tty(4)).
func Foreground(fd int) (bool, error) {
	group, err := unix.IoctlGetInt(fd, unix.TIOCGPGRP)
	return err == nil && group == unix.Getpgrp(), err
}

func (s *screen) foreground() bool {
	ours, _ := Foreground(int(s.in.Fd()))
	return ours
}

// there reports whether the caller's terminal was not hung up, as by its window or its shell.
func (s *screen) there() bool {
	_, err := unix.IoctlGetTermios(int(s.in.Fd()), getSettings)
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
	_ = unix.IoctlSetTermios(int(s.in.Fd()), setSettings, &t)
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
	// In the background it was given back already, or never taken, and the attempt would stop us for good.
	if s.foreground() {
		_ = unix.IoctlSetTermios(int(s.in.Fd()), setSettings, s.saved)
	}
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
		n, err := s.read(said)
		s.writing.Lock()
		room = s.filter.Filter(room[:0], said[:n])
		seen, events, replies := room, s.filter.Events(), s.filter.Replies()
		if s.output == OutputRaw {
			seen = said[:n]
		}
		_, writeErr := s.out.Write(seen)
		s.await()
		s.writing.Unlock()
		if err != nil || writeErr != nil {
			return // EIO: nobody has the other side any more
		}
		s.moved.Add(int64(n))
		s.tellCopy(events)
		s.notice.Wrote(events)
		s.replies.Say(s.master, replies)
	}
}

// lastWords is how much of what the command wrote may still be on its way when the jail has ended, in bytes: more than the kernel
// holds (64 KiB, TTYB_DEFAULT_MEM_LIMIT in drivers/tty/tty_buffer.c).
const lastWords = 256 << 10

// read reads what the jail says. When its time is over it takes what is there, and waits for nothing.
func (s *screen) read(said []byte) (n int, err error) {
	if n, err = s.master.Read(said); !errors.Is(err, os.ErrDeadlineExceeded) || s.last >= lastWords {
		return n, err
	}
	conn, connErr := s.master.SyscallConn()
	if connErr != nil {
		return 0, connErr
	}
	if controlErr := conn.Control(func(fd uintptr) { n, err = unix.Read(int(fd), said) }); controlErr != nil {
		return 0, controlErr
	}
	if n <= 0 {
		return 0, errors.Join(err, io.EOF) // EAGAIN: that was all
	}
	s.last += n
	return n, nil
}

// calm is how long nothing may be written for the command to be called quiet.
const calm = 75 * time.Millisecond

// longestDue is how long the bar waits for a command that is never quiet, or keeps the cursor saved.
const longestDue = time.Second

// await has quiet called when it is time. The caller holds s.writing.
func (s *screen) await() {
	switch {
	case !s.filter.BarDue():
		s.due = time.Time{}
	case s.due.IsZero():
		s.due = time.Now()
	}
	switch {
	case !s.due.IsZero():
		s.calm.Reset(max(0, min(calm, time.Until(s.due.Add(longestDue)))))
	case s.resized:
		s.calm.Reset(calm)
	}
}

// quiet is called when the command has been quiet for a moment, or the bar has waited for that too long.
func (s *screen) quiet() {
	s.writing.Lock()
	if !s.ended && s.foreground() {
		if overdue := !s.due.IsZero() && time.Since(s.due) >= longestDue; overdue {
			s.write(s.filter.Insist())
			s.due = time.Time{}
		} else {
			s.write(s.filter.Redraw())
		}
		if s.filter.BarSpoilt() {
			s.await()
		}
	}
	asks := s.resized && !s.ended && !s.filter.Alternate()
	s.resized = false
	s.writing.Unlock()
	if asks {
		_, _ = s.master.Write([]byte{s.redraw})
	}
}

// patient is how long a terminal may take no output before what is left of it is given up.
const patient = 5 * time.Second

// underWay is how long what was written to a terminal may take to its other side.
const underWay = 100 * time.Millisecond

// end shows what is left, and puts the caller's terminal right. Somebody else can have the other side still, who got it from the
// jail by a socket: he is not waited for.
//
// Preconditions: nothing of the jail runs any more.
func (s *screen) end() {
	_ = s.master.SetReadDeadline(time.Now().Add(underWay))
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
