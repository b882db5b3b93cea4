package layers

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"

	"golang.org/x/sys/unix"
)

// maxSeed is the largest file that a home begins with.
const maxSeed = 64 << 20

// Plant puts a copy of the host's file where the home has none yet, and notes where it came from. A host that has no such
// file is no error: what the jail makes there is kept all the same. It is late if the host has one by now, and it is another
// than the jail's: the jail keeps its own, until somebody discards or applies that.
func (h Home) Plant(note Note) (late bool, err error) {
	if err := os.MkdirAll(h.Dir+".seeds", 0o700); err != nil {
		return false, err
	}
	note.SchemaVersion, note.Purpose = schemaVersion, ForState
	at := h.seedNote(note)
	if err := writeNote(at, note); err != nil {
		return false, err
	}
	if err := readNote(at, &note); err != nil {
		return false, err
	}
	dir, err := h.open()
	if err != nil {
		return false, err
	}
	defer unix.Close(dir)
	parent, err := makeParents(dir, note.File)
	if err != nil {
		return false, err
	}
	defer unix.Close(parent)
	what, _, err := look(parent, path.Base(note.File))
	if err == nil && what == absent {
		return false, h.plant(parent, note)
	}
	if err != nil || !note.Fresh {
		return false, err
	}
	changes, err := Layer{Note: note, Dir: h.Dir}.seedChanges()
	return slices.ContainsFunc(changes, func(c Change) bool { return c.Kind == Modified }), err
}

// plant copies the host's file into a folder of the home, and notes before whether there is one.
func (h Home) plant(parent int, note Note) error {
	from, err := openRoot(filepath.Dir(note.Host))
	if err != nil {
		return err
	}
	defer closeDir(from)
	what, _, err := look(from, filepath.Base(note.Host))
	if err != nil {
		return err
	}
	if err := h.begin(note, what == absent); err != nil || what == absent {
		return err
	}
	in, err := openFile(from, filepath.Base(note.Host))
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	defer in.Close()
	if info, err := in.Stat(); err != nil || info.Size() > maxSeed {
		return errors.Join(errTooLarge, err)
	}
	if err := write(parent, temporary, in, 0o600); err != nil {
		return err
	}
	return unix.Renameat(parent, temporary, parent, path.Base(note.File))
}

// begin notes anew whether a seed is one that the host had not.
func (h Home) begin(note Note, fresh bool) error {
	if note.Fresh == fresh {
		return nil
	}
	note.Fresh = fresh
	return replaceNote(h.seedNote(note), note)
}

func (h Home) seedNote(note Note) string {
	return filepath.Join(h.Dir+".seeds", key(note.Host+"\x00"+note.File))
}

// seedChanges lists what a jail has changed of one file of a home: it, or nothing.
func (l Layer) seedChanges() ([]Change, error) {
	home, host, err := l.openEither()
	if err != nil || home < 0 {
		return nil, err
	}
	defer closeDir(home)
	defer closeDir(host)
	f, err := openFile(home, l.File)
	if err != nil {
		return nil, nil // gone: the next run begins with the host's again
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return nil, err
	}
	name := filepath.Base(l.Host)
	was, _, err := look(host, name)
	change := Change{Type: string(file), Kind: Modified, Size: info.Size()}
	switch {
	case err != nil:
		return nil, err
	case was == absent:
		change.Kind = Added
	default:
		g, err := openFile(host, name)
		if err != nil {
			break // something else than a file stands there
		}
		defer g.Close()
		if was, err := g.Stat(); err == nil && was.Size() == info.Size() && sameContent(f, g) {
			return nil, nil
		}
	}
	return []Change{change}, nil
}

// applySeed brings one file of a home to the host.
func (l Layer) applySeed(a *application) ([]Problem, error) {
	home, host, err := l.openEither()
	if err != nil || home < 0 {
		return nil, err
	}
	defer closeDir(home)
	defer closeDir(host)
	if host < 0 {
		return nil, fmt.Errorf("cannot apply %q: its folder is gone", l.Host)
	}
	if changes, err := l.seedChanges(); err != nil || len(changes) == 0 {
		return nil, err
	}
	if a.withholds("") {
		a.refuse("", Withheld, withheld)
		return a.problems, nil
	}
	if err = a.refused("", a.copyFile(home, host, l.File, filepath.Base(l.Host))); err == nil && len(a.problems) == 0 {
		err = Home{l.Dir}.begin(l.Note, false) // the host has it from here on
	}
	return a.problems, err
}
