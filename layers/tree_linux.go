package layers

import (
	"crypto/rand"
	"errors"
	"fmt"
	"os"
	"path"
	"slices"
	"strings"

	"golang.org/x/sys/unix"
)

// maxDepth is how many folders deep a layer is looked at. Each folder's whole path is in memory as long as those in it are looked at.
const maxDepth = 500

// tooDeep reports whether a folder lies deeper.
func tooDeep(rel string) bool { return strings.Count(rel, "/") >= maxDepth }

// xattrOpaque marks a folder of an upper layer that hides what the lower one has (overlayfs.rst, with userxattr). A jail cannot set it:
// overlayfs keeps that name space to itself.
const xattrOpaque = "user.overlay.opaque"

// beneath opens a path below a folder and follows no symlink on the way, nor at its end.
func beneath(dir int, name string, flags uint64, mode uint64) (int, error) {
	for {
		fd, err := unix.Openat2(dir, name, &unix.OpenHow{
			Flags: flags | unix.O_CLOEXEC | unix.O_NOFOLLOW, Mode: mode,
			Resolve: unix.RESOLVE_BENEATH | unix.RESOLVE_NO_SYMLINKS | unix.RESOLVE_NO_MAGICLINKS,
		})
		// EAGAIN: something was renamed meanwhile (openat2(2)).
		if !errors.Is(err, unix.EINTR) && !errors.Is(err, unix.EAGAIN) {
			return fd, err
		}
	}
}

// openDir opens a folder below another for reading; -1 where there is none.
func openDir(dir int, name string) (int, error) {
	if dir < 0 {
		return -1, nil
	}
	fd, err := beneath(dir, name, unix.O_RDONLY|unix.O_DIRECTORY, 0)
	if errors.Is(err, unix.ENOENT) || errors.Is(err, unix.ENOTDIR) || errors.Is(err, unix.ELOOP) {
		return -1, nil
	}
	return fd, err
}

// openRoot opens a folder by its absolute path, which has no symlink; -1 where there is none.
func openRoot(p string) (int, error) {
	fd, err := unix.Openat2(unix.AT_FDCWD, p, &unix.OpenHow{
		Flags: unix.O_RDONLY | unix.O_DIRECTORY | unix.O_CLOEXEC, Resolve: unix.RESOLVE_NO_SYMLINKS,
	})
	if errors.Is(err, unix.ENOENT) {
		return -1, nil
	}
	if err != nil {
		return -1, fmt.Errorf("cannot open %q: %w", p, err)
	}
	return fd, nil
}

func closeDir(fd int) {
	if fd >= 0 {
		unix.Close(fd)
	}
}

// names lists a folder, sorted; nothing for -1.
func names(fd int) ([]string, error) {
	if fd < 0 {
		return nil, nil
	}
	// A description of its own: the offset of a duplicate would be shared.
	again, err := unix.Openat(fd, ".", unix.O_RDONLY|unix.O_DIRECTORY|unix.O_CLOEXEC, 0)
	if err != nil {
		return nil, err
	}
	f := os.NewFile(uintptr(again), "folder")
	defer f.Close()
	list, err := f.Readdirnames(-1)
	slices.Sort(list)
	return list, err
}

// kind is what stands at a name.
type kind string

const (
	absent   kind = ""
	file     kind = "file"
	folder   kind = "folder"
	link     kind = "link"
	whiteout kind = "whiteout" // in an upper layer: the lower one's entry is deleted
	other    kind = "other"
)

// look tells what stands at a name, without following it.
func look(dir int, name string) (kind, unix.Stat_t, error) {
	var st unix.Stat_t
	if dir < 0 {
		return absent, st, nil
	}
	if err := unix.Fstatat(dir, name, &st, unix.AT_SYMLINK_NOFOLLOW); errors.Is(err, unix.ENOENT) {
		return absent, st, nil
	} else if err != nil {
		return absent, st, err
	}
	switch st.Mode & unix.S_IFMT {
	case unix.S_IFREG:
		return file, st, nil
	case unix.S_IFDIR:
		return folder, st, nil
	case unix.S_IFLNK:
		return link, st, nil
	case unix.S_IFCHR:
		if st.Rdev == 0 {
			return whiteout, st, nil
		}
	}
	return other, st, nil
}

