package main

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"golang.org/x/sys/unix"
)

// open opens a file and, for reading, takes a byte of it: some files of /proc refuse only then.
func open(path string, flags int) error {
	fd, err := unix.Open(path, flags|unix.O_NONBLOCK|unix.O_NOCTTY|unix.O_CLOEXEC, 0)
	if err != nil {
		return err
	}
	defer unix.Close(fd)
	if flags == unix.O_RDONLY {
		var n int
		if n, err = unix.Read(fd, make([]byte, 1)); n == 0 && err == nil {
			return errors.New("EMPTY")
		}
	}
	return err
}

// create makes a file that must not exist, and takes it away again.
func create(path string) error {
	fd, err := unix.Open(path, unix.O_WRONLY|unix.O_CREAT|unix.O_EXCL|unix.O_CLOEXEC, 0o600)
	if err != nil {
		return err
	}
	unix.Close(fd)
	return unix.Unlink(path)
}

// rename moves a file, and moves it back.
func rename(from, to string) error {
	if err := os.Rename(from, to); err != nil {
		return err
	}
	return os.Rename(to, from)
}

// link gives a file a second name, and takes it away again.
func link(from, to string) error {
	if err := os.Link(from, to); err != nil {
		return err
	}
	return os.Remove(to)
}

// node makes a character device, and takes it away again. Device 0:0 is a whiteout, which needs no capability.
func node(path string, major, minor uintptr) error {
	if err := unix.Mknod(path, unix.S_IFCHR|0o600, int(unix.Mkdev(uint32(major), uint32(minor)))); err != nil {
		return err
	}
	return unix.Unlink(path)
}

// text is a file's first bytes, on one line.
func text(path string) (string, error) {
	f, err := os.Open(path)
	if err != nil {
		return "", err
	}
	defer f.Close()
	data, err := io.ReadAll(io.LimitReader(f, 200))
	return strings.Join(strings.Fields(string(data)), " "), err
}

// list names what is in a folder.
func list(dir string) (string, error) {
	entries, err := os.ReadDir(dir)
	var names []string
	for _, entry := range entries {
		names = append(names, entry.Name())
	}
	return orNone(names), err
}

// mountsWithout lists where mounts stand that lack an option.
func mountsWithout(option string) (string, error) {
	table, err := os.ReadFile("/proc/self/mountinfo")
	var found []string
	for line := range strings.Lines(string(table)) {
		// proc_pid_mountinfo(5): the fifth field is the mount point, the sixth its options.
		if fields := strings.Fields(line); !slices.Contains(strings.Split(fields[5], ","), option) {
			found = append(found, fields[4])
		}
	}
	return orNone(found), err
}

// readOnly says whether the mount that a path lies on is read-only.
func readOnly(path string) (string, error) {
	var st unix.Statfs_t
	if err := unix.Statfs(path, &st); err != nil {
		return "", err
	}
	if st.Flags&unix.ST_RDONLY != 0 {
		return "yes", nil
	}
	return "no", nil
}

// beneath opens a file by its path from some descriptor that the caller left open.
func beneath(path string) error {
	for fd := 3; fd < 256; fd++ {
		if !inherited(fd) {
			continue
		}
		if file, err := unix.Openat(fd, path, unix.O_RDONLY|unix.O_CLOEXEC, 0); err == nil {
			return unix.Close(file)
		}
	}
	return unix.ENOENT
}

// special counts the sockets or devices below folders.
func special(kind string, dirs []string) (string, error) {
	want := map[string]fs.FileMode{"sockets": fs.ModeSocket, "devices": fs.ModeDevice}[kind]
	count := 0
	for _, dir := range dirs {
		_ = filepath.WalkDir(dir, func(path string, entry fs.DirEntry, err error) error {
			if err != nil {
				return nil // a folder that cannot be read
			}
			// Not the directory's own word for it: what is mounted on a file is told by the file alone.
			if info, err := entry.Info(); err == nil && info.Mode()&want != 0 {
				count++
			}
			return nil
		})
	}
	if count == 0 {
		return "none", nil
	}
	return fmt.Sprintf("%d %s", count, kind), nil
}

// orNone joins sorted names; an empty line would read as a missing one.
func orNone(names []string) string {
	if len(names) == 0 {
		return "none"
	}
	slices.Sort(names)
	return strings.Join(names, " ")
}
