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

// short runs a function with a name of the socket that fits into an address, however long the folder's is (unix(7): 108 bytes).
func (f Folder) short(use func(name string) error) error {
	dir, err := unix.Open(string(f), unix.O_PATH|unix.O_DIRECTORY|unix.O_NOFOLLOW|unix.O_CLOEXEC, 0)
	if err != nil {
		return &os.PathError{Op: "open", Path: string(f), Err: err}
	}
	defer unix.Close(dir)
	return use(fmt.Sprintf("/proc/self/fd/%d/%s", dir, socketName))
}

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
		peer, err := unix.GetsockoptUcred(int(fd), unix.SOL_SOCKET, unix.SO_PEERCRED)
		same = err == nil && int(peer.Uid) == os.Geteuid()
	})
	return err == nil && same
}
