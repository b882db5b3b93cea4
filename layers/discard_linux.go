package layers

import (
	"fmt"
	"path"
	"path/filepath"

	"golang.org/x/sys/unix"
)

// Discard throws the changes of a layer away, and what a killed Apply left half made on the host. Errors: *InUseError.
func (l Layer) Discard(only Selection) error {
	release, err := l.lock()
	if err != nil {
		return err
	}
	defer release()
	if l.File != "" {
		home, err := openRoot(l.Dir)
		if err != nil || home < 0 {
			return err
		}
		defer unix.Close(home)
		return discardAt(home, l.File)
	}
	l.sweep()
	if len(only) == 0 {
		return removeAll(l.Dir)
	}
	upper, err := openRoot(filepath.Join(l.Dir, "upper"))
	if err != nil || upper < 0 {
		return err
	}
	defer unix.Close(upper)
	for _, rel := range only {
		if err := discardAt(upper, rel); err != nil {
			return fmt.Errorf("cannot discard %q: %w", rel, err)
		}
	}
	return nil
}

// discardAt removes one path of an upper layer; what is not there was not changed.
func discardAt(upper int, rel string) error {
	dir := upper
	if parent := path.Dir(rel); parent != "." {
		var err error
		if dir, err = openDir(upper, parent); err != nil || dir < 0 {
			return err
		}
		defer unix.Close(dir)
	}
	return removeAt(dir, path.Base(rel))
}
