package git

import "context"

// Head returns the commit that HEAD of this work tree names, and "" where it has none.
func (w Worktree) Head(ctx context.Context) (string, error) {
	d, err := w.open(ctx)
	if err != nil {
		return "", err
	}
	return d.resolve(ctx, "HEAD")
}
