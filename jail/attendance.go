package jail

import (
	"os"

	"jail/terminal"
)

// Attendance is what the caller of Run does while the jail runs. What is nil is not done.
type Attendance struct {
	// Serve serves a filtered network, which is started for nobody else. The command starts when it returns without error; the
	// doors are the caller's to close.
	Serve func(Doors) error
	// Ready is told when the walls stand, before the command can have written much. It must not block. From then on Start,
	// Signal and Kill of the Prepared may be called.
	Ready func(Walls)
	// Show gets the other side of the terminal of a detached command, after Ready and before the command starts. It is the
	// caller's to read, to write and to close. It must not block.
	Show func(master *os.File)
	// Remain is told how many further commands still run when the command has ended. Run returns when they have ended too, for
	// which SIGINT, SIGQUIT, SIGTERM and SIGHUP give them the grace period.
	Remain func(others int)
	// Waits is that of View, for the caller's terminal.
	Waits func(terminal.Status)
}
