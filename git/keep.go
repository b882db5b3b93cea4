package git

import (
	"context"
	"fmt"
)

// Head returns the commit that HEAD of this work tree names, and "" where it has none.
func (w Worktree) Head(ctx context.Context) (string, error) {
	d, err := w.open(ctx)
	if err != nil {
		return "", err
	}
	return d.resolve(ctx, "HEAD")
}

// Keep names a commit by a full ref, so that it is not collected as garbage.
func (r Repo) Keep(ctx context.Context, ref, commit string) error {
	if !validID(commit) {
		return fmt.Errorf("cannot keep %+q: not a commit id", commit)
	}
	d, err := r.open(ctx)
	if err != nil {
		return err
	}
	return d.write(ctx, "update-ref", "-m", "jail destroy", ref, commit)
}
