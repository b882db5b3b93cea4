package git

import (
	"os"
	"strings"

	"golang.org/x/sys/unix"
)

// openBeneath opens a regular file below dir for reading and follows no symlink: one path element at a time. Errors:
// errSymlink, errNotRegular.
func openBeneath(dir *os.File, path string) (*os.File, error) {
	fail := func(err error) (*os.File, error) { return nil, &os.PathError{Op: "open", Path: path, Err: err} }
	at, err := unix.Dup(int(dir.Fd()))
	if err != nil {
		return fail(err)
	}
	defer func() { unix.Close(at) }()
	elements := strings.Split(path, "/")
	for _, name := range elements[:len(elements)-1] {
		if name == "" || name == "." || name == ".." {
			return fail(unix.EINVAL)
		}
		next, err := unix.Openat(at, name, unix.O_RDONLY|unix.O_DIRECTORY|unix.O_NOFOLLOW|unix.O_CLOEXEC, 0)
		if err != nil {
			return fail(err)
		}
		unix.Close(at)
		at = next
	}
	name := elements[len(elements)-1]
	if err := regularAt(at, name); err != nil {
		return nil, err
	}
	fd, err := unix.Openat(at, name, unix.O_RDONLY|unix.O_NOFOLLOW|unix.O_NONBLOCK|unix.O_NOCTTY|unix.O_CLOEXEC, 0)
	if err != nil {
		return fail(err)
	}
	// Again: a process of the jail may have put something else there.
	var st unix.Stat_t
	if err := unix.Fstat(fd, &st); err != nil {
		unix.Close(fd)
		return fail(err)
	}
	if err := notRegular(uint32(st.Mode)); err != nil {
		unix.Close(fd)
		return nil, err
	}
	return os.NewFile(uintptr(fd), path), nil
}

// regularAt returns nil for the name of a regular file.
func regularAt(dir int, name string) error {
	var st unix.Stat_t
	if err := unix.Fstatat(dir, name, &st, unix.AT_SYMLINK_NOFOLLOW); err != nil {
		return err
	}
	if uint32(st.Mode)&unix.S_IFMT == unix.S_IFLNK {
		target := make([]byte, unix.PathMax)
		n, err := unix.Readlinkat(dir, name, target)
		if err != nil {
			return err
		}
		return errSymlink{string(target[:n])}
	}
	return notRegular(uint32(st.Mode))
}

// giveAll gives the owner of a directory every right to it, and follows no link.
func giveAll(parent int, name string) error {
	return unix.Fchmodat(parent, name, 0o700, unix.AT_SYMLINK_NOFOLLOW)
}
