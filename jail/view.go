package jail

import (
	"errors"
	"os"
	"syscall"

	"jail/terminal"
)

// View shows in the caller's terminal what a jail's terminal says that another process looks after.
type View struct {
	Streams Streams
	Far     *os.File // says what is shown, and takes what is typed
	Output  Output
	Screen  Screen
	// Waits, where Screen asks for NotifyCommand, is called when the command begins to wait for somebody to type, and not more
	// often than every few seconds. It may block.
	Waits func(terminal.Status)
	// Resized is told the size of the caller's terminal, at first and whenever it changes. nil: Far is a terminal, and is made
	// as large.
	Resized func(Window)
	// Typed returns what of the keys typed is for the jail, and whether they end the view. nil: all of them are.
	Typed func(keys []byte) (pass []byte, leave bool)
	// Signalled is told of SIGINT, SIGQUIT and SIGTERM. nil: they end the view, as SIGHUP does in each case.
	Signalled func(syscall.Signal)
	// Over is closed when what is shown has ended, although somebody else may have its terminal still. nil: Far tells.
	Over <-chan struct{}
}

// ErrLeft means that a view ended before what it shows did: by its keys, a signal, or for want of its terminal.
var ErrLeft = errors.New("left")
