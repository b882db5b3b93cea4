package guard

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"golang.org/x/sys/unix"
)

// maxCopied bounds what is copied out of a project, in bytes: a jail's file can be larger than any disk, as its holes take no room.
const maxCopied = 256 << 20

var errTooLarge = fmt.Errorf("more than %d MiB are not copied", maxCopied>>20)

// copy copies what rests in the folder, and removes it there. What cannot be copied whole stays.
func (w *Watch) copy(hidden, to string) error {
	root, err := os.OpenRoot(w.Dir)
	if err != nil {
		return err
	}
	defer root.Close()
	if err := w.copyEntry(root, hidden, to); err != nil {
		return errors.Join(err, os.RemoveAll(to))
	}
	return root.RemoveAll(hidden)
}

// copyEntry copies files, links and folders. Of pipes, sockets and devices there is nothing to keep.
func (w *Watch) copyEntry(root *os.Root, name, to string) error {
	info, err := root.Lstat(name)
	if err != nil {
		return err
	}
	if kind := info.Mode(); (kind.IsDir() || kind.IsRegular()) && kind&0o700 != 0o700 {
		_ = root.Chmod(name, kind.Perm()|0o700) // the jail said who may read it
	}
	switch {
	case info.IsDir():
		return w.copyFolder(root, name, to)
	case info.Mode().IsRegular():
		return w.copyFile(root, name, to)
	case info.Mode()&fs.ModeSymlink != 0:
		text, err := root.Readlink(name)
		if err != nil {
			return err
		}
		return os.Symlink(text, to)
	}
	return nil
}

// copyFolder goes no deeper than a path to a copy can be long (PATH_MAX).
func (w *Watch) copyFolder(root *os.Root, name, to string) error {
	if err := os.Mkdir(to, 0o700); err != nil {
		return err
	}
	below, err := root.OpenRoot(name)
	if err != nil {
		return err
	}
	defer below.Close()
	folder, err := below.Open(".")
	if err != nil {
		return err
	}
	entries, err := folder.ReadDir(-1)
	folder.Close()
	if err != nil {
		return err
	}
	for _, entry := range entries {
		if err := w.copyEntry(below, entry.Name(), filepath.Join(to, entry.Name())); err != nil {
			return err
		}
	}
	return nil
}

func (w *Watch) copyFile(root *os.Root, name, to string) error {
	in, err := root.OpenFile(name, os.O_RDONLY|unix.O_NONBLOCK|unix.O_NOFOLLOW, 0)
	if err != nil {
		return err
	}
	defer in.Close()
	if info, err := in.Stat(); err != nil || info.Size() > w.room {
		return errors.Join(err, errTooLarge)
	}
	out, err := os.OpenFile(to, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	n, err := io.Copy(out, io.LimitReader(in, w.room))
	w.room -= n
	return errors.Join(err, out.Close())
}
