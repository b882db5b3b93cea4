package mounts

import (
	"errors"
	"fmt"
	"strings"

	"golang.org/x/sys/unix"
)

// openSource opens a symlink-free host path. The plan resolved it; a part that has become a symlink since is refused
// (CVE-2021-30465), and what is cloned is what this descriptor holds. Sources are not opened ahead: growing the
// descriptor table of a process with threads costs an RCU grace period.
func openSource(path string) (int, error) {
	fd, err := unix.Openat2(unix.AT_FDCWD, path, &unix.OpenHow{
		Flags:   unix.O_PATH | unix.O_CLOEXEC,
		Resolve: unix.RESOLVE_NO_SYMLINKS | unix.RESOLVE_NO_MAGICLINKS,
	})
	if errors.Is(err, unix.ELOOP) {
		return -1, fmt.Errorf("a part of the path is a symlink now: %w", err)
	}
	return fd, err
}

// openDevNull opens the host's null device and makes sure that it is one (CVE-2025-31133: a fake one is a way out).
func openDevNull() (int, error) {
	fd, err := unix.Open("/dev/null", unix.O_PATH|unix.O_CLOEXEC|unix.O_NOFOLLOW, 0)
	if err != nil {
		return -1, fmt.Errorf("cannot open /dev/null: %w", err)
	}
	var st unix.Stat_t
	if err := unix.Fstat(fd, &st); err != nil {
		return -1, err
	}
	if st.Mode&unix.S_IFMT != unix.S_IFCHR || st.Rdev != unix.Mkdev(1, 3) {
		return -1, errors.New("/dev/null of the host is not the null device")
	}
	return fd, nil
}

// Detached makes a mount of a new file system that is attached nowhere: only its descriptor leads to it.
func Detached(fstype string) (int, error) {
	return newFilesystem(fstype, unix.MOUNT_ATTR_NOSUID|unix.MOUNT_ATTR_NODEV|unix.MOUNT_ATTR_NOEXEC)
}

// newFilesystem makes a detached mount of a new file system. Options are "key=value", or "key" for a flag.
func newFilesystem(fstype string, attr int, options ...string) (int, error) {
	fs, err := unix.Fsopen(fstype, unix.FSOPEN_CLOEXEC)
	if err != nil {
		return -1, fmt.Errorf("fsopen %s: %w", fstype, err)
	}
	defer unix.Close(fs)
	for _, option := range options {
		key, value, valued := strings.Cut(option, "=")
		set := func() error { return unix.FsconfigSetFlag(fs, key) }
		if valued {
			set = func() error { return unix.FsconfigSetString(fs, key, value) }
		}
		if err := set(); err != nil {
			return -1, fmt.Errorf("fsconfig %s %s: %w", fstype, option, err)
		}
	}
	if err := unix.FsconfigCreate(fs); err != nil {
		return -1, fmt.Errorf("cannot create a %s file system: %w", fstype, err)
	}
	mount, err := unix.Fsmount(fs, unix.FSMOUNT_CLOEXEC, attr)
	if err != nil {
		return -1, fmt.Errorf("fsmount %s: %w", fstype, err)
	}
	return mount, nil
}

// setAttr adds mount attributes and clears none: flags that the host locked stay.
func setAttr(mount int, attr uint64, flags uint) error {
	return unix.MountSetattr(mount, "", unix.AT_EMPTY_PATH|flags, &unix.MountAttr{Attr_set: attr})
}