// opaque reports whether an upper layer's folder hides the lower one's.
func opaque(fd int) bool {
	value := make([]byte, 8)
	n, err := unix.Fgetxattr(fd, xattrOpaque, value)
	return err == nil && string(value[:n]) == "y"
}

// closed reports whether a folder, which is -1 where it cannot be opened at all, keeps its owner out.
func closed(fd int) bool {
	var st unix.Stat_t
	return fd < 0 || unix.Fstat(fd, &st) == nil && st.Mode&0o500 != 0o500
}

// readLink returns a symlink's text.
func readLink(dir int, name string) (string, error) {
	text := make([]byte, unix.PathMax)
	n, err := unix.Readlinkat(dir, name, text)
	if err != nil {
		return "", err
	}
	return string(text[:n]), nil
}

// removeAt removes what stands at a name, whatever it is. Folders are opened up first where a jail closed them.
func removeAt(dir int, name string) error {
	fd, err := openUp(dir, name)
	if err != nil || fd < 0 {
		return err
	}
	defer unix.Close(fd)
	if err := empty(fd); err != nil {
		return err
	}
	return unix.Unlinkat(dir, name, unix.AT_REMOVEDIR)
}

// openUp opens a folder for its names alone, and lets its owner do everything in it. What is no folder it removes; the descriptor is
// negative then.
func openUp(dir int, name string) (int, error) {
	what, _, err := look(dir, name)
	switch {
	case err != nil || what == absent:
		return -1, err
	case what != folder:
		return -1, unix.Unlinkat(dir, name, 0)
	}
	fd, err := beneath(dir, name, unix.O_PATH|unix.O_DIRECTORY, 0)
	if err != nil {
		return -1, err
	}
	// By its descriptor: fchmodat(2) would follow a link that was put there meanwhile.
	if err := unix.Chmod(fmt.Sprintf("/proc/self/fd/%d", fd), 0o700); err != nil {
		unix.Close(fd)
		return -1, err
	}
	return fd, nil
}

// empty removes everything in a folder. A jail can make folders as deep as it likes, so those in a folder of it are moved up first, and
// neither descriptors nor the stack grow with the depth.
func empty(top int) error {
	for {
		list, err := names(top)
		if err != nil || len(list) == 0 {
			return err
		}
		for _, name := range list {
			if err := flatten(top, name); err != nil {
				return fmt.Errorf("cannot remove %q: %w", name, err)
			}
		}
	}
}

// flatten removes what stands at a name, and moves the folders in it beside it.
func flatten(top int, name string) error {
	fd, err := openUp(top, name)
	if err != nil || fd < 0 {
		return err
	}
	defer unix.Close(fd)
	list, err := names(fd)
	if err != nil {
		return err
	}
	for _, below := range list {
		if err := moveUp(fd, below, top); err != nil {
			return err
		}
	}
	return unix.Unlinkat(top, name, unix.AT_REMOVEDIR)
}

// moveUp moves a folder to another, by a name that nobody has, and removes anything else.
func moveUp(dir int, name string, to int) error {
	fd, err := openUp(dir, name) // who moves a folder has to be allowed to write to it (rename(2))
	if err != nil || fd < 0 {
		return err
	}
	unix.Close(fd)
	return unix.Renameat2(dir, name, to, ".jail-removed-"+rand.Text(), unix.RENAME_NOREPLACE)
}

// removeAll removes a folder by its path.
func removeAll(dir string) error {
	parent, err := openRoot(path.Dir(dir))
	if err != nil || parent < 0 {
		return err
	}
	defer unix.Close(parent)
	return removeAt(parent, path.Base(dir))
}
