package mounts

import (
	"errors"
	"fmt"

	"golang.org/x/sys/unix"
)

// Builder carries out a list, mount by mount, on a root of its own. Nothing of it is visible to the process by path
// before Pivot; every target is resolved beneath the new root's descriptor and no symlink is ever followed.
type Builder struct {
	root    int             // O_PATH descriptor of the new root's mount
	own     map[uint64]bool // mount ids on which mount points may be made: our tmpfs, never a bind of the host
	stores  map[uint64]bool // those of them that other runs may have too
	devnull int             // the host's /dev/null, for masks
	umask   int             // the caller's, given back by Pivot
	last    parent          // of the previous target: siblings follow each other in a sorted list
}

// MakePrivate cuts the mount namespace off from the host's: nothing mounted from now on travels either way.
//
// Preconditions: in a new mount namespace, CAP_SYS_ADMIN over it.
func MakePrivate() error {
	return unix.Mount("", "/", "", unix.MS_REC|unix.MS_PRIVATE, "")
}

// NewBuilder puts an empty root in place.
//
// Preconditions: after MakePrivate, in a new mount namespace, CAP_SYS_ADMIN over it.
func NewBuilder() (*Builder, error) {
	b := &Builder{own: make(map[uint64]bool), stores: make(map[uint64]bool), last: parent{fd: -1}}
	var err error
	if b.devnull, err = openDevNull(); err != nil {
		return nil, err
	}
	if b.root, err = newFilesystem("tmpfs", unix.MOUNT_ATTR_NOSUID|unix.MOUNT_ATTR_NODEV, "mode=0755", "size=16m"); err != nil {
		return nil, fmt.Errorf("cannot make a root file system: %w", err)
	}
	// Mounted over "/": the one directory that exists on every host, and it hides nothing, because lookups start at the
	// process's root, which stays what it was until Pivot. Sources are found by their paths until then.
	if err := unix.MoveMount(b.root, "", unix.AT_FDCWD, "/", unix.MOVE_MOUNT_F_EMPTY_PATH); err != nil {
		return nil, fmt.Errorf("cannot attach the root file system: %w", err)
	}
	b.umask = unix.Umask(0) // a jail's view must not depend on it
	return b, b.adopt(b.root)
}

// Apply carries out one mount. Parents come first: the list is sorted.
func (b *Builder) Apply(m Mount) error {
	switch m.Kind {
	case Bind:
		attr := uint64(unix.MOUNT_ATTR_NOSUID | unix.MOUNT_ATTR_NODEV)
		switch m.Access {
		case ReadOnly, Connect:
			attr |= unix.MOUNT_ATTR_RDONLY
		case Inert:
			attr |= unix.MOUNT_ATTR_RDONLY | unix.MOUNT_ATTR_NOSYMFOLLOW
		}
		return b.attachTree(m, attr)
	case Overlay:
		return b.attachOverlay(m)
	case Store:
		return b.attachTree(m, unix.MOUNT_ATTR_NOSUID|unix.MOUNT_ATTR_NODEV)
	case Device:
		return b.attachTree(m, unix.MOUNT_ATTR_NOSUID|unix.MOUNT_ATTR_NOEXEC)
	case Tmpfs:
		return b.attachNew(m, "tmpfs", unix.MOUNT_ATTR_NOSUID|unix.MOUNT_ATTR_NODEV,
			fmt.Sprintf("mode=%#o", m.Permissions()), fmt.Sprintf("size=%d", m.Size))
	case Proc:
		return b.attachNew(m, "proc", unix.MOUNT_ATTR_NOSUID|unix.MOUNT_ATTR_NODEV|unix.MOUNT_ATTR_NOEXEC)
	case Devpts:
		// Its nodes are devices: no nodev. Every devpts mount is an instance of its own since Linux 4.7.
		return b.attachNew(m, "devpts", unix.MOUNT_ATTR_NOSUID|unix.MOUNT_ATTR_NOEXEC, "ptmxmode=0666", "mode=0620")
	case Dir:
		fd, err := b.makeDir(m.Target, m.Permissions())
		if err == nil {
			unix.Close(fd)
		}
		return err
	case File:
		return b.writeFile(m)
	case Symlink:
		return b.makeLink(m)
	case Seal:
		return b.seal(m)
	case Mask, Blank, Deny:
		return b.mask(m)
	}
	return fmt.Errorf("unknown kind %q", m.Kind)
}

// Pivot makes the new root the process's root, drops every trace of the old one, and makes the root itself read-only
// (what is mounted on it keeps its own access).
func (b *Builder) Pivot() error {
	unix.Umask(b.umask)
	if err := unix.Fchdir(b.root); err != nil {
		return err
	}
	// pivot_root(2), "pivot_root(".", ".")": the old root ends up stacked on the new one and is detached from there,
	// so that no directory for it ever exists.
	if err := unix.PivotRoot(".", "."); err != nil {
		return fmt.Errorf("pivot_root: %w", err)
	}
	if err := unix.Unmount(".", unix.MNT_DETACH); err != nil {
		return fmt.Errorf("cannot detach the old root: %w", err)
	}
	if err := unix.Chdir("/"); err != nil {
		return err
	}
	if err := setAttr(b.root, unix.MOUNT_ATTR_RDONLY, 0); err != nil {
		return fmt.Errorf("cannot make the root read-only: %w", err)
	}
	unix.Close(b.root)
	unix.Close(b.devnull)
	unix.Close(b.last.fd)
	return nil
}

