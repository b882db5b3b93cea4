package git

import (
	"bytes"
	"encoding/gob"
	"os"
	"path/filepath"
	"time"

	"golang.org/x/sys/unix"
)

// memory is what a walk remembers of each folder, by its path. A folder that has the same times as before has the same
// names and kinds in it: a change sets its change time, which nobody can choose. So the next walk need not open it.
type memory map[string]remembered

type remembered struct {
	Inode         uint64
	Changed, Made int64    // ctime and mtime in ns
	Below         []string // folders in it
	Found         []Risk   // what was found in it; paths from the top
}

// fresh is how long a folder is not remembered after it was changed: changes of the same tick of the clock leave no trace.
const fresh = 2 * time.Second

// stands returns what is known of a folder, if it is as it was.
func (m memory) stands(path string, st *unix.Stat_t) (remembered, bool) {
	r, ok := m[path]
	return r, ok && r.Inode == st.Ino && r.Changed == unix.TimespecToNsec(st.Ctim) && r.Made == unix.TimespecToNsec(st.Mtim)
}

// settled reports whether a folder that was read after now has not changed shortly before.
func settled(st *unix.Stat_t, now time.Time) bool {
	return now.UnixNano()-max(unix.TimespecToNsec(st.Ctim), unix.TimespecToNsec(st.Mtim)) > int64(fresh)
}

const walkFile = "folders"

// recall reads the memory of the last walk from a folder of ours. Without one there is none.
func recall(dir string) memory {
	m := memory{}
	if dir == "" {
		return m
	}
	data, err := os.ReadFile(filepath.Join(dir, walkFile))
	if err != nil || gob.NewDecoder(bytes.NewReader(data)).Decode(&m) != nil {
		return memory{} // the walk finds everything anew
	}
	return m
}

// keep writes the memory for the next walk.
func (m memory) keep(dir string) error {
	var data bytes.Buffer
	if err := gob.NewEncoder(&data).Encode(m); err != nil {
		return err
	}
	temp, err := os.CreateTemp(dir, walkFile+"-")
	if err != nil {
		return err
	}
	defer os.Remove(temp.Name())
	_, err = temp.Write(data.Bytes())
	if closeErr := temp.Close(); err == nil {
		err = closeErr
	}
	if err != nil {
		return err
	}
	return os.Rename(temp.Name(), filepath.Join(dir, walkFile))
}
