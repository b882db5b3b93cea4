package workspace

import (
	"fmt"
	"slices"

	"jail/state"
)

// Begin records that a session works in the jail, which keeps the jail from being destroyed. end takes it out again;
// it may be called once. Errors: *NoSuchJailError, ErrBusy, ErrWorktreeGone.
func (m Manager) Begin(name string, s state.Session) (end func() error, err error) {
	var id string
	err = m.Store.Update(func(f *state.File) error {
		i, err := find(f, name)
		if err != nil {
			return err
		}
		r := &f.Jails[i]
		if r.Phase != state.Ready {
			return busy(*r)
		}
		if !isDir(r.Worktree) {
			return fmt.Errorf("jail %q: %w: %q; jail destroy %s clears it away", name, ErrWorktreeGone, r.Worktree, name)
		}
		id = r.ID
		r.Sessions = append(alive(r.Sessions), s)
		return nil
	})
	if err != nil {
		return nil, err
	}
	return func() error { return m.end(id, s) }, nil
}

func (m Manager) end(id string, s state.Session) error {
	return m.Store.Update(func(f *state.File) error {
		i := slices.IndexFunc(f.Jails, func(r state.Record) bool { return r.ID == id })
		if i < 0 {
			return nil
		}
		sessions := f.Jails[i].Sessions
		// One of them only: a process may have begun twice.
		if at := slices.IndexFunc(sessions, s.Same); at >= 0 {
			f.Jails[i].Sessions = slices.Delete(sessions, at, at+1)
		}
		return nil
	})
}

// alive returns those sessions whose process still runs.
func alive(sessions []state.Session) []state.Session {
	var left []state.Session
	for _, s := range sessions {
		if s.Alive() {
			left = append(left, s)
		}
	}
	return left
}

// busy describes who creates or destroys the jail.
func busy(r state.Record) error {
	doing := "created"
	if r.Phase == state.Destroying {
		doing = "destroyed"
	}
	if by := alive(r.Sessions); len(by) > 0 {
		return fmt.Errorf("jail %q is being %s by process %d: %w", r.Name, doing, by[0].PID, ErrBusy)
	}
	return fmt.Errorf("jail %q was not completely %s: %w", r.Name, doing, ErrBusy)
}