// attachTree puts a clone of the host's tree at the mount's target. Recursive, because mounts inherited from a more
// privileged namespace are locked together and cannot be cloned apart (mount_namespaces(7)).
func (b *Builder) attachTree(m Mount, attr uint64) error {
	source, err := openSource(m.Source)
	if err != nil {
		return fmt.Errorf("cannot open %q: %w", m.Source, err)
	}
	defer unix.Close(source)
	tree, err := unix.OpenTree(source, "", unix.AT_EMPTY_PATH|unix.AT_RECURSIVE|unix.OPEN_TREE_CLONE|unix.OPEN_TREE_CLOEXEC)
	if err != nil {
		return fmt.Errorf("open_tree: %w", err)
	}
	defer unix.Close(tree)
	if err := setAttr(tree, attr, unix.AT_RECURSIVE); err != nil {
		return fmt.Errorf("mount_setattr: %w", err)
	}
	var st unix.Stat_t
	if err := unix.Fstat(tree, &st); err != nil {
		return err
	}
	if err := b.attach(tree, m.Target, st.Mode&unix.S_IFMT == unix.S_IFDIR); err != nil || m.Kind != Store {
		return err
	}
	id, err := mountID(tree)
	if err == nil {
		b.own[id], b.stores[id] = true, true
	}
	return err
}

// attachNew puts a fresh file system at the mount's target.
func (b *Builder) attachNew(m Mount, fstype string, attr int, options ...string) error {
	fs, err := newFilesystem(fstype, attr, options...)
	if err != nil {
		return err
	}
	defer unix.Close(fs)
	if err := b.attach(fs, m.Target, true); err != nil {
		return err
	}
	if m.Kind != Tmpfs {
		return nil
	}
	return b.adopt(fs)
}

// attach moves a detached mount to target, making the mount point where that may be done.
func (b *Builder) attach(mount int, target string, dir bool) error {
	var at int
	var err error
	if dir {
		at, err = b.makeDir(target, 0o755)
	} else {
		at, err = b.makeFile(target, 0o444)
	}
	if err != nil {
		return err
	}
	defer unix.Close(at)
	if err := unix.MoveMount(mount, "", at, "", unix.MOVE_MOUNT_F_EMPTY_PATH|unix.MOVE_MOUNT_T_EMPTY_PATH); err != nil {
		return fmt.Errorf("move_mount: %w", err)
	}
	return nil
}

// seal stacks a read-only clone of what is visible at the target on the target.
func (b *Builder) seal(m Mount) error {
	at, err := b.open(m.Target)
	if err != nil {
		return err
	}
	defer unix.Close(at)
	tree, err := unix.OpenTree(at, "", unix.AT_EMPTY_PATH|unix.AT_RECURSIVE|unix.OPEN_TREE_CLONE|unix.OPEN_TREE_CLOEXEC)
	if err != nil {
		return fmt.Errorf("open_tree: %w", err)
	}
	defer unix.Close(tree)
	if err := setAttr(tree, unix.MOUNT_ATTR_RDONLY, unix.AT_RECURSIVE); err != nil {
		return fmt.Errorf("mount_setattr: %w", err)
	}
	return unix.MoveMount(tree, "", at, "", unix.MOVE_MOUNT_F_EMPTY_PATH|unix.MOVE_MOUNT_T_EMPTY_PATH)
}

// errElsewhere means that what is to be hidden may be where nobody hides it: another jail in the project can move the folder that it
// lies in, and put another in its place.
var errElsewhere = errors.New("it was moved, replaced or removed since it was looked for: start it again")

// mask hides the target: a directory under an empty read-only tmpfs, anything else under a null device that nodev
// makes impossible to open. Without that it reads as empty, and git takes it for no file, so that nothing of it is committed.
func (b *Builder) mask(m Mount) error {
	at, err := b.open(m.Target)
	switch {
	case errors.Is(err, unix.ENOENT) && m.Inode != 0:
		return errElsewhere
	case errors.Is(err, unix.ENOENT) && m.Kind != Mask:
		return nil // removed since the plan: there is nothing to hide
	}
	if err != nil {
		return err
	}
	defer unix.Close(at)
	var st unix.Stat_t
	if err := unix.Fstat(at, &st); err != nil {
		return err
	}
	if m.Inode != 0 && st.Ino != m.Inode {
		return errElsewhere
	}
	attr := unix.MOUNT_ATTR_RDONLY | unix.MOUNT_ATTR_NOSUID | unix.MOUNT_ATTR_NODEV | unix.MOUNT_ATTR_NOEXEC
	mode := "mode=0555"
	if m.Kind == Deny {
		mode = "mode=0000"
	}
	var cover int
	if st.Mode&unix.S_IFMT == unix.S_IFDIR {
		cover, err = newFilesystem("tmpfs", attr, mode, "size=4k")
	} else {
		if m.Kind == Blank {
			attr &^= unix.MOUNT_ATTR_NODEV
		}
		if cover, err = unix.OpenTree(b.devnull, "", unix.AT_EMPTY_PATH|unix.OPEN_TREE_CLONE|unix.OPEN_TREE_CLOEXEC); err == nil {
			err = setAttr(cover, uint64(attr), 0)
		}
	}
	if err != nil {
		return err
	}
	defer unix.Close(cover)
	return unix.MoveMount(cover, "", at, "", unix.MOVE_MOUNT_F_EMPTY_PATH|unix.MOVE_MOUNT_T_EMPTY_PATH)
}
