package git

import (
	"fmt"
	"os"

	"golang.org/x/sys/unix"
)

// openBeneath opens a regular file below dir for reading and follows no symlink (openat2(2), Linux 5.6). Errors:
// errSymlink, errNotRegular.
func openBeneath(dir *os.File, path string) (*os.File, error) {
	const beneath = unix.RESOLVE_BENEATH | unix.RESOLVE_NO_SYMLINKS | unix.RESOLVE_NO_MAGICLINKS
	// First without opening: an open can have effects on a device or a FIFO, even with O_NONBLOCK.
	look, err := unix.Openat2(int(dir.Fd()), path, &unix.OpenHow{
		Flags: unix.O_PATH | unix.O_NOFOLLOW | unix.O_CLOEXEC, Resolve: beneath,
	})
	if err != nil {
		return nil, &os.PathError{Op: "open", Path: path, Err: err}
	}
	defer unix.Close(look)
	if err := regular(look); err != nil {
		return nil, err
	}
	fd, err := unix.Openat2(int(dir.Fd()), path, &unix.OpenHow{
		Flags: unix.O_RDONLY | unix.O_NOFOLLOW | unix.O_NONBLOCK | unix.O_NOCTTY | unix.O_CLOEXEC, Resolve: beneath,
	})
	if err != nil {
		return nil, &os.PathError{Op: "open", Path: path, Err: err}
	}
	// Again: a process of the jail may have put something else there.
	if err := regular(fd); err != nil {
		unix.Close(fd)
		return nil, err
	}
	return os.NewFile(uintptr(fd), path), nil
}

// regular returns nil for the descriptor of a regular file.
func regular(fd int) error {
	var st unix.Stat_t
	if err := unix.Fstat(fd, &st); err != nil {
		return err
	}
	if st.Mode&unix.S_IFMT == unix.S_IFLNK {
		target := make([]byte, unix.PathMax)
		n, err := unix.Readlinkat(fd, "", target) // the link itself, Linux 2.6.39
		if err != nil {
			return err
		}
		return errSymlink{string(target[:n])}
	}
	return notRegular(uint32(st.Mode))
}

// giveAll gives the owner of a directory every right to it. By its descriptor: fchmodat(2) would follow a link.
func giveAll(parent int, name string) error {
	fd, err := unix.Openat(parent, name, unix.O_PATH|unix.O_DIRECTORY|unix.O_NOFOLLOW|unix.O_CLOEXEC, 0)
	if err != nil {
		return err
	}
	defer unix.Close(fd)
	return unix.Chmod(fmt.Sprintf("/proc/self/fd/%d", fd), 0o700)
}
