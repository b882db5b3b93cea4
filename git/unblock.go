package git

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
)

// unblock takes the FIFOs in a jail's git directory away: git waits for one in any place until somebody writes to it. A jail
// that still runs can make another at any time, so whoever starts git needs a limit of time.
func (p Private) unblock() error {
	root, err := os.OpenRoot(p.gitDir())
	if err != nil {
		return fmt.Errorf("%w: %w", ErrBroken, err)
	}
	defer root.Close()
	return unblockIn(root, ".")
}

func unblockIn(root *os.Root, dir string) error {
	entries, err := listBeneath(root, dir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil // removed meanwhile
	}
	if err != nil {
		return fmt.Errorf("%w: %s: %w", ErrBroken, dir, err)
	}
	for _, e := range entries {
		name := path.Join(dir, e.Name())
		switch {
		case e.IsDir():
			err = unblockIn(root, name)
		case e.Type()&fs.ModeNamedPipe != 0:
			err = root.Remove(name)
		}
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
	}
	return nil
}
