package layers

import (
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"golang.org/x/sys/unix"
)

// Make makes the folders of a layer, with the mode of the host's folder, whose place the upper one takes.
//
// Preconditions: the caller has the slot.
func Make(dir string, note Note) error {
	if noted(filepath.Join(dir, "about.json")) {
		return nil
	}
	mode := fs.FileMode(0o700)
	if info, err := os.Lstat(note.Host); err == nil {
		mode = info.Mode().Perm()
	}
	upper := filepath.Join(dir, "upper")
	for _, make := range []string{filepath.Join(dir, "work"), upper} {
		if err := os.MkdirAll(make, 0o700); err != nil {
			return err
		}
	}
	if err := os.Chmod(upper, mode|0o700); err != nil {
		return err
	}
	// overlayfs would mount all the same, and fail at the first folder that is replaced.
	if err := unix.Setxattr(upper, "user.jail", []byte("1"), 0); err != nil {
		return &AttributesError{dir, err}
	}
	if err := unix.Removexattr(upper, "user.jail"); err != nil {
		return err
	}
	if note.Purpose == ForReview {
		var st unix.Stat_t
		if err := unix.Stat(upper, &st); err != nil {
			return err
		}
		note.Begun = time.Unix(st.Ctim.Unix())
	}
	note.SchemaVersion = schemaVersion
	return writeNote(filepath.Join(dir, "about.json"), note)
}
