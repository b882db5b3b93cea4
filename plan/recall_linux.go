package plan

import (
	"maps"
	"path"
	"slices"
	"time"

	"golang.org/x/sys/unix"
)

// identify says which file a path leads to.
func (h Host) identify(name string) (FileID, bool) {
	if _, live := h.Files.(liveFiles); !live {
		return FileID{}, false
	}
	return Identify(name)
}

// Identify says which file of this machine a path leads to. A link is not followed.
func Identify(name string) (FileID, bool) { return identifyAt(unix.AT_FDCWD, name) }

// identifyAt is Identify with a path from an open folder.
func identifyAt(dir int, name string) (FileID, bool) {
	var st unix.Statx_t
	if unix.Statx(dir, name, unix.AT_SYMLINK_NOFOLLOW, unix.STATX_INO|unix.STATX_BTIME, &st) != nil {
		return FileID{}, false
	}
	id := FileID{Inode: st.Ino}
	if st.Mask&unix.STATX_BTIME != 0 {
		id.Born = time.Unix(st.Btime.Sec, int64(st.Btime.Nsec)).UnixNano()
	}
	return id, true
}

// findMoved looks for files in the whole project. As long as one of them is not found, what cannot be looked into is hidden;
// where there is nothing of that kind, those that are not found are missing for good.
func findMoved(h Host, root string, lost map[FileID]Remembered) (found []Hit, missing []Remembered) {
	if _, live := h.Files.(liveFiles); !live {
		return nil, nil
	}
	inodes := map[uint64]bool{}
	for id := range lost {
		inodes[id.Inode] = true
	}
	shut := everywhere(root, func(s seen) {
		if !inodes[s.inode] {
			return
		}
		id, ok := Identify(s.path)
		if r, known := lost[id]; ok && known {
			found = append(found, Hit{s.path, r.Hiding, whyMoved(r), id})
			delete(lost, id)
		}
	})
	if len(lost) == 0 {
		return found, nil
	}
	for _, dir := range shut {
		id, _ := Identify(dir)
		found = append(found, Hit{dir, HideDeny, "something that was hidden was moved, and may be in " + path.Base(dir) + ", which cannot be looked through", id})
	}
	if len(shut) > 0 {
		return found, nil
	}
	return found, slices.Collect(maps.Values(lost))
}
