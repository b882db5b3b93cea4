package workspace

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"jail/git"
	"jail/state"
)

// Mode says what a removal may lose. The zero value loses nothing.
type Mode string

const (
	Safe      Mode = ""
	Forced    Mode = "forced"  // nothing either: uncommitted files and unmerged commits go to an archive
	Discarded Mode = "discard" // uncommitted files, and commits that no branch has; the jail's branch stays while it alone has some
)

// NotSafeError lists everything that speaks against destroying a jail.
type NotSafeError struct {
	Name    string
	Reasons []string
}

func (e *NotSafeError) Error() string {
	return fmt.Sprintf("jail %q is not safe to destroy: %s", e.Name, strings.Join(e.Reasons, "; "))
}

// Destroy removes a jail: its work tree, its record, and its branch if all commits of it are elsewhere too. While a
// session runs in it, it refuses in every mode. What is nowhere else is archived before anything is removed, unless it
// is to be discarded. The notices say what was kept or was gone already. Errors:
// *NoSuchJailError, *NotSafeError, ErrBusy.
func (m Manager) Destroy(ctx context.Context, name string, mode Mode) ([]string, error) {
	r, err := m.Find(name)
	if err != nil {
		return nil, err
	}
	if r.Phase != state.Ready && !stale(r) {
		return nil, busy(r)
	}
	if reasons := running(r); len(reasons) > 0 {
		return nil, &NotSafeError{name, reasons}
	}
	if r.Phase == state.Ready && mode == Safe {
		reasons := m.notIn(ctx, r)
		if len(reasons) == 0 {
			if reasons, err = m.losses(ctx, r); err != nil {
				return nil, err
			}
		}
		if len(reasons) > 0 {
			return nil, &NotSafeError{name, reasons}
		}
	}
	created := r.Phase == state.Creating
	// Again under the lock: a session may have begun since.
	r, err = m.claim(r.ID, func(r state.Record) bool { return len(alive(r.Sessions)) == 0 })
	if errors.Is(err, errNotClaimed) {
		return nil, fmt.Errorf("cannot destroy jail %q: %w", name, ErrBusy)
	}
	if err != nil {
		return nil, err
	}
	if created {
		return nil, m.rollBack(ctx, r)
	}
	return m.complete(ctx, r, mode)
}

// complete archives what a jail has, and removes the jail. If the archive cannot be made, or the context ends before, the
// jail is as it was.
//
// Preconditions: this process has the claim.
func (m Manager) complete(ctx context.Context, r state.Record, mode Mode) ([]string, error) {
	m.at("destroy: claimed")
	var saved []string
	if mode != Discarded {
		var err error
		if saved, err = m.save(ctx, r); err != nil {
			_ = m.change(r.ID, func(f *state.File, i int) { f.Jails[i].Phase, f.Jails[i].Sessions = state.Ready, nil })
			return nil, err
		}
	}
	// What was decided and archived is carried through: an interruption here would leave half of a jail.
	notices, err := m.finish(context.WithoutCancel(ctx), r)
	return append(saved, notices...), err
}

// running lists the sessions in the jail.
func running(r state.Record) []string {
	if r.Phase != state.Ready {
		return nil
	}
	var reasons []string
	for _, s := range alive(r.Sessions) {
		reasons = append(reasons, fmt.Sprintf("%+q runs in it as process %d: end it first", strings.Join(s.Command, " "), s.PID))
	}
	return reasons
}

// notIn imports what a jail has committed and says what of it did not come in, and what is not concluded.
func (m Manager) notIn(ctx context.Context, r state.Record) []string {
	left, err := m.importBranch(ctx, r)
	if err != nil {
		left = []string{err.Error()}
	}
	if what := m.Private(r).Unfinished(); what != "" {
		left = append(left, (&UnfinishedError{r.Name, what}).Error())
	}
	return left
}

