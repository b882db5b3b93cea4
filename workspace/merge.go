package workspace

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"jail/git"
	"jail/state"
)

// MergeRequest says what to take of a jail, and where to.
type MergeRequest struct {
	Name    string
	Dir     string // where the user stands: a work tree of the repository, or anywhere
	Into    string // branch; empty means the one that is checked out there
	Style   git.Style
	Message string // of the commit; empty means git's usual one
	Live    Live
}

// Live says whether something may run in the jail at that moment. The zero value refuses.
type Live string

const (
	Idle    Live = ""
	Running Live = "running"
)

// RunningError says that something runs in a jail.
type RunningError struct {
	Name string
	What []string
}

func (e *RunningError) Error() string {
	return fmt.Sprintf("jail %q is running: %s", e.Name, strings.Join(e.What, "; "))
}

// ErrNoUndo means that there is no merge to undo.
var ErrNoUndo = errors.New("there is no merge to undo")

// MergePlan is a merge that is worked out; Manager.Merge carries it out. Nothing is changed yet.
type MergePlan struct {
	git.Merge
	Name    string
	Target  git.Repo // where Into is checked out; no WorkTree: nowhere
	Pending int      // files in the jail that are not committed, and do not come along
	Away    string   // commit of the jail's HEAD, where that is not its branch
	Refused []string // other refs of the jail's that did not come in, with the reasons
}

// PlanMerge works a merge out. Errors: *NoSuchJailError, ErrBusy, *RunningError,
// *UnfinishedError, those of Verify and git.PlanMerge.
func (m Manager) PlanMerge(ctx context.Context, req MergeRequest) (MergePlan, error) {
	r, err := m.ready(req.Name)
	if err != nil {
		return MergePlan{}, err
	}
	if what := running(r); len(what) > 0 && req.Live != Running {
		return MergePlan{}, &RunningError{r.Name, what}
	}
	if what := m.Private(r).Unfinished(); what != "" && what != "bisect" {
		return MergePlan{}, &UnfinishedError{r.Name, what}
	}
	s, err := m.sync(ctx, r)
	if err != nil {
		return MergePlan{}, err
	}
	target, into, err := m.target(ctx, r, req)
	if err != nil {
		return MergePlan{}, err
	}
	// One whose caller was killed goes on for a moment.
	_, release, err := target.Alone(ctx)
	if err != nil {
		return MergePlan{}, err
	}
	release()
	p := MergePlan{Name: r.Name, Target: target, Away: s.away, Refused: s.refused}
	if p.Pending, err = s.tree.UncommittedFiles(ctx); err != nil {
		return MergePlan{}, err
	}
	p.Merge, err = target.PlanMerge(ctx, git.MergeRequest{
		Into: into, Source: r.Branch, Commit: s.tip, Style: req.Style, Message: req.Message,
	})
	if err == nil {
		err = alreadyTaken(ctx, &p)
	}
	if err == nil && req.Style == git.Uncommitted && target.WorkTree == "" {
		err = fmt.Errorf("branch %+q is checked out nowhere, so there is no place for changes that are not committed", into)
	}
	return p, err
}

// alreadyTaken recognizes a jail whose commits a squash or a rebase has brought in as others.
func alreadyTaken(ctx context.Context, p *MergePlan) error {
	refs, err := p.Target.Refs(ctx, jailRef(p.Name, ""))
	result := refs[jailRef(p.Name, refResult)]
	if err != nil || result == "" || refs[jailRef(p.Name, refMerged)] != p.Commit {
		return err
	}
	has, err := p.Target.Has(ctx, p.Old, result)
	if has {
		p.Result, p.Files, p.Conflicts = p.Old, nil, nil
	}
	return err
}

// target finds the branch to merge into, and its work tree.
func (m Manager) target(ctx context.Context, r state.Record, req MergeRequest) (git.Repo, string, error) {
	home, err := m.home(ctx, r, req.Dir)
	if err != nil {
		return git.Repo{}, "", err
	}
	into := req.Into
	if into == "" {
		if into, err = home.HeadBranch(ctx); err != nil {
			return git.Repo{}, "", fmt.Errorf("%q: %w", home.Top(), err)
		}
	} else if err := git.ValidBranch(into); err != nil {
		return git.Repo{}, "", err
	}
	if into == r.Branch {
		return git.Repo{}, "", fmt.Errorf("%+q is the jail's own branch: name another to merge it into", into)
	}
	target, err := home.CheckedOut(ctx, into)
	if err != nil {
		return git.Repo{}, "", err
	}
	f, err := m.Store.View()
	if err == nil && target.WorkTree != "" && jailed(f.Jails, target) {
		err = fmt.Errorf("branch %+q is checked out in another jail, which alone may change it", into)
	}
	return target.Steady(), into, err
}

// Refs of a jail, below refs/jail/NAME/. The first keeps the commit that its branch started from. Those that "jail merge"
// writes say what it did; they are written before the branch moves, so what they say is true only if the branch has the
// result.
const (
	refBase     = "base"
	refMerged   = "merged"    // the jail's commit that was taken
	refResult   = "result"    // what the branch became
	refPreMerge = "pre-merge" // what it was before
	refInto     = "into"      // a symbolic ref to the branch
)

func jailRef(name, what string) string { return "refs/jail/" + name + "/" + what }

