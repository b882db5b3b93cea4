package main

import (
	"os"
	"os/signal"
	"sync"
	"time"

	"golang.org/x/sys/unix"

	"jail/dashboard"
	"jail/jail"
)

// fullScreen is the terminal while jail top has it. It can be given back, and taken again, any number of times.
type fullScreen struct {
	palette palette
	typed   chan []byte // closed when the terminal is gone

	mutex   sync.Mutex
	saved   *unix.Termios // nil: it is not taken
	size    unix.Winsize  // of what is shown
	shown   []dashboard.Line
	reading *keyReader
}

const (
	// takeScreen shows the alternate screen, empty, without a cursor, and cuts lines off that are too long.
	takeScreen = "\x1b[?1049h\x1b[?25l\x1b[?7l\x1b[m\x1b[2J"
	giveScreen = "\x1b[m\x1b[?7h\x1b[?25h\x1b[?1049l"
)

// waitForForeground returns when the terminal is ours. It asks, instead of being stopped by setting it: what stops again as soon as it
// is continued may never come to end by SIGTERM, which timeout(1) sends.
func waitForForeground() error {
	for {
		ours, err := jail.Foreground(int(os.Stdin.Fd()))
		if err != nil || ours {
			return err
		}
		time.Sleep(100 * time.Millisecond)
	}
}

// take begins to show and to read keys.
func (s *fullScreen) take() error {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	if s.saved != nil {
		return nil
	}
	saved, err := unix.IoctlGetTermios(int(os.Stdin.Fd()), getTermios)
	if err != nil {
		return err
	}
	raw := *saved
	raw.Iflag &^= unix.BRKINT | unix.ICRNL | unix.INLCR | unix.IGNCR | unix.ISTRIP | unix.IXON
	raw.Lflag &^= unix.ECHO | unix.ECHONL | unix.ICANON | unix.ISIG | unix.IEXTEN
	raw.Cc[unix.VMIN], raw.Cc[unix.VTIME] = 1, 0
	if err := unix.IoctlSetTermios(int(os.Stdin.Fd()), setTermios, &raw); err != nil {
		return err
	}
	s.saved, s.shown = saved, nil
	_, _ = os.Stdout.WriteString(takeScreen)
	s.reading, err = readKeys(s.typed)
	return err
}

// give gives the terminal back as it was.
func (s *fullScreen) give() {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	if s.saved == nil {
		return
	}
	if s.reading != nil {
		s.reading.stop()
		s.reading = nil
	}
	_, _ = os.Stdout.WriteString(giveScreen)
	_ = unix.IoctlSetTermios(int(os.Stdin.Fd()), setTermios, s.saved)
	s.saved = nil
}

// guard runs something that, if it panics, does so on a terminal on which that can be read.
func (s *fullScreen) guard(do func()) {
	done := false
	defer func() {
		if !done {
			s.give()
		}
	}()
	do()
	done = true
}

// show draws a board.
func (s *fullScreen) show(b *dashboard.Board) {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	size, err := unix.IoctlGetWinsize(int(os.Stdout.Fd()), unix.TIOCGWINSZ)
	if err != nil || s.saved == nil {
		return
	}
	if size.Row == 0 || size.Col == 0 { // as on a serial line, where nobody has said
		size.Row, size.Col = 24, 80
	}
	var out []byte
	if *size != s.size || s.shown == nil {
		out, s.shown, s.size = append(out, "\x1b[m\x1b[2J"...), nil, *size
	}
	lines := b.Draw(int(size.Row), int(size.Col), time.Now())
	if out = dashboard.Paint(out, s.shown, lines, s.paint); len(out) > 0 {
		_, _ = os.Stdout.Write(out)
	}
	s.shown = lines
}

// spoilt draws everything anew next time.
func (s *fullScreen) spoilt() {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	s.shown = nil
}

func (s *fullScreen) paint(style dashboard.Style, text string) string {
	return s.palette.in(map[dashboard.Style]colour{
		dashboard.Heading: bold, dashboard.Selected: reverse, dashboard.Question: bold,
		dashboard.Alert: yellow, dashboard.Busy: green, dashboard.Bad: red,
	}[style], text)
}

// suspend stops this process as Ctrl-Z does, and for pid 0 what was started with it, until the shell lets them go on.
func suspend(pid int) {
	continued := make(chan os.Signal, 1)
	signal.Notify(continued, unix.SIGCONT)
	defer signal.Stop(continued)
	jail.Suspend(pid, continued)
}

// suspend does so to all, with the terminal as it was.
func (s *fullScreen) suspend() error {
	s.give()
	suspend(0)
	return s.take()
}
