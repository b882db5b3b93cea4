package plan

import (
	"io/fs"
	"path"
	"path/filepath"

	"golang.org/x/sys/unix"
)

func openScan(h Host, root string) scanDirs { return listedDirs{h.Files, root} }

// otherNames finds further names in the project of files that are hidden: rules go by paths.
func otherNames(h Host, root string, hits []Hit) []Hit {
	if _, live := h.Files.(liveFiles); !live {
		return nil
	}
	type file struct {
		device int32
		inode  uint64
	}
	wanted := map[file]Hit{}
	for _, hit := range hits {
		var st unix.Stat_t
		if unix.Lstat(hit.Path, &st) == nil && st.Mode&unix.S_IFMT == unix.S_IFREG && st.Nlink > 1 {
			wanted[file{st.Dev, st.Ino}] = hit
		}
	}
	if len(wanted) == 0 {
		return nil
	}
	var found []Hit
	names := 0
	_ = filepath.WalkDir(root, func(name string, entry fs.DirEntry, err error) error {
		if names++; names > maxNames {
			return fs.SkipAll
		}
		var st unix.Stat_t
		if err != nil || !entry.Type().IsRegular() || unix.Lstat(name, &st) != nil {
			return nil // what the caller cannot look at the jail cannot either
		}
		if hit, ok := wanted[file{st.Dev, st.Ino}]; ok && name != hit.Path {
			found = append(found, Hit{name, hit.Hiding, "another name of " + path.Base(hit.Path), FileID{}})
		}
		return nil
	})
	return found
}
