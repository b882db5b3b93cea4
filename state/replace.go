package state

import (
	"errors"
	"os"
	"path/filepath"
)

// replace puts data at path in one step: a reader, a crash or a full disk sees the old content or the new, whole.
//
// Preconditions: the caller holds the exclusive lock, so a temporary file found here is left over from a crash.
func replace(path string, data []byte) error {
	temp := path + ".tmp"
	if err := os.Remove(temp); err != nil && !errors.Is(err, os.ErrNotExist) {
		return err
	}
	err := writeSynced(temp, data)
	if err == nil {
		err = os.Rename(temp, path)
	}
	if err != nil {
		os.Remove(temp)
		return err
	}
	syncDir(filepath.Dir(path))
	return nil
}

func writeSynced(path string, data []byte) error {
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	_, err = f.Write(data)
	if err == nil {
		// Before the rename: otherwise a crash can leave the new name with no content.
		err = f.Sync()
	}
	return errors.Join(err, f.Close())
}

// syncDir makes the rename itself durable. Its failure is not reported: the new content is in place, and an error would
// say the opposite; some file systems cannot sync a directory at all.
func syncDir(dir string) {
	if f, err := os.Open(dir); err == nil {
		_ = f.Sync()
		f.Close()
	}
}
