//go:build linux || darwin

package jail

import (
	"errors"
	"os"
	"time"

	"golang.org/x/sys/unix"
)

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
		if writeErr := s.pass(keys); writeErr != nil {
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

// How long a command may take no keys where some of them end the view: at first, and as long as it takes none. A command that
// reads nothing, and asks the terminal for answers without end, would keep the user from leaving.
const (
	unread      = time.Second
	stillUnread = time.Millisecond
)

// pass gives the jail keys. Where some of them end the view, what it does not take is dropped, as Linux drops what is typed to nobody.
func (s *screen) pass(keys []byte) error {
	if !s.leaves {
		_, err := s.master.Write(keys)
		return err
	}
	patience := unread
	if s.deaf {
		patience = stillUnread
	}
	_ = s.master.SetWriteDeadline(time.Now().Add(patience))
	_, err := s.master.Write(keys)
	_ = s.master.SetWriteDeadline(time.Time{}) // answers of the terminal come later
	if s.deaf = errors.Is(err, os.ErrDeadlineExceeded); s.deaf {
		return nil
	}
	return err
}
