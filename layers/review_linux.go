package layers

import (
	"errors"
	"fmt"
	"io/fs"
	"path"
	"path/filepath"
	"strings"
	"time"

	"golang.org/x/sys/unix"
)

// reviewed is what Apply knows of the host's files in a review. What tells that a file was changed there is its change time:
// nobody can set it back, and it changes with content, mode and name alike (inode(7)).
type reviewed struct {
	file    string
	begun   time.Time
	applied map[string]int64 // what Apply itself has put there, and the change time that it had then, in nanoseconds
}

func (l Layer) loadReview() (*reviewed, error) {
	r := &reviewed{file: filepath.Join(l.Dir, "applied.json"), begun: l.Begun, applied: map[string]int64{}}
	if err := readNote(r.file, &r.applied); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	return r, nil
}

func (r *reviewed) save() error {
	if r == nil || len(r.applied) == 0 {
		return nil
	}
	return replaceNote(r.file, r.applied)
}

// note remembers what Apply has put on the host.
func (r *reviewed) note(lower int, name, rel string) {
	if r == nil {
		return
	}
	if what, st, err := look(lower, name); err == nil && what != absent {
		r.applied[rel] = st.Ctim.Nano()
	}
}

// touched reports whether somebody else has changed an entry of the host that is no folder.
func (r *reviewed) touched(rel string, st unix.Stat_t) bool {
	changed := st.Ctim.Nano()
	return changed > r.begun.UnixNano() && changed != r.applied[rel]
}

var errTouched = &refusal{Conflict, errors.New("it was changed on the host since the review was begun")}

// isGit compares as file systems do that do not tell upper case from lower.
func isGit(name string) bool { return strings.EqualFold(name, ".git") }

// check refuses what no review may bring, and what would undo a change of the host's.
func (a *application) check(upper, lower int, name, rel string, what kind) error {
	if a.review == nil {
		return nil
	}
	was, st, err := look(lower, name)
	switch {
	case err != nil:
		return err
	case isGit(name):
		return &refusal{Refused, errors.New("git on this machine would obey it")}
	case was == absent:
		return nil
	case was == folder && what == folder:
		return nil
	case was == folder:
		return a.checkTree(lower, name, rel)
	case a.Conflicts == KeepHost && a.review.touched(rel, st) && !unchanged(upper, lower, name, what, was):
		return errTouched
	}
	return nil
}

// checkTree does that for a folder of the host that is to go.
func (a *application) checkTree(dir int, name, rel string) error {
	if tooDeep(rel) {
		return &refusal{Refused, fmt.Errorf("it is more than %d folders deep: remove it yourself", maxDepth)}
	}
	fd, err := beneath(dir, name, unix.O_RDONLY|unix.O_DIRECTORY, 0)
	if err != nil {
		return err
	}
	defer unix.Close(fd)
	list, err := names(fd)
	if err != nil {
		return err
	}
	for _, name := range list {
		below := path.Join(rel, name)
		what, st, err := look(fd, name)
		switch {
		case err != nil:
			return err
		case isGit(name):
			return &refusal{Refused, fmt.Errorf("the repository %q is in it: remove it yourself", rel)}
		case what == folder:
			err = a.checkTree(fd, name, below)
		case a.Conflicts == KeepHost && a.review.touched(below, st):
			err = &refusal{Conflict, fmt.Errorf("%q in it was changed on the host since the review was begun", below)}
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// Drop removes the layer of a review in which nothing waits, so that the next one begins anew.
//
// Preconditions: the caller has the slot, and no jail has the layer mounted.
func (l Layer) Drop() error {
	changes, err := l.Changes()
	if err != nil || len(changes) > 0 {
		return err
	}
	l.sweep()
	return removeAll(l.Dir)
}
