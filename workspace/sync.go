package workspace

import (
	"context"
	"errors"
	"fmt"

	"jail/git"
	"jail/state"
)

// synced is a jail whose commits are in the repository.
type synced struct {
	state.Record
	tree    git.Worktree
	tip     string   // of the jail's branch
	away    string   // the commit of HEAD, where that is not the branch's tip; else empty
	refused []string // refs beside the branch that did not come in, with the reasons
}

// UnfinishedError says that something was begun in a jail, as a rebase, and not concluded.
type UnfinishedError struct {
	Name string
	What string
}

func (e *UnfinishedError) Error() string {
	return fmt.Sprintf("a %s in jail %q is not concluded", e.What, e.Name)
}

// sync brings what was committed in a jail into the repository, and verifies the jail on the way. Everything that
// takes a jail's commits begins here. Errors: those of Verify, git.ErrNoBranch.
func (m Manager) sync(ctx context.Context, r state.Record) (synced, error) {
	tree, err := m.tree(r)
	if err != nil {
		return synced{}, err
	}
	refused, err := m.importBranch(ctx, r)
	if err != nil {
		return synced{}, err
	}
	s := synced{Record: r, tree: tree, refused: refused}
	if s.tip, err = tree.BranchTip(ctx, r.Branch); err != nil {
		return synced{}, fmt.Errorf("jail %q: %w", r.Name, err)
	}
	head, err := m.headOf(ctx, r)
	if err == nil && head != s.tip {
		s.away = head
	}
	return s, err
}

// ready finds a jail that is complete.
func (m Manager) ready(name string) (state.Record, error) {
	r, err := m.Find(name)
	if err == nil && r.Phase != state.Ready {
		err = busy(r)
	}
	return r, err
}

// home finds the repository of a jail as the user sees it: the work tree that dir is in, if it is one of that
// repository's own, or else the one that the jail was made from.
func (m Manager) home(ctx context.Context, r state.Record, dir string) (git.Repo, error) {
	f, err := m.Store.View()
	if err != nil {
		return git.Repo{}, err
	}
	if repo, err := source(ctx, dir, f.Jails); err == nil && repo.CommonDir == r.CommonDir && !jailed(f.Jails, repo) && repo.WorkTree != "" {
		return repo, nil
	}
	if r.Repo == r.CommonDir {
		return repository(r), nil
	}
	repo, err := git.Discover(ctx, r.Repo)
	if err == nil && repo.CommonDir != r.CommonDir {
		err = fmt.Errorf("%q belongs to another repository than jail %q", r.Repo, r.Name)
	}
	if errors.Is(err, git.ErrNotRepository) || !isDir(r.CommonDir) {
		err = fmt.Errorf("%w: %q", ErrRepositoryGone, r.CommonDir)
	}
	return repo, err
}

// jailed reports whether the work tree is a jail's, which only that jail may change.
func jailed(jails []state.Record, repo git.Repo) bool {
	for _, r := range jails {
		if r.Worktree == repo.WorkTree {
			return true
		}
	}
	return false
}
