package git

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path"
	"path/filepath"
	"strings"
	"syscall"

	"golang.org/x/sys/unix"
)

// stagePrefix begins the name of a stage.
const stagePrefix = ".jail-apply-"

// stageMark is a file of a stage that is complete: it has the hash of the patch.
const stageMark = stagePrefix + "complete"

// stage is a folder on the disk of the work tree in which git makes the new files, as in a small work tree. It is locked as
// long as its process lives.
type stage struct {
	path  string
	dir   *os.File // itself
	tree  *os.File // the work tree
	moves []move
	kept  bool // it stays, as that of a killed process
}

// newStage makes one, and removes those that a killed process left.
func newStage(r Repo) (*stage, error) {
	place := r.GitDir // where nobody watches files, and git status does not look
	if !sameDisk(place, r.WorkTree) {
		place = r.WorkTree
	}
	for _, dir := range []string{r.GitDir, r.WorkTree} {
		clearStages(dir)
	}
	s := &stage{path: filepath.Join(place, stagePrefix+randomName())}
	err := os.Mkdir(s.path, 0o700)
	if err == nil {
		s.dir, err = os.Open(s.path)
	}
	if err == nil {
		err = syscall.Flock(int(s.dir.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
	}
	if err == nil {
		s.tree, err = os.Open(r.WorkTree)
	}
	if err != nil {
		s.close()
		return nil, err
	}
	return s, nil
}

func (s *stage) close() {
	if !s.kept {
		os.RemoveAll(s.path)
	}
	s.dir.Close()
	s.tree.Close()
}

// clearStages removes the stages in a folder that nobody has locked.
func clearStages(dir string) {
	root, err := os.OpenRoot(dir)
	if err != nil {
		return
	}
	defer root.Close()
	entries, _ := listBeneath(root, ".")
	for _, e := range entries {
		name := e.Name()
		if !strings.HasPrefix(name, stagePrefix) {
			continue
		}
		f, err := openFolder(root, name)
		if err != nil {
			continue
		}
		if syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB) == nil {
			_ = root.RemoveAll(name)
		}
		f.Close()
	}
}

// placed divides the parts of a patch: those that a killed Apply of the same one had put into place come first, as far as its stage
// tells. git alone would take a line that may stand in several places for one that is missing.
func (r Repo) placed(parts []patchPart, mark string) (placed, rest []patchPart) {
	tree, err := os.Open(r.WorkTree)
	if err != nil {
		return nil, parts
	}
	defer tree.Close()
	for _, dir := range []string{r.GitDir, r.WorkTree} {
		entries, _ := os.ReadDir(dir)
		for _, e := range entries {
			if !e.IsDir() || !strings.HasPrefix(e.Name(), stagePrefix) {
				continue
			}
			left, err := os.Open(filepath.Join(dir, e.Name()))
			if err != nil {
				continue
			}
			defer left.Close()
			if text, err := readBeneath(left, stageMark, 100); err == nil && string(text) == mark {
				return divide(parts, left, tree)
			}
		}
	}
	return nil, parts
}

// divide looks for files that wait in a stage no more, and for those that were to be deleted and are.
func divide(parts []patchPart, stage, tree *os.File) (placed, rest []patchPart) {
	for _, p := range parts {
		at := stage
		if p.gone {
			at = tree
		}
		if now, err := standsAt(at, p.path); err == nil && (now.what() == 0 || now.what() == unix.S_IFDIR) {
			placed = append(placed, p)
		} else {
			rest = append(rest, p)
		}
	}
	return placed, rest
}

func sameDisk(a, b string) bool {
	var x, y unix.Stat_t
	return unix.Stat(a, &x) == nil && unix.Stat(b, &y) == nil && x.Dev == y.Dev
}

// make copies what the parts of a patch change into the stage, lets git apply them there, and writes the result through to the disk.
func (a *application) make(ctx context.Context, s *stage, parts []patchPart) error {
	if err := s.fill(parts); err != nil {
		return err
	}
	there := a.door
	there.repo.WorkTree = s.path
	if err := a.git(ctx, there, parts); err != nil {
		if full := s.room(); full != nil {
			err = full
		}
		return &UnwrittenError{filepath.Dir(s.path), err}
	}
	for i := range s.moves {
		m := &s.moves[i]
		now, err := standsAt(s.dir, m.path)
		if err != nil {
			return &UnwrittenError{filepath.Dir(s.path), err}
		}
		m.wanted = now.what() == unix.S_IFREG || now.what() == unix.S_IFLNK
		if now.what() != unix.S_IFREG {
			continue
		}
		f, err := openBeneath(s.dir, m.path)
		if err == nil {
			err = errors.Join(f.Sync(), f.Close())
		}
		if err != nil {
			return &UnwrittenError{filepath.Dir(s.path), err}
		}
	}
	return nil
}

// room tells whether there is any, by doing: git says that only in words.
func (s *stage) room() error {
	name := filepath.Join(s.path, stagePrefix+"room")
	defer os.Remove(name)
	f, err := os.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	_, err = f.Write(make([]byte, 1<<16))
	return errors.Join(err, f.Sync(), f.Close())
}

// fill copies the files, and those that say how git converts them.
func (s *stage) fill(parts []patchPart) error {
	done := map[string]bool{}
	for _, p := range parts {
		was, err := s.copyIn(p.path)
		if err != nil {
			return err
		}
		s.moves = append(s.moves, move{path: p.path, was: was})
		done[p.path] = true
	}
	seen := map[string]bool{}
	for _, p := range parts {
		for dir := path.Dir(p.path); !seen[dir]; dir = path.Dir(dir) {
			seen[dir] = true
			name := path.Join(dir, ".gitattributes")
			now, err := standsAt(s.tree, name)
			if err == nil && now.what() == unix.S_IFREG && !done[name] {
				_, err = s.copyIn(name)
			}
			if err != nil {
				return err
			}
		}
	}
	return nil
}

// copyIn copies one file or link of the work tree, or makes the folder that stands there.
func (s *stage) copyIn(name string) (entry standing, err error) {
	if entry, err = standsAt(s.tree, name); err != nil || entry.what() == 0 {
		return entry, err
	}
	target := filepath.Join(s.path, filepath.FromSlash(name))
	unwritten := func(err error) (standing, error) {
		if err != nil {
			err = &UnwrittenError{filepath.Dir(s.path), err}
		}
		return entry, err
	}
	if err := os.MkdirAll(filepath.Dir(target), 0o777); err != nil {
		return unwritten(err)
	}
	switch entry.what() {
	case unix.S_IFDIR:
		return unwritten(os.MkdirAll(target, 0o777))
	case unix.S_IFLNK:
		var link errSymlink
		if _, err := openBeneath(s.tree, name); !errors.As(err, &link) {
			return entry, &BlockedError{name, "somebody else changes it just now"}
		}
		return unwritten(os.Symlink(link.target, target))
	}
	in, err := openBeneath(s.tree, name)
	if err != nil {
		return entry, fmt.Errorf("cannot read %q: %w", name, err)
	}
	defer in.Close()
	if err := unix.Fstat(int(in.Fd()), &entry.Stat_t); err != nil {
		return entry, err
	}
	return unwritten(copyTo(in, target, os.FileMode(entry.Mode&0o777)))
}

// copyTo makes a file, and no part of one.
func copyTo(in io.Reader, target string, mode os.FileMode) error {
	out, err := os.OpenFile(target, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	_, err = io.Copy(out, in)
	return errors.Join(err, out.Chmod(mode), out.Close())
}
