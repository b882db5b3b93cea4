package session

import (
	"fmt"
	"os"

	"golang.org/x/sys/unix"
)

// short runs a function with a name of the socket that fits into an address, however long the folder's is (unix(7): 108 bytes).
func (f Folder) short(use func(name string) error) error {
	dir, err := unix.Open(string(f), unix.O_PATH|unix.O_DIRECTORY|unix.O_NOFOLLOW|unix.O_CLOEXEC, 0)
	if err != nil {
		return &os.PathError{Op: "open", Path: string(f), Err: err}
	}
	defer unix.Close(dir)
	return use(fmt.Sprintf("/proc/self/fd/%d/%s", dir, socketName))
}

// peer is the user at the other end of a socket (SO_PEERCRED of unix(7)).
func peer(fd int) (uid int, err error) {
	c, err := unix.GetsockoptUcred(fd, unix.SOL_SOCKET, unix.SO_PEERCRED)
	if err != nil {
		return -1, err
	}
	return int(c.Uid), nil
}
