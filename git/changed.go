package git

import (
	"context"
	"fmt"
)

// Change is a file that is not as in HEAD.
type Change struct {
	Path   string // an untracked nested repository ends in "/"
	Gone   bool   // from the work tree
	Staged bool   // the index has it otherwise than HEAD
	Merge  bool   // it has conflicts
}

// Changes lists the files of a work tree that are not as in HEAD, ignored ones excepted. Unlike Status it is complete or
// an error. A file that is staged as gone and is there again comes twice, as gone first. Errors: ErrWaits.
func (r Repo) Changes(ctx context.Context) ([]Change, error) {
	if r.WorkTree == "" {
		return nil, nil
	}
	d, err := r.open(ctx)
	if err != nil {
		return nil, err
	}
	if err := d.passOver(ctx); err != nil {
		return nil, err
	}
	var out []byte
	err = d.unlessWaiting(ctx, func(ctx context.Context) (err error) {
		out, err = d.readWork(ctx, "status", "--porcelain=v1", "-z", "--untracked-files=all", "--ignore-submodules=all", "--no-renames")
		return err
	})
	if err != nil {
		return nil, err
	}
	var changes []Change
	for _, field := range parsePaths(out) {
		if len(field) < 4 || field[2] != ' ' {
			return nil, unexpected("status", field)
		}
		x, y := field[0], field[1]
		c := Change{Path: field[3:], Staged: x != ' ' && x != '?'}
		c.Merge = x == 'U' || y == 'U' || x == 'A' && y == 'A' || x == 'D' && y == 'D'
		// git's word: a file whose folder is a symbolic link by now is gone, wherever the link leads.
		c.Gone = !c.Merge && (y == 'D' || x == 'D' && y == ' ')
		changes = append(changes, c)
	}
	return changes, nil
}

// KeepIndex makes a commit of what is staged, on top of HEAD, and returns its id; no ref leads to it.
func (r Repo) KeepIndex(ctx context.Context) (string, error) {
	d, err := r.open(ctx)
	if err != nil {
		return "", err
	}
	head, err := d.resolve(ctx, "HEAD")
	if err != nil {
		return "", err
	}
	return d.commitIndex(ctx, "", head, "staged in a jail\n")
}

// SetIndex makes the index of a work tree that of a commit, and leaves the files alone.
func (r Repo) SetIndex(ctx context.Context, commit string) error {
	if !validID(commit) {
		return fmt.Errorf("%+q is not a commit id", commit)
	}
	d, err := r.open(ctx)
	if err != nil {
		return err
	}
	return d.write(ctx, "read-tree", "--reset", commit)
}

// Bundle writes refs with all their commits, without those that since has, into a file of git's own format. Errors:
// *CommandError.
func (r Repo) Bundle(ctx context.Context, file string, refs []string, since string) error {
	d, err := r.open(ctx)
	if err != nil {
		return err
	}
	args := append([]string{"bundle", "create", "--quiet", file}, refs...)
	if since != "" {
		args = append(args, "^"+since)
	}
	_, err = d.run(ctx, call{args: args, access: writes, limit: addLimit})
	return err
}

// Unbundle reads the objects of a bundle into the repository. No ref changes. Errors: *CommandError, as when the
// repository has not the commits that the bundle builds on.
func (r Repo) Unbundle(ctx context.Context, file string) error {
	d, err := r.open(ctx)
	if err != nil {
		return err
	}
	_, err = d.run(ctx, call{args: []string{"bundle", "unbundle", file}, access: writes, limit: addLimit})
	return err
}
