package workspace

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"

	"jail/state"
)

// Receipt says what an export holds.
type Receipt struct {
	SchemaVersion int             `json:"schema_version"`
	Jail          string          `json:"jail"`
	Repo          string          `json:"repo"`
	Branch        string          `json:"branch"`
	Base          string          `json:"base"`
	BaseRef       string          `json:"base_ref,omitempty"`
	Head          string          `json:"head"`
	Exported      time.Time       `json:"exported"` // UTC
	Commits       []ReceiptCommit `json:"commits"`  // newest first
	Uncommitted   int             `json:"uncommitted"`
	Files         []ReceiptFile   `json:"files"`
	Refused       []string        `json:"refused,omitempty"` // other refs of the jail's that did not come in, with the reasons
	Runs          []state.Run     `json:"runs"`              // the oldest first, as far back as they are kept
}

// ReceiptCommit is a commit of the jail's.
type ReceiptCommit struct {
	ID      string    `json:"id"`
	Subject string    `json:"subject"`
	Author  string    `json:"author"`
	Time    time.Time `json:"time"`
}

// ReceiptFile is a file of the export.
type ReceiptFile struct {
	Name   string `json:"name"`
	Bytes  int64  `json:"bytes"`
	SHA256 string `json:"sha256"`
}

// Export writes a jail's work into a new folder: changes.patch with all that is committed since the base and
// uncommitted.patch, both for git apply, commits.bundle for git fetch, and receipt.json. What is empty is left out.
// The folder appears complete or not at all, and what a killed export to the same place left goes. Errors: as PlanApply; fs.ErrExist.
func (m Manager) Export(ctx context.Context, name, dir string) (Receipt, error) {
	r, err := m.ready(name)
	if err != nil {
		return Receipt{}, err
	}
	s, err := m.sync(ctx, r)
	if err != nil {
		return Receipt{}, err
	}
	if _, err := os.Lstat(dir); err == nil {
		return Receipt{}, fmt.Errorf("cannot export to %q: %w", dir, os.ErrExist)
	}
	temp, release, err := exportFolder(filepath.Dir(dir))
	if err != nil {
		return Receipt{}, fmt.Errorf("cannot export: %w", err)
	}
	defer release()
	out := Receipt{
		SchemaVersion: 1, Jail: r.Name, Repo: r.Repo, Branch: r.Branch, Base: r.Base, BaseRef: r.BaseRef, Head: s.tip,
		Exported: time.Now().UTC().Truncate(time.Second), Commits: []ReceiptCommit{}, Files: []ReceiptFile{},
		Refused: s.refused,
	}
	runs, err := m.Store.Journal(r.ID).Runs()
	if err != nil {
		return Receipt{}, fmt.Errorf("cannot read what ran in jail %q: %w", r.Name, err)
	}
	out.Runs = append([]state.Run{}, runs...)
	if err := out.write(ctx, s, temp); err != nil {
		return Receipt{}, fmt.Errorf("cannot export jail %q: %w", r.Name, err)
	}
	m.at("export: written")
	if err := os.Rename(temp, dir); err != nil {
		return Receipt{}, fmt.Errorf("cannot export to %q: %w", dir, err)
	}
	return out, nil
}

func (out *Receipt) write(ctx context.Context, s synced, dir string) error {
	commits, err := s.tree.Log(ctx, s.Base, s.Branch)
	if err != nil {
		return err
	}
	for _, c := range commits {
		out.Commits = append(out.Commits, ReceiptCommit{c.ID, c.Subject, c.Author, c.Time})
	}
	if len(commits) > 0 {
		patch := func(w io.Writer) error { return s.tree.Patch(ctx, s.Base, s.tip, w) }
		if err := writeSynced(filepath.Join(dir, "changes.patch"), patch); err != nil {
			return err
		}
		if err := s.tree.Bundle(ctx, filepath.Join(dir, archiveBundle), []string{"refs/heads/" + s.Branch}, s.Base); err != nil {
			return err
		}
	}
	work, err := s.tree.Snapshot(ctx)
	if err != nil {
		return err
	}
	if len(work.Refused) > 0 {
		return &RefusedError{s.Name, work.Refused}
	}
	if out.Uncommitted = len(work.Files); out.Uncommitted > 0 {
		patch := func(w io.Writer) error { return s.tree.Patch(ctx, work.Head, work.Commit, w) }
		if err := writeSynced(filepath.Join(dir, "uncommitted.patch"), patch); err != nil {
			return err
		}
	}
	return out.sign(dir)
}

// sign notes what the files hold, and writes the receipt itself.
func (out *Receipt) sign(dir string) error {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return err
	}
	for _, e := range entries {
		f, err := os.Open(filepath.Join(dir, e.Name()))
		if err != nil {
			return err
		}
		sum := sha256.New()
		n, err := io.Copy(sum, f)
		if err := errors.Join(err, f.Close()); err != nil {
			return err
		}
		out.Files = append(out.Files, ReceiptFile{e.Name(), n, hex.EncodeToString(sum.Sum(nil))})
	}
	data, err := json.MarshalIndent(out, "", "  ")
	if err != nil {
		return err
	}
	return writeSynced(filepath.Join(dir, "receipt.json"), func(w io.Writer) error { _, err := w.Write(append(data, '\n')); return err })
}
