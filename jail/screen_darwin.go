package jail

import "golang.org/x/sys/unix"

// What gets a terminal's settings, and sets them when it has shown all output (tty(4)).
const (
	getSettings = unix.TIOCGETA
	setSettings = unix.TIOCSETAW
)
