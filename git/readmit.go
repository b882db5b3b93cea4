package git

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
)

// RestoreWorktree makes the work tree of a branch again, whose folder is gone. Git's record of the old one is removed.
// Errors: ErrNoBranch, *CommandError.
func (r Repo) RestoreWorktree(ctx context.Context, path, branch string) (Worktree, error) {
	if _, err := r.BranchTip(ctx, branch); err != nil {
		return Worktree{}, err
	}
	if _, err := os.Lstat(path); !errors.Is(err, os.ErrNotExist) {
		return Worktree{}, fmt.Errorf("cannot make work tree %q: something is there", path)
	}
	if err := r.RemoveWorktree(ctx, path); err != nil {
		return Worktree{}, err
	}
	d, err := r.openFor(ctx, withUser)
	if err != nil {
		return Worktree{}, err
	}
	d.overrides = append(d.overrides, checkoutSettings()...)
	return d.addWorktree(ctx, AddRequest{Path: path, Branch: branch})
}

// Readmit makes git's record of a work tree again, whose folder is there: gitrepository-layout(5), worktrees/. The index
// is that of the branch, so that all that the files differ in counts as changed and not staged.
func (r Repo) Readmit(ctx context.Context, admin, path, branch string) error {
	d, err := r.open(ctx)
	if err != nil {
		return err
	}
	if _, err := d.branchTip(ctx, branch); err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Dir(admin), 0o755); err != nil {
		return err
	}
	if err := os.Mkdir(admin, 0o755); err != nil {
		return fmt.Errorf("cannot make git's record of %q: %w", path, err)
	}
	if err := r.fillRecord(ctx, admin, path, branch); err != nil {
		return errors.Join(err, RemoveTree(admin))
	}
	return nil
}

// fillRecord writes what belongs into git's record of a work tree. gitdir comes last of its files: without it git takes the
// folder for none of its records.
func (r Repo) fillRecord(ctx context.Context, admin, path, branch string) error {
	for _, f := range []struct{ name, line string }{
		{"HEAD", "ref: " + branchRef(branch)}, {"commondir", "../.."}, {"gitdir", filepath.Join(path, ".git")},
	} {
		if err := os.WriteFile(filepath.Join(admin, f.name), []byte(f.line+"\n"), 0o644); err != nil {
			return err
		}
	}
	own := Repo{CommonDir: r.CommonDir, GitDir: admin, WorkTree: path}
	d, err := own.open(ctx)
	if err != nil {
		return err
	}
	if err := d.write(ctx, "read-tree", "HEAD"); err != nil {
		return err
	}
	return own.harden(ctx)
}
