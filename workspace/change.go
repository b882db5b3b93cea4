package workspace

import (
	"context"
	"errors"

	"jail/git"
)

// Refs of a jail, below refs/jail/NAME/, that are there while a merge of it or an undo changes a checkout. What is cut off is found
// by them, and taken back by the next merge or undo.
const (
	refFrom = "from" // what the files were; the branch is there until the change has come to its end
	refTo   = "to"   // what they become: a commit, or a tree that is to be staged
	refAt   = "at"   // a symbolic ref to the branch that is checked out there; it stays
)

// noted is what those refs say.
type noted struct {
	name     string // of the jail
	at       string // short name of a branch
	from, to string
}

// changing notes a change of a checkout while do makes it: that calls begin before it touches the first file.
//
// Preconditions: repo is locked, see git.Alone.
func (m Manager) changing(ctx context.Context, repo git.Repo, n noted, do func(begin func() error) error) error {
	began := false
	err := do(func() error {
		began = true
		if at, err := repo.PointsTo(ctx, jailRef(n.name, refAt)); err != nil || at != n.at {
			if err := repo.PointTo(ctx, jailRef(n.name, refAt), n.at); err != nil {
				return err
			}
		}
		err := repo.SetRefs(ctx, "jail merge", map[string]string{jailRef(n.name, refFrom): n.from, jailRef(n.name, refTo): n.to})
		m.at("change noted")
		return err
	})
	var cut *git.CutError
	if began && !(errors.As(err, &cut) && cut.Back != nil) {
		// Should that fail, as on a full disk, what they say is found to be over.
		_ = forgetChange(ctx, repo, n.name)
	}
	return err
}

func forgetChange(ctx context.Context, repo git.Repo, name string) error {
	return repo.SetRefs(ctx, "jail merge", map[string]string{jailRef(name, refFrom): "", jailRef(name, refTo): ""})
}

// takeBackCut makes good a change of a checkout that was cut off.
//
// Preconditions: repo is locked, see git.Alone.
func (m Manager) takeBackCut(ctx context.Context, repo git.Repo, name string) error {
	refs, err := repo.Refs(ctx, jailRef(name, ""))
	from, to := refs[jailRef(name, refFrom)], refs[jailRef(name, refTo)]
	if err != nil || from == "" || to == "" {
		return err
	}
	if refs[jailRef(name, refAt)] == from { // else it came to its end, or the user went on
		at, err := repo.PointsTo(ctx, jailRef(name, refAt))
		if err != nil {
			return err
		}
		there, err := repo.CheckedOut(ctx, at)
		if err != nil {
			return err
		}
		if there.WorkTree != "" && isDir(there.WorkTree) {
			if err := there.TakeBack(ctx, from, to); err != nil {
				return &git.CutError{Err: errors.New("a merge or its undo was cut off"), Back: err}
			}
		}
	}
	m.at("change taken back")
	return forgetChange(ctx, repo, name)
}
