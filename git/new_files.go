package git

import (
	"crypto/sha1"
	"crypto/sha256"
	"fmt"
	"hash"
	"io"
	"strings"
)

// newGone removes the files that only the other tree has, where they are byte for byte as that has them, or empty. It needs neither
// git nor room on the disk, and leaves those that a filter made.
func (h half) newGone() error {
	for i, f := range h.files {
		if f.OldMode != noMode || !strings.HasPrefix(f.NewMode, "100") {
			continue
		}
		info, err := lookBelow(h.tree, f.Path)
		if err != nil || !info.Mode().IsRegular() {
			continue
		}
		if info.Size() > 0 {
			if same, err := h.hasID(f.Path, info.Size(), h.ids[2*i+1]); err != nil {
				return err
			} else if !same {
				continue
			}
		}
		if err := h.remove(f.Path); err != nil {
			return err
		}
	}
	return nil
}

// hasID reports whether a file's bytes are the blob of that id (gitformat-loose, git-hash-object(1)).
func (h half) hasID(path string, size int64, id string) (bool, error) {
	f, err := h.tree.Open(path)
	if err != nil {
		return false, err
	}
	defer f.Close()
	var sum hash.Hash = sha1.New()
	if len(id) == 2*sha256.Size {
		sum = sha256.New()
	}
	fmt.Fprintf(sum, "blob %d\x00", size)
	if _, err := io.Copy(sum, f); err != nil {
		return false, err
	}
	return fmt.Sprintf("%x", sum.Sum(nil)) == id, nil
}
