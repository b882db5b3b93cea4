package jail

import "golang.org/x/sys/unix"

// What gets a terminal's settings, and sets them when it has shown all output (ioctl_tty(2)).
const (
	getSettings = unix.TCGETS
	setSettings = unix.TCSETSW
)
