package plan

import (
	"os"
	"path/filepath"
	"strconv"

	"golang.org/x/sys/unix"
)

const (
	system   = MacOS
	nonblock = unix.O_NONBLOCK
)

// isTerminal asks the kernel for the terminal's settings, which nothing else has.
func isTerminal(fd int) bool {
	_, err := unix.IoctlGetTermios(fd, unix.TIOCGETA)
	return err == nil
}

// background reports whether another process group has the foreground of our terminal (tty(4)).
func background() bool {
	for fd := range 3 {
		if foreground, err := unix.IoctlGetInt(fd, unix.TIOCGPGRP); err == nil {
			return foreground != unix.Getpgrp()
		}
	}
	return false
}

// memory is the machine's RAM in bytes.
func memory() int64 {
	size, err := unix.SysctlUint64("hw.memsize")
	if err != nil {
		return 0
	}
	return int64(size)
}

// counts are not asked for: limits of them do not exist here.
func counts() (openFiles, processes int, perNamespace bool) { return 0, 0, false }

// scratch is a name in the user's own temporary folder, which nobody else can change, and none where TMPDIR says something
// else (confstr(3), _CS_DARWIN_USER_TEMP_DIR).
func scratch() string {
	dir, err := filepath.EvalSymlinks(os.Getenv("TMPDIR"))
	var st unix.Stat_t
	if err != nil || !filepath.IsAbs(dir) || unix.Lstat(dir, &st) != nil {
		return ""
	}
	if st.Mode&unix.S_IFMT != unix.S_IFDIR || int(st.Uid) != os.Geteuid() || st.Mode&0o022 != 0 {
		return ""
	}
	return filepath.Join(dir, "jail-run-"+strconv.Itoa(os.Getpid()))
}

// lstat looks at one path.
func lstat(path string) File {
	var st unix.Stat_t
	if unix.Lstat(path, &st) != nil {
		return File{}
	}
	at := File{Type: Other, Owner: int(st.Uid), Mode: uint32(st.Mode) & 0o7777}
	switch st.Mode & unix.S_IFMT {
	case unix.S_IFREG:
		// The kernel is asked, as access lists count too.
		at.Type = Regular
		at.Executable = st.Mode&0o111 != 0 && unix.Access(path, unix.X_OK) == nil
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

// ProbeLayers refuses: there are no overlays here.
func ProbeLayers(string) string { return "only Linux has overlays" }
