package git

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
)

// Move takes a branch from one commit to another that is ahead of it, with the files of the work tree, where the
// branch is checked out there. Changes in other files stay; where the commits change a file that is not committed, or
// would overwrite one that is ignored, it is refused and nothing is changed. No hook is run; filters are as the user
// configured them, except those that lie in the work tree. begin, if not nil, is called before the first file is changed.
// Errors: ErrMoved, *InTheWayError, *CutError.
func (r Repo) Move(ctx context.Context, branch, from, to string, begin func() error) error {
	// The settings branch.NAME.mergeOptions, merge.autoStash and others stand for themselves in the user's own merges.
	args := []string{"merge", "--ff-only", "--no-squash", "--commit", "--no-stat", "--no-autostash", "--no-verify-signatures",
		"--no-overwrite-ignore", "--quiet", to}
	return r.move(ctx, step{branch, from, to, begin}, "fast-forward", call{args: args, env: reflog("merge")})
}

// MoveBack takes a branch back to where it was before Move, and keeps local changes; it is refused where they are in
// files that would change. Errors: as Move.
func (r Repo) MoveBack(ctx context.Context, branch, from, to string, begin func() error) error {
	args := []string{"reset", "--quiet", "--keep", to}
	return r.move(ctx, step{branch, from, to, begin}, "undo", call{args: args, env: reflog("undo of a merge")})
}

// move moves a branch with the files, or without files the ref alone.
func (r Repo) move(ctx context.Context, c step, why string, files call) error {
	d, err := r.openFor(ctx, withUser)
	if err != nil {
		return err
	}
	if err := d.at(ctx, c.branch, c.from); err != nil {
		return err
	}
	if r.WorkTree == "" {
		return d.moveRefs(ctx, "update-ref", "-m", "jail merge: "+why, branchRef(c.branch), c.to, c.from)
	}
	files.config, files.limit = withUser, addLimit
	return d.carryOut(ctx, c, func() error { return d.finish(ctx, files) })
}

// Stage brings the tree of a merge into the index and the work tree, for the user to commit; the commit gets the
// merged one as second parent. "git merge --abort" takes it back. begin and errors: as Move.
func (r Repo) Stage(ctx context.Context, m Merge, begin func() error) error {
	d, err := r.openFor(ctx, withUser)
	if err != nil {
		return err
	}
	if err := d.at(ctx, m.Into, m.Old); err != nil {
		return err
	}
	staged, err := d.read(ctx, "diff-index", "--cached", "--name-only", "-z", "HEAD", "--")
	if err != nil {
		return err
	}
	if paths := parsePaths(staged); len(paths) > 0 {
		return fmt.Errorf("something is staged already, as %+q: commit it first", paths[0])
	}
	if _, err := os.Lstat(filepath.Join(r.GitDir, mergeHead)); err == nil {
		return errors.New("another merge is not concluded there: git commit concludes it, git merge --abort gives it up")
	}
	return d.carryOut(ctx, step{m.Into, m.Old, m.Result, begin}, func() error {
		args := []string{"read-tree", "-m", "-u", m.Old, m.Result}
		if err := d.finish(ctx, call{args: args, config: withUser, limit: addLimit}); err != nil {
			return err
		}
		return r.markMerge(m)
	})
}

// Files by which git knows that the next commit concludes a merge, beside mergeMessage: plain ones in every ref format
// (gitglossary(7), pseudoref); git update-ref refuses the first from 2.46 on.
const (
	mergeHead = "MERGE_HEAD"
	mergeMode = "MERGE_MODE"
)

// markMerge makes a merge of what is staged. MERGE_HEAD comes last: with it alone the next commit would take all of the jail's work
// for merged, and have none of it.
func (r Repo) markMerge(m Merge) error {
	// Without it git makes no merge of a branch that is merely ahead: its commit would stand on the jail's, and be empty.
	if err := replace(filepath.Join(r.GitDir, mergeMode), []byte("no-ff")); err != nil {
		return err
	}
	if err := writeMessage(r.GitDir, m.message()); err != nil {
		return err
	}
	return replace(filepath.Join(r.GitDir, mergeHead), []byte(m.Commit+"\n"))
}

// forgetStaged removes what markMerge has left without an end.
func (d door) forgetStaged() error {
	dir, err := os.OpenRoot(d.repo.GitDir)
	if err != nil {
		return err
	}
	defer dir.Close()
	_, begun := dir.Lstat(mergeMode)
	if _, err := dir.Lstat(mergeHead); err == nil || begun != nil {
		return nil
	}
	if info, err := dir.Lstat(mergeMessage); err == nil && !info.IsDir() {
		if err := dir.Remove(mergeMessage); err != nil {
			return err
		}
	}
	return dir.Remove(mergeMode)
}

// refreshIndex looks at the files whose times have changed, so that those whose content is the same stand in nobody's way.
func (d door) refreshIndex(ctx context.Context) error {
	err := d.finish(ctx, call{args: []string{"update-index", "-q", "--refresh"}, config: withUser})
	if exitCode(err) > 0 { // some have changes
		return nil
	}
	return err
}

func reflog(what string) []string { return []string{"GIT_REFLOG_ACTION=jail merge: " + what} }
