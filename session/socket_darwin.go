package session

import "golang.org/x/sys/unix"

// short runs a function with the name of the socket. The kernel refuses one of more than 104 bytes (unix(4)).
func (f Folder) short(use func(name string) error) error { return use(f.socket()) }

// peer is the user at the other end of a socket (LOCAL_PEERCRED of unix(4)).
func peer(fd int) (uid int, err error) {
	c, err := unix.GetsockoptXucred(fd, unix.SOL_LOCAL, unix.LOCAL_PEERCRED)
	if err != nil {
		return -1, err
	}
	return int(c.Uid), nil
}
