package git

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
)

// own lists the full names of what may move on the host under its own name: the jail's branch. In a checkout of the user's,
// every branch that no other work tree has checked out (see moveOwn for how), and tags that are new.
func (i *importer) own(host refs) []string {
	if i.p.Reach == ReachNothing {
		return nil
	}
	if i.p.Branch != "" {
		return []string{branchRef(i.p.Branch)}
	}
	var names []string
	for name, id := range i.jail.IDs {
		branch := strings.HasPrefix(name, "refs/heads/")
		switch there := host.IDs[name]; {
		case name == host.onBranch(), there == id:
		case there == "" && mayAppear(name, host, i.d.remotes()), there != "" && branch && !host.busy[name]:
		default:
			continue
		}
		names = append(names, name)
	}
	return names
}

// settle moves the repository's refs, and then HEAD and index where they follow.
//
// Preconditions: the objects are there.
func (i *importer) settle(host refs, own, changed []string) error {
	before, err := i.d.below(i.ctx, i.p.refs())
	if err != nil {
		return err
	}
	t := &transaction{}
	after := maps.Clone(host.IDs)
	for _, name := range changed {
		if slices.Contains(own, name) {
			i.moveOwn(t, name, after, before)
		} else {
			i.moveKept(t, name, host, before)
		}
	}
	follow := i.follow(host, after)
	head := cmp.Or(follow, host.onBranch())
	i.noteIndex(head, host, after)
	if err := i.noteMoves(changed, follow); err != nil {
		return err
	}
	if err := t.run(i.ctx, i.d); err != nil {
		return fmt.Errorf("cannot move the branches: %w", err)
	}
	i.ctx = context.WithoutCancel(i.ctx) // what is half moved is moved whole
	if follow != "" {
		if err := i.d.moveRefs(i.ctx, "symbolic-ref", "-m", "jail: switched inside", "HEAD", follow); err != nil {
			return err
		}
		i.s.HostHead = "ref: " + follow
	}
	if err := i.deleteGone(host, changed, head); err != nil { // at last: HEAD may have been on one of them
		return err
	}
	i.agree(changed)
	return i.repairIndex()
}

// moveKept moves what is kept of a ref that is not the jail's own branch.
func (i *importer) moveKept(t *transaction, name string, host refs, before map[string]string) {
	ref, id := i.kept(name), i.id(name)
	if host.IDs[name] == id && name != detached {
		id = "" // the repository has the same under its own name
	}
	switch {
	case before[ref] == id:
		return
	case id == "":
		i.result.Gone = append(i.result.Gone, ref)
	default:
		i.result.Refs = append(i.result.Refs, ref)
	}
	t.set(ref, id, before[ref])
}

// noteMoves remembers what is about to be moved. What an import that is cut off has moved is not the user's doing, and the jail may
// do otherwise before the next one.
func (i *importer) noteMoves(changed []string, follow string) error {
	i.s.Moving, i.s.Follows = map[string]string{}, follow
	for _, name := range changed {
		if id := i.id(name); id != "" && name != detached {
			i.s.Moving[name] = id
		}
	}
	return i.p.save(*i.s)
}

// noteIndex remembers, before the branch that HEAD is going to be on moves, that the index has to follow it.
func (i *importer) noteIndex(head string, host refs, after map[string]string) {
	was := host.IDs[host.onBranch()]
	if i.p.Reach == ReachNothing || i.p.Branch != "" && head != branchRef(i.p.Branch) || after[head] == "" || after[head] == was {
		return
	}
	if i.s.IndexDue == "" { // else it has not come to where it was due before
		i.s.IndexWas = was
	}
	i.s.IndexDue = after[head]
}

// deleteGone deletes on the host what the jail made there since the run began, and has deleted again.
func (i *importer) deleteGone(host refs, changed []string, head string) error {
	gone := &transaction{}
	for _, name := range changed {
		if name != head && i.gone(name, host) {
			gone.set(name, "", host.IDs[name])
			i.result.Gone = append(i.result.Gone, name)
		}
	}
	if err := gone.run(i.ctx, i.d); err != nil {
		return fmt.Errorf("cannot delete branches that the jail deleted: %w", err)
	}
	return nil
}

