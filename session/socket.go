package session

import (
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
)

func (f Folder) socket() string { return filepath.Join(string(f), socketName) }

// listen makes the socket. One that is there is of a run that was killed: the folder is claimed.
func (f Folder) listen() (l *net.UnixListener, err error) {
	if err := os.Remove(f.socket()); err != nil && !errors.Is(err, os.ErrNotExist) {
		return nil, err
	}
	err = f.short(func(name string) error {
		l, err = net.ListenUnix("unix", &net.UnixAddr{Name: name, Net: "unix"})
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("cannot make a socket in %q: %w", string(f), err)
	}
	l.SetUnlinkOnClose(false) // by its short name, which is another's then
	return l, nil
}

// dial connects to the run.
func (f Folder) dial() (conn *net.UnixConn, err error) {
	err = f.short(func(name string) error {
		conn, err = net.DialUnix("unix", nil, &net.UnixAddr{Name: name, Net: "unix"})
		return err
	})
	return conn, err
}

// ours reports whether the other end is a process of our user's.
func ours(conn *net.UnixConn) bool {
	raw, err := conn.SyscallConn()
	if err != nil {
		return false
	}
	same := false
	err = raw.Control(func(fd uintptr) {
		uid, err := peer(int(fd))
		same = err == nil && uid == os.Geteuid()
	})
	return err == nil && same
}
