package workspace

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"jail/git"
	"jail/state"
)

// ErrNoArchive means that there is no archive of that name.
var ErrNoArchive = errors.New("no such archive")

func (m Manager) archives() string { return filepath.Join(m.Store.Dir, "archive") }

// Archives lists the archives, oldest first. broken names what lies among them and cannot be read.
func (m Manager) Archives() (list []Archive, broken []error, err error) {
	entries, err := os.ReadDir(m.archives())
	if errors.Is(err, os.ErrNotExist) {
		return nil, nil, nil
	}
	if err != nil {
		return nil, nil, err
	}
	for _, e := range entries {
		if !e.IsDir() || strings.HasPrefix(e.Name(), ".") {
			continue
		}
		a, err := m.readArchive(e.Name())
		if err != nil {
			broken = append(broken, err)
			continue
		}
		list = append(list, a)
	}
	slices.SortStableFunc(list, func(a, b Archive) int { return a.Archived.Compare(b.Archived) })
	return list, broken, nil
}

func (m Manager) readArchive(id string) (Archive, error) {
	var a Archive
	dir := filepath.Join(m.archives(), id)
	data, err := os.ReadFile(filepath.Join(dir, archiveNote))
	if err == nil {
		err = json.Unmarshal(data, &a)
	}
	if err == nil && (a.ID != id || a.SchemaVersion != 1 || state.ValidName(a.Jail.Name) != nil) {
		err = errors.New("it is of another program or version")
	}
	if err != nil {
		return Archive{}, fmt.Errorf("cannot read archive %q: %w", dir, err)
	}
	a.Bytes = DiskUse(dir)
	return a, nil
}

// DiskUse is what the files of a folder hold.
func DiskUse(dir string) int64 {
	var sum int64
	_ = filepath.WalkDir(dir, func(_ string, d fs.DirEntry, err error) error {
		if err == nil && d.Type().IsRegular() {
			if info, err := d.Info(); err == nil {
				sum += info.Size()
			}
		}
		return nil
	})
	return sum
}

// FindArchive returns the archive with that id, or the newest of a jail of that name. Errors: ErrNoArchive.
func (m Manager) FindArchive(name string) (Archive, error) {
	list, _, err := m.Archives()
	if err != nil {
		return Archive{}, err
	}
	for _, a := range slices.Backward(list) {
		if a.ID == name || a.Jail.Name == name {
			return a, nil
		}
	}
	return Archive{}, fmt.Errorf("%+q: %w", name, ErrNoArchive)
}

// Drop removes an archive for good, with its refs.
func (m Manager) Drop(ctx context.Context, a Archive) error {
	dir := filepath.Join(m.archives(), a.ID)
	if isDir(a.Jail.CommonDir) {
		if err := dropRefs(ctx, repository(a.Jail), archiveRef(a.ID, "")); err != nil {
			return fmt.Errorf("cannot drop archive %q: %w", a.ID, err)
		}
	}
	m.at("drop: refs gone")
	// Under another name first, so that half an archive is never taken for one.
	gone := filepath.Join(m.archives(), "."+a.ID+".dropped")
	if err := errors.Join(os.RemoveAll(gone), os.Rename(dir, gone)); err != nil {
		return fmt.Errorf("cannot drop archive %q: %w", a.ID, err)
	}
	m.at("drop: renamed")
	return os.RemoveAll(gone)
}

// dropRefs deletes all refs under a prefix, and others by name: a symbolic one whose branch is gone is in no list.
func dropRefs(ctx context.Context, repo git.Repo, prefix string, others ...string) error {
	refs, err := repo.Refs(ctx, prefix)
	if err != nil {
		return err
	}
	for ref := range refs {
		refs[ref] = ""
	}
	for _, ref := range others {
		refs[ref] = ""
	}
	if len(refs) == 0 {
		return nil
	}
	return repo.SetRefs(ctx, "jail", refs)
}

// sweep removes what killed processes left among the archives. An archive that is being written is another process's
// claim on a jail, which is then still in the record.
func (m Manager) sweep(f state.File) {
	entries, err := os.ReadDir(m.archives())
	if err != nil {
		return
	}
	for _, e := range entries {
		id, partial := strings.CutSuffix(strings.TrimPrefix(e.Name(), "."), ".partial")
		dropped := strings.HasSuffix(e.Name(), ".dropped")
		inUse := slices.ContainsFunc(f.Jails, func(r state.Record) bool { return archiveID(r) == id })
		if strings.HasPrefix(e.Name(), ".") && (dropped || partial && !inUse) {
			_ = os.RemoveAll(filepath.Join(m.archives(), e.Name()))
		}
	}
}
