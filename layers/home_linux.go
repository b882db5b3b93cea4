package layers

import (
	"fmt"
	"os"
	"path"
	"strings"

	"golang.org/x/sys/unix"
)

// Home is a home directory on the host's disk.
type Home struct{ Dir string }

// Make makes the folder, and opens it up where a jail closed it.
func (h Home) Make() error {
	if err := os.MkdirAll(h.Dir, 0o700); err != nil {
		return err
	}
	return os.Chmod(h.Dir, 0o700)
}

// Lock keeps other runs that share the home from making it ready at the same time.
func (h Home) Lock() (release func(), err error) { return wait(h.Dir + ".lock") }

func (h Home) open() (int, error) {
	dir, err := openRoot(h.Dir)
	if err == nil && dir < 0 {
		err = fmt.Errorf("cannot open %q: %w", h.Dir, unix.ENOENT)
	}
	return dir, err
}

// makeParents opens the folder that a path beneath a home lies in, and makes it. What a jail put in the way is removed.
func makeParents(dir int, name string) (int, error) {
	at, err := unix.FcntlInt(uintptr(dir), unix.F_DUPFD_CLOEXEC, 3)
	if err != nil {
		return -1, err
	}
	parts := strings.Split(path.Dir(name), "/")
	if parts[0] == "." {
		return at, nil
	}
	for _, part := range parts {
		next, err := makeFolder(at, part)
		unix.Close(at)
		if err != nil {
			return -1, err
		}
		at = next
	}
	return at, nil
}

// makeFolder opens a folder, and puts one in the place of anything else.
func makeFolder(dir int, name string) (int, error) {
	what, _, err := look(dir, name)
	if err != nil {
		return -1, err
	}
	if what != folder {
		if err := removeAt(dir, name); err != nil {
			return -1, err
		}
		if err := unix.Mkdirat(dir, name, 0o700); err != nil {
			return -1, err
		}
	}
	return beneath(dir, name, unix.O_RDONLY|unix.O_DIRECTORY, 0)
}

// Clear removes what stands in the way of something that is to be made or mounted at a path: everything, or, where a file
// or a folder may stand there, anything else.
func (h Home) Clear(name, may string) error {
	dir, err := h.open()
	if err != nil {
		return err
	}
	defer unix.Close(dir)
	parent, err := makeParents(dir, name)
	if err != nil {
		return fmt.Errorf("cannot clear the way to %q: %w", name, err)
	}
	defer unix.Close(parent)
	what, _, err := look(parent, path.Base(name))
	if err != nil || string(what) == may {
		return err
	}
	return removeAt(parent, path.Base(name))
}

// Vanish removes everything but some files.
func (h Home) Vanish(keep Selection) error {
	dir, err := openRoot(h.Dir)
	if err != nil || dir < 0 {
		return err
	}
	defer unix.Close(dir)
	if len(keep) == 0 {
		return empty(dir)
	}
	return vanish(dir, "", keep)
}

func vanish(dir int, at string, keep Selection) error {
	list, err := names(dir)
	if err != nil {
		return err
	}
	for _, name := range list {
		rel := path.Join(at, name)
		whole, within := keep.covers(rel)
		what, _, err := look(dir, name)
		switch {
		case err != nil:
			return err
		case whole && what == file:
			continue
		case within && !whole && what == folder:
			sub, err := beneath(dir, name, unix.O_RDONLY|unix.O_DIRECTORY, 0)
			if err == nil {
				err = vanish(sub, rel, keep)
				unix.Close(sub)
			}
			if err != nil {
				return err
			}
			continue
		}
		if err := removeAt(dir, name); err != nil {
			return fmt.Errorf("cannot remove %q: %w", rel, err)
		}
	}
	return nil
}