// Merge carries out a plan without conflicts. If it fails, the branch and the files are as they were, or else a *git.CutError says
// that they are not, and the next merge makes that good. Errors: git.ErrMoved, *git.InTheWayError, *git.CutError.
func (m Manager) Merge(ctx context.Context, p MergePlan) error {
	if p.Result == "" {
		return fmt.Errorf("jail %q has conflicts with %+q", p.Name, p.Into)
	}
	if p.UpToDate() {
		return nil
	}
	target, release, err := p.Target.Alone(ctx)
	if err != nil {
		return err
	}
	defer release()
	p.Target = target
	if err := p.Target.At(ctx, p.Into, p.Old); err != nil { // another merge came first
		return err
	}
	// Not to be cut off by a first Ctrl-C: git is quick here, and stops in between only if it is killed.
	ctx = context.WithoutCancel(ctx)
	if err := m.takeBackCut(ctx, p.Target, p.Name); err != nil {
		return err
	}
	n := noted{name: p.Name, at: p.Into, from: p.Old, to: p.Result}
	if p.Style == git.Uncommitted {
		return m.changing(ctx, p.Target, n, func(begin func() error) error { return p.Target.Stage(ctx, p.Merge, begin) })
	}
	before, err := readMergeNote(ctx, p.Target, p.Name)
	if err != nil {
		return err
	}
	now := mergeNote{into: p.Into, merged: p.Commit, result: p.Result, old: p.Old}
	err = m.writeMergeNote(ctx, p.Target, p.Name, now, before.into)
	if err == nil {
		m.at("merge: refs written")
		err = m.changing(ctx, p.Target, n, func(begin func() error) error {
			return p.Target.Move(ctx, p.Into, p.Old, p.Result, begin)
		})
	}
	if err != nil {
		return errors.Join(err, m.writeMergeNote(ctx, p.Target, p.Name, before, p.Into))
	}
	m.at("merge: moved")
	return nil
}

// mergeNote is what the refs of a jail say of the last merge; empty where there was none.
type mergeNote struct {
	into                string // short name of a branch
	merged, result, old string // commits, see refMerged
}

func readMergeNote(ctx context.Context, repo git.Repo, name string) (mergeNote, error) {
	refs, err := repo.Refs(ctx, jailRef(name, ""))
	n := mergeNote{merged: refs[jailRef(name, refMerged)], result: refs[jailRef(name, refResult)], old: refs[jailRef(name, refPreMerge)]}
	n.into, _ = repo.PointsTo(ctx, jailRef(name, refInto)) // an error: there is none
	return n, err
}

// writeMergeNote replaces what is noted, which is about the branch wasInto.
func (m Manager) writeMergeNote(ctx context.Context, repo git.Repo, name string, n mergeNote, wasInto string) error {
	set := func(ids map[string]string) error { return repo.SetRefs(ctx, "jail merge", ids) }
	merged, result, old, into := jailRef(name, refMerged), jailRef(name, refResult), jailRef(name, refPreMerge), jailRef(name, refInto)
	if n.into != wasInto {
		// What was done to one branch must not be taken for another's, should this be cut off.
		if err := set(map[string]string{merged: "", result: "", old: "", into: ""}); err != nil {
			return err
		}
		if n.into == "" {
			return nil
		}
		if err := repo.PointTo(ctx, into, n.into); err != nil {
			return err
		}
		m.at("merge: target noted")
	}
	return set(map[string]string{merged: n.merged, result: n.result, old: n.old})
}

// Undone says what an undo did.
type Undone struct {
	Into     string
	From, To string // commits
}

// Unmerge takes the last merge of a jail back, if the branch is still where the merge left it. Local changes stay.
// Errors: ErrNoUndo, and those of Merge.
func (m Manager) Unmerge(ctx context.Context, name, dir string) (Undone, error) {
	r, err := m.ready(name)
	if err != nil {
		return Undone{}, err
	}
	home, err := m.home(ctx, r, dir)
	if err != nil {
		return Undone{}, err
	}
	home, release, err := home.Alone(ctx)
	if err != nil {
		return Undone{}, err
	}
	defer release()
	ctx = context.WithoutCancel(ctx)
	if err := m.takeBackCut(ctx, home, name); err != nil {
		return Undone{}, err
	}
	n, err := readMergeNote(ctx, home, name)
	if err != nil {
		return Undone{}, err
	}
	u := Undone{Into: n.into, From: n.result, To: n.old}
	if u.Into == "" || u.From == "" || u.To == "" {
		return Undone{}, fmt.Errorf("jail %q: %w", name, ErrNoUndo)
	}
	target, err := home.CheckedOut(ctx, u.Into)
	if err != nil {
		return Undone{}, err
	}
	target = target.Steady()
	tip, err := target.BranchTip(ctx, u.Into)
	if err != nil {
		return Undone{}, err
	}
	if tip != u.To { // else an undo was cut off, or the merge before it moved anything
		n := noted{name: name, at: u.Into, from: u.From, to: u.To}
		err := m.changing(ctx, target, n, func(begin func() error) error { return target.MoveBack(ctx, u.Into, u.From, u.To, begin) })
		if err != nil {
			return Undone{}, err
		}
	}
	m.at("undo: moved back")
	return u, target.SetRefs(ctx, "jail merge --undo", map[string]string{
		jailRef(name, refMerged): "", jailRef(name, refResult): "", jailRef(name, refPreMerge): "",
	})
}
