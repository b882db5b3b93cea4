//go:build linux || darwin

package plan

import (
	"os"

	"golang.org/x/sys/unix"

	"jail/jail"
)

// isTerminal asks the kernel for the terminal's settings, which nothing else has.
func isTerminal(fd int) bool {
	_, err := unix.IoctlGetTermios(fd, getSettings)
	return err == nil
}

// background reports whether another process group has the foreground of our terminal.
func background() bool {
	for fd := range 3 {
		if ours, err := jail.Foreground(fd); err == nil {
			return !ours
		}
	}
	return false
}

// lstat looks at one path by the plain system call: os.Lstat costs twice as much, and a plan asks hundreds of times.
func lstat(path string) File {
	var st unix.Stat_t
	if unix.Lstat(path, &st) != nil {
		return File{}
	}
	at := File{Type: Other, Owner: int(st.Uid), Mode: uint32(st.Mode) & 0o7777, Device: uint64(st.Dev), Inode: st.Ino}
	switch st.Mode & unix.S_IFMT {
	case unix.S_IFREG:
		// The kernel is asked, as access lists and mount flags count too.
		at.Type = Regular
		at.Executable = st.Mode&0o111 != 0 && unix.Faccessat(unix.AT_FDCWD, path, unix.X_OK, unix.AT_EACCESS) == nil
	case unix.S_IFDIR:
		at.Type = Directory
	case unix.S_IFLNK:
		text, err := os.Readlink(path)
		if err != nil {
			return File{}
		}
		at.Type, at.Text = Link, text
	case unix.S_IFCHR, unix.S_IFBLK:
		at.Type = Device
	case unix.S_IFSOCK:
		at.Type = Socket
	}
	return at
}
