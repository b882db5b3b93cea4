package state

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"syscall"
	"time"
)

// TrustVersion is the version of trust.json.
const TrustVersion = 1

// Approval is one content of one project file that the user trusts.
type Approval struct {
	SHA256   string    `json:"sha256"`   // of the file's bytes, in hex
	Approved time.Time `json:"approved"` // UTC
}

// Trust is the record of approvals, a file of its own beside jails.json. Whoever can write it can give a project file the
// word of the user: it lies where no jail may write.
type Trust struct{ store Store }

// Trust is the record in the same directory.
func (s Store) Trust() Trust { return Trust{s} }

// trustFile is the content of trust.json.
type trustFile struct {
	SchemaVersion int                 `json:"schema_version"`
	Projects      map[string]Approval `json:"projects"` // by the absolute path of the project file
}

// Path is the file.
func (t Trust) Path() string { return filepath.Join(t.store.Dir, "trust.json") }

// Approved gives what was approved of a project file, and false where nothing was. It creates nothing on disk.
func (t Trust) Approved(path string) (Approval, bool, error) {
	f, err := t.read()
	a, ok := f.Projects[path]
	return a, ok, err
}

// Approve records that the user trusts the content with that sum, and no other, of a project file.
func (t Trust) Approve(path, sum string, now time.Time) error {
	return t.update(func(f *trustFile) bool {
		f.Projects[path] = Approval{sum, now.UTC().Truncate(time.Second)}
		return true
	})
}

// Revoke takes the approval of a project file back, and reports whether there was one.
func (t Trust) Revoke(path string) (had bool, err error) {
	err = t.update(func(f *trustFile) bool {
		_, had = f.Projects[path]
		delete(f.Projects, path)
		return had
	})
	return had, err
}

func (t Trust) update(change func(*trustFile) bool) error {
	lock, err := t.store.lockExclusive()
	if err != nil {
		return err
	}
	defer lock.Close()
	f, err := t.read()
	if err != nil || !change(&f) {
		return err
	}
	data, err := json.MarshalIndent(f, "", "  ")
	if err != nil {
		return err
	}
	if err := replace(t.Path(), append(data, '\n')); err != nil {
		return fmt.Errorf("cannot write %q (it is as it was before): %w", t.Path(), err)
	}
	return nil
}

// read gives the content. A file that cannot be believed is an error, and never the word of the user.
func (t Trust) read() (trustFile, error) {
	f := trustFile{SchemaVersion: TrustVersion, Projects: map[string]Approval{}}
	file, err := os.OpenFile(t.Path(), os.O_RDONLY|syscall.O_NOFOLLOW|syscall.O_NONBLOCK, 0)
	switch {
	case errors.Is(err, os.ErrNotExist):
		return f, nil
	case err != nil:
		return f, fmt.Errorf("cannot read the record of trusted projects: %w", err)
	}
	defer file.Close()
	data, err := io.ReadAll(io.LimitReader(file, maxSize))
	if err != nil {
		return f, fmt.Errorf("cannot read the record of trusted projects: %w", err)
	}
	read := trustFile{}
	if err := json.Unmarshal(data, &read); err != nil {
		return f, t.damaged(err)
	}
	if read.SchemaVersion != TrustVersion {
		return f, t.damaged(fmt.Errorf("it has schema_version %d and this program knows %d", read.SchemaVersion, TrustVersion))
	}
	if read.Projects != nil {
		f.Projects = read.Projects
	}
	return f, nil
}

func (t Trust) damaged(err error) error {
	return fmt.Errorf("%q is damaged: %w; remove it, and approve again what you trust: jail trust", t.Path(), err)
}
