package git

import (
	"context"
	"fmt"
)

// Adopt takes over a work tree at path that somebody else has added to the repository, on that branch. Its base is the best common
// ancestor of the branch and the repository's own HEAD. Nothing of the work tree is read or changed; git's record of it is checked,
// and made safe for plain git as AddWorktree does it. Errors: ErrNoBranch, ErrUnborn, *CommandError, and what is wrong with the record.
func (r Repo) Adopt(ctx context.Context, path, branch string) (Worktree, error) {
	fail := func(why string) (Worktree, error) {
		return Worktree{}, fmt.Errorf("cannot take over the work tree %q: %s", path, why)
	}
	admin := adminDirs(r.CommonDir, path)
	if len(admin) != 1 {
		return fail(fmt.Sprintf("the repository %q has %d records of it; git worktree repair %q may help", r.Top(), len(admin), path))
	}
	head, err := readOneLine(admin[0], "HEAD")
	if err != nil {
		return fail(err.Error())
	}
	if want := "ref: " + branchRef(branch); head != want {
		return fail(fmt.Sprintf("it is not on its branch %+q any more: git switch there", branch))
	}
	tip, err := r.BranchTip(ctx, branch)
	if err != nil {
		return Worktree{}, err
	}
	here, baseRef, err := r.ResolveBase(ctx, "")
	if err != nil {
		return Worktree{}, err
	}
	d, err := r.open(ctx)
	if err != nil {
		return Worktree{}, err
	}
	base, err := d.ancestor(ctx, tip, here)
	if err != nil {
		return Worktree{}, err
	}
	if base == "" {
		return fail(fmt.Sprintf("branch %+q has nothing in common with what is checked out in %q", branch, r.Top()))
	}
	own := Repo{CommonDir: r.CommonDir, GitDir: admin[0], WorkTree: path}
	return Worktree{Repo: own, Branch: branch, Base: base, BaseRef: baseRef}, own.harden(ctx)
}
