package jail

import (
	"errors"
	"os"
	"syscall"
	"time"
)

// Process is a further command in a running jail. It has the walls, the view and the environment of the first.
type Process struct {
	Argv []string `json:"argv"` // argv[0] is looked for in the jail's PATH, unless it has a slash; none: the user's shell
	// Term is the kind of terminal that shows a command with a terminal of its own (term(7)); empty: as the first command's.
	Term   string `json:"term,omitempty"`
	Window Window `json:"window"` // of a command with a terminal of its own; zero: it has none, but three pipes
}

// Window is the size of a terminal in characters.
type Window struct {
	Rows    uint16 `json:"rows"`
	Columns uint16 `json:"columns"`
}

// UsualWindow is the size of a detached command's terminal at first.
var UsualWindow = Window{Rows: 24, Columns: 80}

// Started is a further command, seen from outside.
type Started struct {
	// Files are the other side of the command's terminal, or of its standard input, output and error: the caller's to close. A
	// command with a terminal gets SIGHUP when that is closed everywhere.
	Files []*os.File
	// Ended tells how it ended, once. It is closed without that when the jail ends first.
	Ended  <-chan Result
	signal func(syscall.Signal)
}

// Signal sends a signal to the process group that the command leads.
func (s *Started) Signal(sig syscall.Signal) { s.signal(sig) }

// wait reaps a child.
func wait(pid int) (ws syscall.WaitStatus, err error) {
	for {
		if _, err = syscall.Wait4(pid, &ws, 0, nil); !errors.Is(err, syscall.EINTR) {
			return ws, err
		}
	}
}

// onceAfter starts a clock, unless it runs.
func onceAfter(running <-chan time.Time, d time.Duration) <-chan time.Time {
	if running != nil {
		return running
	}
	return time.After(d)
}
