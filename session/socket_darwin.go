package session

import (
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"

	"golang.org/x/sys/unix"
)

func (f Folder) socket() string { return filepath.Join(string(f), socketName) }

// listen makes the socket. One that is there is of a run that was killed: the folder is claimed.
func (f Folder) listen() (*net.UnixListener, error) {
	if err := os.Remove(f.socket()); err != nil && !errors.Is(err, os.ErrNotExist) {
		return nil, err
	}
	l, err := net.ListenUnix("unix", &net.UnixAddr{Name: f.socket(), Net: "unix"})
	if err != nil {
		return nil, fmt.Errorf("cannot make a socket in %q: %w", string(f), err)
	}
	l.SetUnlinkOnClose(false)
	return l, nil
}

// dial connects to the run.
func (f Folder) dial() (*net.UnixConn, error) {
	return net.DialUnix("unix", nil, &net.UnixAddr{Name: f.socket(), Net: "unix"})
}

// ours reports whether the other end is a process of our user's.
func ours(conn *net.UnixConn) bool {
	raw, err := conn.SyscallConn()
	if err != nil {
		return false
	}
	same := false
	err = raw.Control(func(fd uintptr) {
		peer, err := unix.GetsockoptXucred(int(fd), unix.SOL_LOCAL, unix.LOCAL_PEERCRED)
		same = err == nil && int(peer.Uid) == os.Geteuid()
	})
	return err == nil && same
}
