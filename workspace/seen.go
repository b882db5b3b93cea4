package workspace

import (
	"context"

	"jail/git"
	"jail/state"
)

// refSeen is what the user has looked at last: the jail's HEAD and what was not committed on top of it, as a commit.
const refSeen = "seen"

// Seen is what there is to see in a jail since a look.
type Seen struct {
	From, To string // commits
	First    bool   // there was no look before
	Refused  []git.Skipped
}

// SinceLast keeps the state of a jail as a commit, and finds the one that was kept at the last look. Call Seen when it has
// been shown. Errors: those of Look.
func (m Manager) SinceLast(ctx context.Context, r state.Record) (Seen, error) {
	tree, err := m.Look(ctx, r)
	if err != nil {
		return Seen{}, err
	}
	now, err := tree.Snapshot(ctx)
	if err != nil {
		return Seen{}, err
	}
	refs, err := tree.Refs(ctx, jailRef(r.Name, ""))
	s := Seen{From: refs[jailRef(r.Name, refSeen)], To: now.Commit, Refused: now.Refused}
	if s.From == "" {
		s.From, s.First = r.Base, true
	}
	return s, err
}

// Seen notes that the user has seen a state.
func (m Manager) Seen(ctx context.Context, r state.Record, s Seen) error {
	return repository(r).SetRefs(context.WithoutCancel(ctx), "jail diff", map[string]string{jailRef(r.Name, refSeen): s.To})
}
