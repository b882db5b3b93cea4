package workspace

import (
	"context"
	"encoding/hex"
	"errors"
	"os"
	"path/filepath"
	"slices"

	"jail/git"
	"jail/state"
)

// Looked is a jail that is ready to be looked at.
type Looked struct {
	git.Worktree
	Used    bool // something ran in it
	Taken   git.Imported
	Pending string // what was begun and not concluded, as "rebase"; else empty
	Refused error  // why not all that was committed came in; what is there can be looked at all the same
}

// Look makes a jail's work tree ready to be read: it is verified, what was committed in it comes in, and git reads it in
// the box. Everything that shows a jail begins here. Errors: those of Verify.
func (m Manager) Look(ctx context.Context, r state.Record) (Looked, error) {
	tree, err := m.tree(r)
	if err != nil {
		return Looked{}, err
	}
	l := Looked{Worktree: tree, Used: m.Private(r).Used(), Pending: m.Private(r).Unfinished()}
	if l.Taken, l.Refused = m.ImportRecord(ctx, r); l.Taken.OnBranch == r.Branch {
		l.JailGit = m.Private(r).View().Dir
	}
	return l, nil
}

// tree verifies a jail, and returns its work tree for git to read in the box.
func (m Manager) tree(r state.Record) (git.Worktree, error) {
	tree, err := Tree(r)
	tree.Box = m.Box
	if m.Cache != "" {
		tree.Cache = filepath.Join(m.Cache, r.ID)
	}
	return tree, err
}

// Tidy removes what was kept of jails that are no more.
func (m Manager) Tidy(jails []state.Record) error {
	entries, err := os.ReadDir(m.Cache)
	if errors.Is(err, os.ErrNotExist) {
		return nil
	}
	for _, e := range entries {
		known := slices.ContainsFunc(jails, func(r state.Record) bool { return r.ID == e.Name() })
		if id, decodeErr := hex.DecodeString(e.Name()); !known && decodeErr == nil && len(id) == 16 {
			err = errors.Join(err, os.RemoveAll(filepath.Join(m.Cache, e.Name())))
		}
	}
	return err
}
