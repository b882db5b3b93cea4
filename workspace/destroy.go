package workspace

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"jail/git"
	"jail/state"
)

// Mode says what a removal may lose. The zero value loses nothing.
type Mode string

const (
	Safe   Mode = ""
	Forced Mode = "forced" // uncommitted files, and commits that no branch has
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
// session runs in it, it refuses in every mode. The notices say what was kept or was gone already. Errors:
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
	if r.Phase == state.Ready && mode != Forced {
		reasons, err := losses(ctx, r)
		if err != nil {
			return nil, err
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
	return m.finish(ctx, r)
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

// losses lists what would be lost.
func losses(ctx context.Context, r state.Record) ([]string, error) {
	tree, err := Tree(r)
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
		return unmerged(ctx, r, nil)
	case err != nil:
		return nil, err
	}
	s, err := tree.Status(ctx)
	if err != nil {
		return nil, fmt.Errorf("cannot check jail %q for changes: %w", r.Name, err)
	}
	reasons := dirty(s)
	var heads []string
	if s.Head != "" {
		heads = []string{s.Head}
	}
	more, err := unmerged(ctx, r, heads)
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

func unmerged(ctx context.Context, r state.Record, heads []string) ([]string, error) {
	n, err := repository(r).Unmerged(ctx, git.UnmergedRequest{Branch: r.Branch, Heads: heads, Since: r.Base})
	switch {
	case err != nil:
		return nil, fmt.Errorf("cannot check the commits of jail %q: %w", r.Name, err)
	case n == 1:
		return []string{"1 commit is merged nowhere"}, nil
	case n > 1:
		return []string{fmt.Sprintf("%d commits are merged nowhere", n)}, nil
	}
	return nil, nil
}

// finish removes a jail.
//
// Preconditions: this process has the claim.
func (m Manager) finish(ctx context.Context, r state.Record) ([]string, error) {
	notices, err := remove(ctx, r)
	if err == nil {
		err = m.forget(r)
	}
	if err != nil {
		m.release(r)
		return notices, fmt.Errorf("cannot destroy jail %q: %w", r.Name, err)
	}
	return notices, nil
}

func remove(ctx context.Context, r state.Record) ([]string, error) {
	if err := ours(r); err != nil {
		return nil, err
	}
	var notices []string
	if !isDir(r.Worktree) {
		notices = append(notices, fmt.Sprintf("its work tree %q was gone already", r.Worktree))
	}
	if !isDir(r.CommonDir) {
		notices = append(notices, fmt.Sprintf("its repository %q was gone already", r.Repo))
		return notices, git.RemoveTree(r.Worktree)
	}
	repo := repository(r)
	if notice, err := keepHead(ctx, r, repo); err != nil {
		return notices, err
	} else if notice != "" {
		notices = append(notices, notice)
	}
	if err := repo.RemoveWorktree(ctx, r.Worktree); err != nil {
		return notices, err
	}
	notice, err := settleBranch(ctx, repo, r.Branch)
	if notice != "" {
		notices = append(notices, notice)
	}
	return notices, err
}

// keepHead gives a ref to commits that only a detached HEAD leads to, which would be lost with the work tree.
func keepHead(ctx context.Context, r state.Record, repo git.Repo) (notice string, err error) {
	tree, err := Tree(r)
	if err != nil {
		return "", nil // the work tree is gone or not git's any more: nothing leads to such commits
	}
	head, err := tree.Head(ctx)
	if err != nil || head == "" {
		return "", err
	}
	if tip, err := repo.BranchTip(ctx, r.Branch); err == nil && tip == head {
		return "", nil // the branch has them
	}
	n, err := repo.Unmerged(ctx, git.UnmergedRequest{Branch: r.Branch, Heads: []string{head}, Since: r.Base})
	if err != nil || n == 0 {
		return "", err
	}
	ref := "refs/jail/" + r.Name + "/head"
	if err := repo.Keep(ctx, ref, head); err != nil {
		return "", err
	}
	return fmt.Sprintf("its commits that are on no branch are kept: git log %s", ref), nil
}

// settleBranch deletes the branch if every commit of it is elsewhere, and says what became of it.
func settleBranch(ctx context.Context, repo git.Repo, branch string) (string, error) {
	tip, err := repo.BranchTip(ctx, branch)
	if errors.Is(err, git.ErrNoBranch) {
		return fmt.Sprintf("its branch %+q was gone already", branch), nil
	}
	if err != nil {
		return "", err
	}
	// Everything counts here, the base too: it may have been on no branch.
	n, err := repo.Unmerged(ctx, git.UnmergedRequest{Branch: branch})
	if err != nil {
		return "", err
	}
	if n > 0 {
		return fmt.Sprintf("branch %+q stays: commits of it are merged nowhere", branch), nil
	}
	if err := repo.DeleteBranch(ctx, branch, tip); err != nil {
		// It has moved, or is checked out elsewhere: it is in use, and stays.
		return fmt.Sprintf("branch %+q stays: %v", branch, err), ctx.Err()
	}
	return "", nil
}