// losses lists what would be lost.
func (m Manager) losses(ctx context.Context, r state.Record) ([]string, error) {
	tree, err := m.tree(r)
	var changed *ChangedError
	switch {
	case errors.As(err, &changed):
		return []string{err.Error()}, nil
	case errors.Is(err, ErrRepositoryGone) && isDir(r.Worktree):
		return []string{fmt.Sprintf("its repository %q is gone, so %q may be the only copy", r.Repo, r.Worktree)}, nil
	case errors.Is(err, ErrRepositoryGone):
		return nil, nil
	case errors.Is(err, ErrWorktreeGone) && isDir(r.Worktree):
		return []string{fmt.Sprintf("git does not know its work tree %q any more: changes cannot be seen", r.Worktree)}, nil
	case errors.Is(err, ErrWorktreeGone):
		return lost(ctx, r, nil)
	case err != nil:
		return nil, err
	}
	s, err := tree.Status(ctx)
	if err != nil {
		return nil, fmt.Errorf("cannot check jail %q for changes: %w", r.Name, err)
	}
	reasons := dirty(s)
	if len(reasons) == 0 {
		// A file can be staged and gone.
		switch staged, err := m.Private(r).Staged(ctx, m.Fetch); {
		case err != nil:
			reasons = append(reasons, fmt.Sprintf("what is staged in it cannot be seen: %v", err))
		case staged != "":
			reasons = append(reasons, "something is staged in it")
		}
	}
	var heads []string
	if s.Head != "" {
		heads = append(heads, s.Head)
	}
	more, err := lost(ctx, r, heads)
	return append(reasons, more...), err
}

func dirty(s git.Status) []string {
	var reasons []string
	switch n := len(s.Entries); {
	case n == 1:
		reasons = append(reasons, "1 file is not committed")
	case n > 1:
		reasons = append(reasons, fmt.Sprintf("%d files are not committed", n))
	}
	for _, what := range s.Incomplete {
		reasons = append(reasons, "not known: "+what)
	}
	return reasons
}

// lost says how many commits are merged nowhere, those of the jail's other branches and tags among them.
func lost(ctx context.Context, r state.Record, heads []string) ([]string, error) {
	own, err := ownRefs(ctx, r)
	if err != nil {
		return nil, err
	}
	n, err := unmerged(ctx, r, slices.AppendSeq(heads, maps.Values(own)))
	if err != nil || n == 0 {
		return nil, err
	}
	var names []string
	for _, what := range slices.Sorted(maps.Keys(own)) {
		if isSide(what) {
			names = append(names, what)
		}
	}
	text := fmt.Sprintf("%d commits are merged nowhere", n)
	if n == 1 {
		text = "1 commit is merged nowhere"
	}
	return []string{text + sideText(names)}, nil
}

// Unmerged counts the commits of a jail's branch that are merged nowhere, neither as they are nor as others: what
// destroying it would lose.
func (m Manager) Unmerged(ctx context.Context, r state.Record) (int, error) {
	return unmerged(ctx, r, nil)
}

// unmerged is Unmerged with the commits that heads have beside the branch.
func unmerged(ctx context.Context, r state.Record, heads []string) (int, error) {
	repo := repository(r).Steady()
	req := git.UnmergedRequest{Branch: r.Branch, Heads: heads, Since: r.Base, Base: r.Base}
	var err error
	if req.Taken, req.Onto, err = merged(ctx, repo, r); err != nil {
		return 0, err
	}
	n, err := repo.Unmerged(ctx, req)
	if err != nil {
		err = fmt.Errorf("cannot check the commits of jail %q: %w", r.Name, err)
	}
	return n, err
}

// merged says where a jail's work may be as other commits: all up to a commit that "jail merge" has taken, and what has
// the same changes on a branch that it came from or went to.
func merged(ctx context.Context, repo git.Repo, r state.Record) (taken string, onto []string, err error) {
	if strings.HasPrefix(r.BaseRef, "refs/heads/") {
		onto = append(onto, r.BaseRef)
	}
	if into, err := repo.PointsTo(ctx, jailRef(r.Name, refInto)); err == nil && !slices.Contains(onto, "refs/heads/"+into) {
		onto = append(onto, "refs/heads/"+into)
	}
	taken, err = takenTip(ctx, repo, r)
	return taken, onto, err
}

