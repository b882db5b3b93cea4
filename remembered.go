package main

import (
	"slices"

	"jail/plan"
	"jail/state"
)

// remembered is what a run hides, from before it starts until it is known that all of it is in its place. That of a run which
// hides nothing is nil.
type remembered struct {
	store   state.Store
	session state.Session
}

// recalled is what earlier runs, and those that still run, hid.
func recalled(s state.Store) ([]plan.Remembered, error) {
	runs, err := s.Hidden()
	var all []plan.Remembered
	for _, run := range runs {
		for _, f := range run.Files {
			id := plan.FileID{Inode: f.Inode, Born: f.Born}
			all = append(all, plan.Remembered{Root: run.Root, Path: f.Path, ID: id, Hiding: plan.Hiding(f.Hiding), Why: f.Why, Moved: f.Moved, Settled: f.Settled})
		}
	}
	return all, err
}

// remember notes what a run hides, and forgets what is known of runs that are over.
func remember(s state.Store, project string, found plan.Scanned, before []plan.Remembered) (*remembered, error) {
	if len(found.Remember) == 0 && len(before) == 0 {
		return nil, nil
	}
	session, err := state.CurrentSession("jail")
	if err != nil {
		return nil, err
	}
	own := state.HiddenRun{Session: session, Root: project}
	known := map[plan.FileID]bool{}
	for _, id := range found.Gone {
		known[id] = true
	}
	for _, r := range found.Remember {
		known[r.ID] = true
		own.Files = append(own.Files, state.HiddenFile{Path: r.Path, Inode: r.ID.Inode, Born: r.ID.Born, Hiding: string(r.Hiding), Why: r.Why, Moved: r.Moved})
	}
	err = s.UpdateHidden(func(runs []state.HiddenRun) []state.HiddenRun {
		for i := range runs {
			here, over := runs[i].Root == project, !runs[i].Session.Alive()
			runs[i].Files = slices.DeleteFunc(runs[i].Files, func(f state.HiddenFile) bool {
				if f.Settled {
					return here || !inPlace(f)
				}
				return over && (known[idOf(f)] || !f.Moved && inPlace(f))
			})
		}
		return append(runs, own)
	})
	if err != nil || len(own.Files) == 0 {
		return nil, err
	}
	return &remembered{s, session}, nil
}

func idOf(f state.HiddenFile) plan.FileID { return plan.FileID{Inode: f.Inode, Born: f.Born} }

func inPlace(f state.HiddenFile) bool {
	id, ok := plan.Identify(f.Path)
	return ok && id == idOf(f)
}

// end notes what is in its place, and tells what is not.
//
// Preconditions: nothing of the jail runs any more.
func (r *remembered) end() {
	if r == nil {
		return
	}
	var lost []string
	err := r.store.UpdateHidden(func(runs []state.HiddenRun) []state.HiddenRun {
		for i := range runs {
			if !runs[i].Session.Same(r.session) {
				continue
			}
			for k, f := range runs[i].Files {
				if _, there := plan.Identify(f.Path); !there {
					lost = append(lost, f.Path)
				}
				runs[i].Files[k].Settled = !f.Moved && inPlace(f)
			}
		}
		return runs
	})
	if err != nil {
		warn("what was hidden is not noted: %v", err)
	}
	tellSome(lost, func(path string) {
		warn("%q was hidden and is not there any more: wherever it is in the project, the next run hides it too", path)
	})
}
