package state

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
)

// HiddenRun is what one run hid in a project, noted before the run. What was moved a later run hides too, wherever it is.
type HiddenRun struct {
	Session Session      `json:"session"`
	Root    string       `json:"root"` // the project
	Files   []HiddenFile `json:"files"`
}

// HiddenFile is a file or folder that a run hid.
type HiddenFile struct {
	Path   string `json:"path"`
	Inode  uint64 `json:"inode"`
	Born   int64  `json:"born"` // nanoseconds since 1970, or 0
	Hiding string `json:"hiding"`
	Why    string `json:"why"`
	Moved  bool   `json:"moved,omitempty"` // from where a rule hid it
	// It was in its place at the end of the run: a later one hides it there where it finds too much to look through.
	Settled bool `json:"settled,omitempty"`
}

func (s Store) hiddenPath() string { return filepath.Join(s.Dir, "hidden.json") }

// Hidden lists the runs that hide something, and those that did and are over.
func (s Store) Hidden() ([]HiddenRun, error) {
	if _, err := os.Lstat(s.hiddenPath()); errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	lock, err := s.lockShared()
	if err != nil {
		return nil, err
	}
	defer lock.Close()
	return s.readHidden()
}

// UpdateHidden gives the list to change and writes the result, under an exclusive lock.
func (s Store) UpdateHidden(change func([]HiddenRun) []HiddenRun) error {
	lock, err := s.lockExclusive()
	if err != nil {
		return err
	}
	defer lock.Close()
	runs, err := s.readHidden()
	if err != nil {
		return err
	}
	runs = slices.DeleteFunc(change(runs), func(r HiddenRun) bool { return len(r.Files) == 0 })
	if len(runs) == 0 {
		if err = os.Remove(s.hiddenPath()); errors.Is(err, fs.ErrNotExist) {
			err = nil
		}
		return err
	}
	data, err := json.Marshal(runs)
	if err != nil {
		return err
	}
	if slices.ContainsFunc(runs, HiddenRun.moved) {
		return replace(s.hiddenPath(), data)
	}
	// Not synced to the disk: each run would wait for it, and a machine that stops ends what a jail does.
	temp := s.hiddenPath() + ".tmp"
	if err := os.WriteFile(temp, data, 0o600); err != nil {
		return err
	}
	return os.Rename(temp, s.hiddenPath())
}

// moved reports whether something is to be hidden by later runs too, wherever it is.
func (r HiddenRun) moved() bool {
	return slices.ContainsFunc(r.Files, func(f HiddenFile) bool { return f.Moved })
}

func (s Store) readHidden() ([]HiddenRun, error) {
	data, err := os.ReadFile(s.hiddenPath())
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	var runs []HiddenRun
	if err == nil && len(bytes.Trim(data, "\x00")) == 0 {
		return nil, nil // the machine stopped before it was on the disk
	}
	if err == nil {
		err = json.Unmarshal(data, &runs)
	}
	if err != nil {
		return nil, fmt.Errorf("cannot read %q, which says what was hidden and moved: %w", s.hiddenPath(), err)
	}
	return runs, nil
}