// takenTip is the commit up to which "jail merge" has taken a jail's work, as other commits too; empty if there is none.
func takenTip(ctx context.Context, repo git.Repo, r state.Record) (string, error) {
	refs, err := repo.Refs(ctx, jailRef(r.Name, ""))
	result := refs[jailRef(r.Name, refResult)]
	if err != nil || result == "" {
		return "", err
	}
	// Not if the branch that got the result has been reset since.
	n, err := repo.Unmerged(ctx, git.UnmergedRequest{Heads: []string{result}})
	if err != nil || n > 0 {
		return "", err
	}
	return refs[jailRef(r.Name, refMerged)], nil
}

// trash is where the work tree of a jail is while it is removed. What is there is archived, or was not worth it.
func trash(r state.Record) string {
	return filepath.Join(filepath.Dir(r.Worktree), ".removed-"+r.ID)
}

// finish removes a jail.
//
// Preconditions: this process has the claim, and what the jail has is archived.
func (m Manager) finish(ctx context.Context, r state.Record) ([]string, error) {
	notices, err := m.remove(ctx, r)
	if err == nil {
		err = m.Private(r).Remove()
	}
	if err == nil {
		err = m.forget(r)
	}
	if err != nil {
		m.release(r)
		return notices, fmt.Errorf("cannot destroy jail %q: %w", r.Name, err)
	}
	return notices, nil
}

func (m Manager) remove(ctx context.Context, r state.Record) ([]string, error) {
	if err := ours(r); err != nil {
		return nil, err
	}
	notices, err := m.removeFiles(ctx, r)
	if err != nil {
		return notices, err
	}
	if !isDir(r.CommonDir) {
		return append(notices, fmt.Sprintf("its repository %q was gone already", r.Repo)), nil
	}
	repo := repository(r).Steady()
	taken, onto, err := merged(ctx, repo, r)
	if err != nil {
		return notices, err
	}
	if err := repo.RemoveWorktree(ctx, r.Worktree); err != nil {
		return notices, err
	}
	m.at("destroy: git forgot the work tree")
	notice, err := settleBranch(ctx, repo, git.UnmergedRequest{Branch: r.Branch, Taken: taken, Base: r.Base, Onto: onto})
	if notice != "" {
		notices = append(notices, notice)
	}
	if err != nil {
		return notices, err
	}
	m.at("destroy: branch settled")
	return notices, dropRefs(ctx, repo, jailRef(r.Name, ""), jailRef(r.Name, refInto), jailRef(r.Name, refAt))
}

// removeFiles removes the work tree. It is moved aside in one step first: whoever finds half of it knows so that its
// loss was decided.
func (m Manager) removeFiles(ctx context.Context, r state.Record) ([]string, error) {
	var notices []string
	switch {
	case isDir(r.Worktree):
		if err := errors.Join(ctx.Err(), git.RemoveTree(trash(r))); err != nil {
			return nil, err
		}
		if err := os.Rename(r.Worktree, trash(r)); err != nil {
			return nil, fmt.Errorf("cannot remove the work tree: %w", err)
		}
		m.at("destroy: moved aside")
	case !isDir(trash(r)):
		notices = append(notices, fmt.Sprintf("its work tree %q was gone already", r.Worktree))
	}
	m.pool(ctx, r, trash(r))
	err := git.RemoveTree(trash(r)) // if it is still there
	m.at("destroy: files gone")
	return notices, err
}

// settleBranch deletes the branch if every commit of it is elsewhere, and says what became of it.
func settleBranch(ctx context.Context, repo git.Repo, req git.UnmergedRequest) (string, error) {
	branch := req.Branch
	tip, err := repo.BranchTip(ctx, branch)
	if errors.Is(err, git.ErrNoBranch) {
		return fmt.Sprintf("its branch %+q was gone already", branch), nil
	}
	if err != nil {
		return "", err
	}
	// Everything counts here, the base too: it may have been on no branch.
	n, err := repo.Unmerged(ctx, req)
	if err != nil {
		return "", err
	}
	if n > 0 {
		return fmt.Sprintf("branch %+q stays: commits of it are merged nowhere; to lose them as well: git branch -D %s", branch, branch), nil
	}
	if err := repo.DeleteBranch(ctx, branch, tip); err != nil {
		// It has moved, or is checked out elsewhere: it is in use, and stays.
		return fmt.Sprintf("branch %+q stays: %v", branch, err), ctx.Err()
	}
	return "", nil
}
