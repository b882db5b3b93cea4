package state

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"slices"
)

// decode reads the file's content strictly: what is not understood would be lost by the next write.
func decode(data []byte) (File, error) {
	if len(bytes.TrimSpace(data)) == 0 {
		return File{}, errors.New("it is empty")
	}
	// The version first: a newer file is better called newer than full of unknown fields.
	var version struct {
		SchemaVersion int `json:"schema_version"`
	}
	if err := json.Unmarshal(data, &version); err != nil {
		return File{}, err
	}
	if version.SchemaVersion > SchemaVersion {
		return File{}, &VersionError{version.SchemaVersion}
	}
	var f File
	d := json.NewDecoder(bytes.NewReader(data))
	d.DisallowUnknownFields()
	if err := d.Decode(&f); err != nil {
		return File{}, err
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return File{}, errors.New("text follows the JSON value")
	}
	if f.SchemaVersion < 1 {
		return File{}, fmt.Errorf("schema_version is %d", f.SchemaVersion)
	}
	return f, f.check()
}

// encode sorts the jails and refuses what decode would refuse.
func encode(f File) ([]byte, error) {
	f.SchemaVersion = SchemaVersion
	f.Jails = slices.Clone(f.Jails)
	slices.SortStableFunc(f.Jails, func(a, b Record) int { return cmp.Compare(a.Name, b.Name) })
	if f.Jails == nil {
		f.Jails = []Record{} // "[]", not "null"
	}
	if err := f.check(); err != nil {
		return nil, err
	}
	data, err := json.MarshalIndent(f, "", "  ")
	return append(data, '\n'), err
}

// check holds what everything else relies on: names and paths of records decide what destroy removes.
func (f *File) check() error {
	seen := make(map[string]bool, len(f.Jails))
	for _, r := range f.Jails {
		if err := ValidName(r.Name); err != nil {
			return err
		}
		if seen[r.Name] {
			return fmt.Errorf("two jails are named %q", r.Name)
		}
		seen[r.Name] = true
		if err := r.check(); err != nil {
			return fmt.Errorf("jail %q: %w", r.Name, err)
		}
	}
	return nil
}

func (r Record) check() error {
	switch r.Phase {
	case Creating, Ready, Destroying:
	default:
		return fmt.Errorf("unknown phase %q", r.Phase)
	}
	paths := []struct{ name, path string }{
		{"repo", r.Repo}, {"common_dir", r.CommonDir}, {"admin_dir", r.AdminDir}, {"worktree", r.Worktree},
	}
	for _, p := range paths {
		if p.path != "" && (!filepath.IsAbs(p.path) || filepath.Clean(p.path) != p.path) {
			return fmt.Errorf("%s %q is not a clean absolute path", p.name, p.path)
		}
	}
	return nil
}