// follow is the branch that HEAD of the user's checkout is to move to, because the jail switched to it: the files are
// that branch's by now. Empty where HEAD stays.
func (i *importer) follow(host refs, after map[string]string) string {
	name := i.jail.onBranch()
	switch {
	case i.p.Reach == ReachNothing || i.p.Branch != "" || i.jail.Head == host.Head || i.jail.Head == i.s.Refs.Head:
		return "" // HEAD is not the jail's to move, or did not move
	case i.s.HostHead != host.Head, name == "", after[name] != i.jail.IDs[name], host.busy[name]:
		i.result.Left = whereabouts(i.jail)
		return ""
	}
	return name
}

// moveOwn moves a branch that belongs to both, if the host has not moved it.
func (i *importer) moveOwn(t *transaction, name string, host, before map[string]string) {
	last, now := i.s.Refs.IDs[name], i.jail.IDs[name]
	short := strings.TrimPrefix(name, "refs/heads/")
	switch {
	case now == "" || now == host[name]: // deleted in the jail: the host's stays
	case i.users(name) && host[name] != "" && !i.contains(now, host[name]):
		// A branch of the user's that he was not on only goes forward.
		if ref := i.kept(name); before[ref] != now {
			t.set(ref, now, before[ref])
			i.result.Refs = append(i.result.Refs, ref)
		}
	case host[name] == last:
		if last == "" {
			i.made(name)
		}
		t.set(name, now, last)
		i.moved(name, last, now)
		host[name] = now
	case i.contains(host[name], now): // the host has it, and more: the jail gets that at its next start
	case i.contains(now, host[name]): // the jail has taken over the host's
		t.set(name, now, host[name])
		i.moved(name, host[name], now)
		host[name] = now
	default:
		ref := i.p.refs() + "diverged"
		t.set(ref, now, before[ref])
		i.result.Diverged = &Divergence{Branch: short, Host: host[name], Jail: now, Kept: ref}
	}
}

// gone reports whether a ref of the host's was made by the jail since the run began, and deleted there again.
func (i *importer) gone(name string, host refs) bool {
	id := host.IDs[name]
	return i.p.Reach != ReachNothing && i.p.Branch == "" && i.id(name) == "" && id != "" && id == i.s.Refs.IDs[name] && i.s.Made[name] &&
		(!host.busy[name] || name == host.onBranch())
}

// users reports whether a branch or tag is the user's own, made before the run or during it, and none that he was on when it began.
func (i *importer) users(name string) bool {
	return i.p.Branch == "" && !i.s.Made[name] && i.s.Home != "ref: "+name
}

func (i *importer) made(name string) {
	if i.s.Made == nil {
		i.s.Made = map[string]bool{}
	}
	i.s.Made[name] = true
}

// moved notes that a branch of the host's moves.
func (i *importer) moved(name, old, now string) {
	if name == i.jail.onBranch() || name == branchRef(i.p.Branch) {
		i.result.Branch, i.result.Old, i.result.New = strings.TrimPrefix(name, "refs/heads/"), old, now
		return
	}
	i.result.Refs = append(i.result.Refs, name)
}

// contains reports whether a commit has another in its history.
func (i *importer) contains(commit, other string) bool {
	if commit == "" || other == "" {
		return false
	}
	has, err := i.d.isAncestor(i.ctx, other, commit)
	return has && err == nil
}

// whereabouts says where HEAD is, for people.
func whereabouts(r refs) string {
	if name := r.onBranch(); name != "" {
		return strings.TrimPrefix(name, "refs/heads/")
	}
	if validID(r.Head) {
		return "commit " + r.Head[:12]
	}
	return "no branch"
}

// agree notes that both sides have the same now. A branch that diverged is not among it.
func (i *importer) agree(changed []string) {
	for _, name := range changed {
		switch id := i.id(name); {
		case name == detached:
		case i.result.Diverged != nil && branchRef(i.result.Diverged.Branch) == name:
		case id == "":
			delete(i.s.Refs.IDs, name)
		default:
			i.s.Refs.IDs[name] = id
		}
	}
	i.s.Refs.Head = i.jail.Head
	i.s.Moving, i.s.Follows = nil, ""
}
