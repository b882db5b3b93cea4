package state

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"
)

// ChangedFile is one change of a file of the user's, and how it is taken back.
type ChangedFile struct {
	Agent  string      `json:"agent"`
	Root   string      `json:"root"`             // folder below which the file lies; links in its own path are followed
	Path   string      `json:"path"`             // of the file, relative to Root
	Backup string      `json:"backup,omitempty"` // name, beside the file, of what it was before; "" where there was none
	Mode   fs.FileMode `json:"mode,omitempty"`   // permissions that it had
	Made   []string    `json:"made,omitempty"`   // folders that were made for it, relative to Root, parents first
	SHA256 string      `json:"sha256"`           // of what was written, in hex
	Time   time.Time   `json:"time"`             // UTC
}

// changedFiles is the content of bootstrap.json.
type changedFiles struct {
	SchemaVersion int           `json:"schema_version"`
	Changes       []ChangedFile `json:"changes"` // the oldest first
}

func (s Store) changesPath() string { return filepath.Join(s.Dir, "bootstrap.json") }

// ChangedFiles lists the changes of the user's files that can be taken back, the oldest first.
func (s Store) ChangedFiles() ([]ChangedFile, error) {
	data, err := os.ReadFile(s.changesPath())
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	var file changedFiles
	if err == nil {
		err = json.Unmarshal(data, &file)
	}
	if err == nil && file.SchemaVersion != SchemaVersion {
		err = fmt.Errorf("it has schema_version %d and this program knows %d", file.SchemaVersion, SchemaVersion)
	}
	if err != nil {
		return nil, fmt.Errorf("cannot read %q, which says what was changed of your files: %w", s.changesPath(), err)
	}
	return file.Changes, nil
}

// UpdateChangedFiles gives the list to change and writes the result, under an exclusive lock.
func (s Store) UpdateChangedFiles(change func([]ChangedFile) []ChangedFile) error {
	lock, err := s.lockExclusive()
	if err != nil {
		return err
	}
	defer lock.Close()
	changes, err := s.ChangedFiles()
	if err != nil {
		return err
	}
	if changes = change(changes); len(changes) == 0 {
		if err = os.Remove(s.changesPath()); errors.Is(err, fs.ErrNotExist) {
			err = nil
		}
		return err
	}
	data, err := json.MarshalIndent(changedFiles{SchemaVersion, changes}, "", "  ")
	if err != nil {
		return err
	}
	return replace(s.changesPath(), append(data, '\n'))
}
