package workspace

import (
	"os"
	"path/filepath"
	"strings"
	"syscall"
)

// exportPrefix begins the name of a folder in which an export is written. It is locked as long as its process lives.
const exportPrefix = ".jail-export-"

// exportFolder makes one beside its target, and removes those there that a killed export left.
func exportFolder(beside string) (path string, release func(), err error) {
	clearExports(beside)
	if path, err = os.MkdirTemp(beside, exportPrefix); err != nil {
		return "", nil, err
	}
	lock, err := lockFolder(path)
	if err != nil {
		os.RemoveAll(path)
		return "", nil, err
	}
	return path, func() { os.RemoveAll(path); lock.Close() }, nil
}

// clearExports lets alone what cannot be removed: it may be another user's.
func clearExports(dir string) {
	entries, _ := os.ReadDir(dir)
	for _, e := range entries {
		if !e.IsDir() || !strings.HasPrefix(e.Name(), exportPrefix) {
			continue
		}
		path := filepath.Join(dir, e.Name())
		if lock, err := lockFolder(path); err == nil {
			os.RemoveAll(path)
			lock.Close()
		}
	}
}

// lockFolder fails where another process has the lock.
func lockFolder(path string) (*os.File, error) {
	f, err := os.OpenFile(path, os.O_RDONLY|syscall.O_DIRECTORY|syscall.O_NOFOLLOW, 0)
	if err != nil {
		return nil, err
	}
	if err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		f.Close()
		return nil, err
	}
	return f, nil
}
