package jail

import (
	"fmt"
	"os"

	"golang.org/x/sys/unix"
)

// Streams are the standard streams of a jail's command. They stay open for the caller.
type Streams struct {
	In, Out, Err *os.File
}

// Standard are the caller's own.
func Standard() Streams { return Streams{os.Stdin, os.Stdout, os.Stderr} }

// check refuses a directory as a standard stream: from its descriptor the command could walk over the host's files.
func (s Streams) check() error {
	for _, stream := range []struct {
		name string
		file *os.File
	}{{"input", s.In}, {"output", s.Out}, {"error", s.Err}} {
		var st unix.Stat_t
		// EBADF: closed, which leads nowhere.
		if err := unix.Fstat(int(stream.file.Fd()), &st); err == nil && st.Mode&unix.S_IFMT == unix.S_IFDIR {
			return fmt.Errorf("standard %s is a directory, which would lead out of the jail", stream.name)
		}
	}
	return nil
}

// Pollable makes a file anew, so that the runtime waits for it without a thread, and a deadline can end the waiting. The old one is
// closed in each case.
func Pollable(f *os.File) (*os.File, error) {
	defer f.Close()
	fd, err := unix.FcntlInt(f.Fd(), unix.F_DUPFD_CLOEXEC, 3)
	if err != nil {
		return nil, os.NewSyscallError("fcntl", err)
	}
	if err := unix.SetNonblock(fd, true); err != nil {
		unix.Close(fd)
		return nil, os.NewSyscallError("fcntl", err)
	}
	return os.NewFile(uintptr(fd), f.Name()), nil
}
