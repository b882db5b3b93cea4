package git

import (
	"context"
	"os"
	"path/filepath"
	"strings"
)

// TakeBackHalf repairs a work tree in which Move was killed: files that are as the result has them, while the branch
// is still at old, become as old has them. Only such files are touched, so nothing is lost: the result has them.
func (r Repo) TakeBackHalf(ctx context.Context, old, result string) error {
	d, err := r.openFor(ctx, withUser)
	if err != nil || r.WorkTree == "" {
		return err
	}
	files, err := d.changes(ctx, old, result)
	if err != nil {
		return err
	}
	dir, err := os.MkdirTemp("", "jail-merge-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	other, err := d.notAs(ctx, filepath.Join(dir, "result"), result)
	if err != nil {
		return err
	}
	tree, err := os.OpenRoot(r.WorkTree)
	if err != nil {
		return err
	}
	defer tree.Close()
	var back strings.Builder
	for _, f := range files {
		_, missing := tree.Lstat(f.Path)
		switch {
		case other[f.Path], f.NewMode == "000000" && missing == nil, f.NewMode == "160000", f.OldMode == "160000":
			continue
		case f.OldMode == "000000":
			if err := tree.Remove(f.Path); err != nil {
				return err
			}
		default:
			back.WriteString(f.Path + "\x00")
		}
	}
	index := filepath.Join(dir, "old")
	if _, err := d.run(ctx, call{args: []string{"read-tree", old}, access: writes, index: index}); err != nil {
		return err
	}
	list, err := listed(back.String())
	if err != nil {
		return err
	}
	defer list.Close()
	return d.finish(ctx, call{args: []string{"checkout-index", "-f", "-z", "--stdin"}, config: withUser, limit: addLimit, index: index, stdin: list})
}

// listed is the standard input of a git that outlives us. Out of a pipe it would take what has come of a path for the whole of it.
func listed(text string) (*os.File, error) {
	f, err := namelessFile()
	if err != nil {
		return nil, err
	}
	if _, err := f.WriteAt([]byte(text), 0); err != nil {
		f.Close()
		return nil, err
	}
	return f, nil
}

// notAs lists the files of the work tree that are not as a commit has them, without those that the commit has not. The
// index is a file to be made.
func (d door) notAs(ctx context.Context, index, commit string) (map[string]bool, error) {
	if _, err := d.run(ctx, call{args: []string{"read-tree", commit}, access: writes, index: index}); err != nil {
		return nil, err
	}
	_, err := d.run(ctx, call{args: []string{"update-index", "-q", "--refresh"}, access: writes, config: withUser, index: index})
	if err != nil && exitCode(err) < 0 {
		return nil, err
	}
	out, err := d.run(ctx, call{args: []string{"diff-files", "--name-only", "-z", "--ignore-submodules=all"}, config: withUser, index: index})
	other := map[string]bool{}
	for _, path := range parsePaths(out) {
		other[path] = true
	}
	return other, err
}
