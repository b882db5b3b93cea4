//go:build linux || darwin

package jail

import (
	"errors"
	"os"
	"time"

	"golang.org/x/sys/unix"
)

// shared is a stream of the caller's that other programs have open too, and that any of them can make non-blocking at any time:
// O_NONBLOCK is of the open file, and not of a process (fcntl(2)). Node does so, and some programs leave it so when they end.
type shared struct{ *os.File }

func (s shared) Read(data []byte) (int, error) {
	for {
		n, err := s.File.Read(data)
		if !errors.Is(err, unix.EAGAIN) {
			return n, err
		}
		s.await(unix.POLLIN)
	}
}

func (s shared) Write(data []byte) (written int, err error) {
	for {
		n, err := s.File.Write(data[written:])
		written += n
		if !errors.Is(err, unix.EAGAIN) {
			return written, err
		}
		s.await(unix.POLLOUT)
	}
}

// unpolled is how long it is waited where a terminal cannot be polled: macOS, which refuses some devices (poll(2), BUGS).
const unpolled = 10 * time.Millisecond

func (s shared) await(event int16) {
	fds := []unix.PollFd{{Fd: int32(s.Fd()), Events: event}}
	if n, err := unix.Poll(fds, -1); n > 0 && fds[0].Revents&unix.POLLNVAL != 0 || err != nil && err != unix.EINTR {
		time.Sleep(unpolled)
	}
}
