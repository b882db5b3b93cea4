package mounts

import (
	"errors"
	"fmt"
	"path"
	"strings"

	"golang.org/x/sys/unix"
)

// errForeign is why no mount point can be made somewhere.
var errForeign = errors.New("this folder belongs to the host, and no mount point is made in it; create it first")

// parent is an open directory of the new root in which entries may be made.
type parent struct {
	dir   string
	fd    int
	store bool // it lies on a store
}

// adopt notes a mount of ours as a place where mount points may be made.
func (b *Builder) adopt(mount int) error {
	id, err := mountID(mount)
	if err == nil {
		b.own[id] = true
	}
	return err
}

// open opens a target beneath the new root. No symlink is followed, so nothing inside a writable bind can redirect it.
func (b *Builder) open(target string) (int, error) {
	return openBeneath(b.root, strings.TrimPrefix(target, "/"))
}

func openBeneath(dir int, name string) (int, error) {
	return unix.Openat2(dir, name, &unix.OpenHow{
		Flags:   unix.O_PATH | unix.O_CLOEXEC,
		Resolve: unix.RESOLVE_BENEATH | unix.RESOLVE_NO_SYMLINKS | unix.RESOLVE_NO_MAGICLINKS,
	})
}

// makeDir opens the directory at target, and makes it and its parents where it is missing.
func (b *Builder) makeDir(target string, mode uint32) (int, error) {
	fd, err := b.existing(target)
	if err != nil {
		if fd, err = b.make(target, func(parent int, name string) error { return unix.Mkdirat(parent, name, mode) }); err != nil {
			return -1, err
		}
	}
	return expect(fd, target, true)
}

// makeFile opens the file at target for mounting on it, and makes an empty one where it is missing.
func (b *Builder) makeFile(target string, mode uint32) (int, error) {
	fd, err := b.existing(target)
	if err != nil {
		if fd, err = b.make(target, func(parent int, name string) error {
			return unix.Mknodat(parent, name, unix.S_IFREG|mode, 0)
		}); err != nil {
			return -1, err
		}
	}
	return expect(fd, target, false)
}

// existing opens a target that is there already. Below the previous target's parent, which is ours, nothing is there but
// what make finds out.
func (b *Builder) existing(target string) (int, error) {
	if path.Dir(target) == b.last.dir {
		return -1, unix.ENOENT
	}
	return b.open(target)
}

// make creates an entry by one call and opens it; an entry that is there already is only opened.
func (b *Builder) make(target string, create func(parent int, name string) error) (int, error) {
	parent, err := b.parent(target)
	if err != nil {
		return -1, err
	}
	if err := create(parent, path.Base(target)); err != nil && !errors.Is(err, unix.EEXIST) {
		return -1, err
	}
	return openBeneath(parent, path.Base(target))
}

// writeFile makes a generated file. It never writes to a file that exists.
func (b *Builder) writeFile(m Mount) error {
	fd := -1
	err := b.replace(m.Target, func(parent int, name string) (err error) {
		fd, err = unix.Openat(parent, name, unix.O_WRONLY|unix.O_CREAT|unix.O_EXCL|unix.O_NOFOLLOW|unix.O_CLOEXEC, m.Permissions())
		return err
	})
	if err != nil {
		return err
	}
	defer unix.Close(fd)
	for rest := []byte(m.Text); len(rest) > 0; {
		n, err := unix.Write(fd, rest)
		if err != nil {
			return err
		}
		rest = rest[n:]
	}
	return nil
}

func (b *Builder) makeLink(m Mount) error {
	return b.replace(m.Target, func(parent int, name string) error { return unix.Symlinkat(m.Source, parent, name) })
}

// maxReplaced bounds how often an entry is taken away that others keep making.
const maxReplaced = 100

// replace makes an entry that is not there yet. In a store, which several runs may have at a time, another one may have made
// it in the meantime, or the command that runs there: that one goes.
func (b *Builder) replace(target string, create func(parent int, name string) error) error {
	parent, err := b.parent(target)
	if err != nil {
		return err
	}
	name := path.Base(target)
	for range maxReplaced {
		if err = create(parent, name); !b.last.store || !errors.Is(err, unix.EEXIST) {
			return err
		}
		if err := unix.Unlinkat(parent, name, 0); err != nil && !errors.Is(err, unix.ENOENT) {
			return err
		}
	}
	return err
}

// parent opens the directory above target, made where missing, and makes sure that something may be created in it. The
// descriptor belongs to the builder.
func (b *Builder) parent(target string) (int, error) {
	dir := path.Dir(target)
	if dir == b.last.dir {
		return b.last.fd, nil
	}
	fd := -1
	var err error
	if dir == "/" {
		fd, err = unix.FcntlInt(uintptr(b.root), unix.F_DUPFD_CLOEXEC, 3)
	} else {
		fd, err = b.makeDir(dir, 0o755)
	}
	if err != nil {
		return -1, err
	}
	id, err := mountID(fd)
	if err == nil && !b.own[id] {
		err = fmt.Errorf("%q: %w", dir, errForeign)
	}
	if err != nil {
		unix.Close(fd)
		return -1, err
	}
	if b.last.fd >= 0 {
		unix.Close(b.last.fd)
	}
	b.last = parent{dir, fd, b.stores[id]}
	return fd, nil
}

// expect passes fd on if it is a directory exactly where one is wanted, and closes it with an error if not.
func expect(fd int, target string, dir bool) (int, error) {
	var st unix.Stat_t
	err := unix.Fstat(fd, &st)
	if isDir := st.Mode&unix.S_IFMT == unix.S_IFDIR; err == nil && isDir != dir {
		if err = fmt.Errorf("%q is not a directory: %w", target, unix.ENOTDIR); isDir {
			err = fmt.Errorf("%q is a directory: %w", target, unix.EISDIR)
		}
	}
	if err != nil {
		unix.Close(fd)
		return -1, err
	}
	return fd, nil
}

// mountID returns the id of the mount that fd is on (statx(2), Linux 5.8).
func mountID(fd int) (uint64, error) {
	var stx unix.Statx_t
	err := unix.Statx(fd, "", unix.AT_EMPTY_PATH, unix.STATX_MNT_ID, &stx)
	if err != nil {
		return 0, fmt.Errorf("statx: %w", err)
	}
	return stx.Mnt_id, nil
}
