package workspace

import (
	"context"
	"errors"
	"slices"

	"jail/git"
	"jail/state"
)

// List returns all jails, sorted by name, after it has cleaned up those whose creation or removal was cut off. One
// that cannot be cleaned up stays in the list, in its phase.
func (m Manager) List(ctx context.Context) ([]state.Record, error) {
	f, err := m.Store.View()
	if err != nil {
		return nil, err
	}
	m.sweep(f)
	m.evict()
	if slices.ContainsFunc(f.Jails, stale) {
		m.recover(ctx, f.Jails)
		if f, err = m.Store.View(); err != nil {
			return nil, err
		}
	}
	return f.Jails, nil
}

// stale reports whether the process that creates or destroys the jail has ended before it was done.
func stale(r state.Record) bool {
	return r.Phase != state.Ready && len(alive(r.Sessions)) == 0
}

// recover rolls back the jails that were not completely created and finishes the removal of others. It does what it
// can: an error here belongs to another command, which has failed, and not to this one.
func (m Manager) recover(ctx context.Context, jails []state.Record) {
	for _, r := range jails {
		if !stale(r) {
			continue
		}
		created := r.Phase == state.Creating
		// Only one process gets the claim: two could otherwise clean up, and the slower one a later jail of that name.
		r, err := m.claim(r.ID, stale)
		if err != nil {
			continue
		}
		if created {
			_ = m.rollBack(ctx, r)
		} else {
			_, _ = m.complete(ctx, r, Safe)
		}
	}
}

// errNotClaimed means that the jail has changed since it was looked at.
var errNotClaimed = errors.New("the jail has changed meanwhile")

// claim makes this process the one that removes the jail, if a condition still holds.
func (m Manager) claim(id string, condition func(state.Record) bool) (state.Record, error) {
	self, err := state.CurrentSession("jail")
	if err != nil {
		return state.Record{}, err
	}
	var claimed state.Record
	err = m.Store.Update(func(f *state.File) error {
		i := slices.IndexFunc(f.Jails, func(r state.Record) bool { return r.ID == id })
		if i < 0 || !condition(f.Jails[i]) {
			return errNotClaimed
		}
		r := &f.Jails[i]
		if r.Phase == state.Ready {
			r.Phase = state.Destroying
		}
		r.Sessions = []state.Session{self}
		claimed = *r
		return nil
	})
	return claimed, err
}

// release gives the claim up after a failure, for the next command to try again.
func (m Manager) release(r state.Record) {
	_ = m.change(r.ID, func(f *state.File, i int) { f.Jails[i].Sessions = nil })
}

// forget takes the jail out of the record.
func (m Manager) forget(r state.Record) error {
	return m.change(r.ID, func(f *state.File, i int) { f.Jails = slices.Delete(f.Jails, i, i+1) })
}

// change changes the record with that id; it is no error if there is none any more.
func (m Manager) change(id string, how func(f *state.File, i int)) error {
	return m.Store.Update(func(f *state.File) error {
		if i := slices.IndexFunc(f.Jails, func(r state.Record) bool { return r.ID == id }); i >= 0 {
			how(f, i)
		}
		return nil
	})
}

// rollBack removes everything of a jail that was not completely created. Nobody has worked in it.
//
// Preconditions: this process has the claim, or has reserved the jail itself.
func (m Manager) rollBack(ctx context.Context, r state.Record) error {
	err := errors.Join(m.undo(ctx, r), m.Private(r).Remove())
	if err == nil {
		err = m.forget(r)
	}
	if err != nil {
		m.release(r)
	}
	return err
}

func (m Manager) undo(ctx context.Context, r state.Record) error {
	if err := ours(r); err != nil {
		return err
	}
	if !isDir(r.CommonDir) {
		return git.RemoveTree(r.Worktree)
	}
	repo := repository(r).Steady()
	if err := errors.Join(git.RemoveTree(trash(r)), repo.RemoveWorktree(ctx, r.Worktree)); err != nil {
		return err
	}
	if err := repo.SetRefs(ctx, "jail create: undo", map[string]string{jailRef(r.Name, refBase): ""}); err != nil {
		return err
	}
	tip, err := repo.BranchTip(ctx, r.Branch)
	switch {
	case errors.Is(err, git.ErrNoBranch):
		return nil
	case err != nil:
		return err
	case tip != r.Base:
		return nil // not as we made it: somebody else's
	}
	return repo.DeleteBranch(ctx, r.Branch, r.Base)
}
