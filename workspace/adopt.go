package workspace

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"time"

	"jail/git"
	"jail/state"
)

// ErrAdopted means that the work tree is a jail's already.
var ErrAdopted = errors.New("it is a jail already")

// AdoptRequest is a work tree that another tool has made.
type AdoptRequest struct {
	Name       string // of the jail; the work tree's folder has it too
	Repo       string // a directory in the repository
	Worktree   string // absolute
	Branch     string
	Created    time.Time // zero: now
	Entrypoint []string  // empty, or an absolute program and its arguments
}

// Adopt makes a jail of a work tree that is there, where it is and on the branch that it is on. What the work tree holds is not touched,
// committed or not; if it fails, nothing has changed but for git's settings of the work tree. Errors: ErrAdopted, ErrExists,
// state.ErrName, those of git.Repo.Adopt and of Verify.
func (m Manager) Adopt(ctx context.Context, req AdoptRequest) (state.Record, error) {
	if err := (CreateRequest{Name: req.Name, Branch: req.Branch, Entrypoint: req.Entrypoint}).check(); err != nil {
		return state.Record{}, err
	}
	existing, err := m.List(ctx)
	if err != nil {
		return state.Record{}, err
	}
	if !isDir(req.Worktree) {
		return state.Record{}, fmt.Errorf("%w: %q", ErrWorktreeGone, req.Worktree)
	}
	// git writes paths without links, and what it has is compared with these.
	parent, err := filepath.EvalSymlinks(filepath.Dir(req.Worktree))
	if err != nil {
		return state.Record{}, err
	}
	r := state.Record{
		ID: state.NewID(), Name: req.Name, Worktree: filepath.Join(parent, filepath.Base(req.Worktree)), Branch: req.Branch,
		Created: req.Created.UTC().Truncate(time.Second), Phase: state.Ready, Entrypoint: req.Entrypoint,
	}
	if req.Created.IsZero() {
		r.Created = time.Now().UTC().Truncate(time.Second)
	}
	if err := adoptable(existing, r); err != nil {
		return state.Record{}, err
	}
	if !isDir(req.Repo) {
		return state.Record{}, fmt.Errorf("%w: %q", ErrRepositoryGone, req.Repo)
	}
	repo, err := source(ctx, req.Repo, existing)
	if err != nil {
		return state.Record{}, err
	}
	tree, err := repo.Adopt(ctx, r.Worktree, r.Branch)
	if err != nil {
		return state.Record{}, err
	}
	r.Repo, r.CommonDir, r.AdminDir, r.Base, r.BaseRef = repo.Top(), repo.CommonDir, tree.GitDir, tree.Base, tree.BaseRef
	if err := errors.Join(ours(r), Verify(r)); err != nil {
		return state.Record{}, err
	}
	return r, m.enter(ctx, repo, r)
}

// adoptable refuses a name, a work tree or a branch that a jail has.
func adoptable(existing []state.Record, r state.Record) error {
	for _, other := range existing {
		switch {
		case other.Worktree == r.Worktree:
			return fmt.Errorf("%q: %w, named %q", r.Worktree, ErrAdopted, other.Name)
		case other.Name == r.Name:
			return taken(other)
		}
	}
	return nil
}

// enter records a jail whose parts are all there.
func (m Manager) enter(ctx context.Context, repo git.Repo, r state.Record) error {
	pin := jailRef(r.Name, refBase)
	if err := repo.SetRefs(ctx, "jail import", map[string]string{pin: r.Base}); err != nil {
		return err
	}
	err := m.Store.Update(func(f *state.File) error {
		if err := adoptable(f.Jails, r); err != nil {
			return err
		}
		f.Jails = append(f.Jails, r)
		return nil
	})
	if err != nil {
		err = errors.Join(err, repo.SetRefs(context.WithoutCancel(ctx), "jail import", map[string]string{pin: ""}))
	}
	return err
}
