package git

import (
	"context"
	"fmt"
	"io/fs"
	"os"
	"slices"
	"strings"
)

// InTheWayError lists files of a checkout that are not committed, and that a change of it would overwrite. Nothing was changed. The
// paths are as the jail wrote them.
type InTheWayError struct{ Paths []string }

func (e *InTheWayError) Error() string {
	const most = 5
	texts := make([]string, min(len(e.Paths), most))
	for i := range texts {
		texts[i] = fmt.Sprintf("%+q", e.Paths[i])
	}
	if more := len(e.Paths) - most; more > 0 {
		texts = append(texts, fmt.Sprintf("and %d more", more))
	}
	return "what is not committed would be overwritten: " + strings.Join(texts, ", ")
}

// CutError says that a change of a checkout stopped half way, as on a full disk, or that git refused it.
type CutError struct {
	Err  error
	Back error // nil: the files are as they were. Else why what was changed could not be taken back: TakeBack is due.
}

func (e *CutError) Error() string {
	if e.Back == nil {
		return e.Err.Error()
	}
	return fmt.Sprintf("%v; and what it had changed could not be taken back: %v", e.Err, e.Back)
}

// Unwrap returns both errors.
func (e *CutError) Unwrap() []error { return []error{e.Err, e.Back} }

// step takes the files of a work tree from one tree to another.
type step struct {
	branch   string
	from, to string
	begin    func() error // nil, or called when nothing is in the way, before the first file is changed
}

// carryOut does it by a git that moves the branch last, if at all. Errors: *InTheWayError, *CutError, and that of begin.
//
// Preconditions: the branch is at from, and checked out.
func (d door) carryOut(ctx context.Context, c step, act func() error) error {
	if err := d.refreshIndex(ctx); err != nil {
		return err
	}
	// By ourselves, though git looks too: what is found at these files after a cut is then not the user's.
	paths, err := d.inTheWay(ctx, c.from, c.to)
	if err != nil {
		return err
	}
	if len(paths) > 0 {
		return &InTheWayError{paths}
	}
	if c.begin != nil {
		if err := c.begin(); err != nil {
			return err
		}
	}
	err = act()
	if err == nil {
		return nil
	}
	ctx = context.WithoutCancel(ctx)
	if tip, tipErr := d.branchTip(ctx, c.branch); tipErr == nil && tip == c.to {
		return nil
	}
	return &CutError{Err: err, Back: d.takeBack(ctx, c.from, c.to)}
}

// inTheWay lists the files that differ between two trees and are not in the work tree and the index as the first has them. Folders
// and submodules are left to git.
func (d door) inTheWay(ctx context.Context, from, to string) ([]string, error) {
	files, err := d.changes(ctx, from, to)
	if err != nil {
		return nil, err
	}
	out, err := d.run(ctx, call{args: []string{"diff-index", "--name-only", "-z", "--no-ext-diff", "--ignore-submodules=all", from, "--"}, config: withUser})
	if err != nil {
		return nil, err
	}
	changed := map[string]bool{}
	for _, path := range parsePaths(out) {
		changed[path] = true
	}
	tree, err := os.OpenRoot(d.repo.WorkTree)
	if err != nil {
		return nil, err
	}
	defer tree.Close()
	renamed := map[string]bool{} // where a and A are one file
	for _, f := range files {
		if f.NewMode == noMode {
			renamed[strings.ToLower(f.Path)] = true
		}
	}
	var paths []string
	for _, f := range files {
		info, err := lookBelow(tree, f.Path)
		switch {
		case f.OldMode == submodule || f.NewMode == submodule:
		case changed[f.Path], f.OldMode == noMode && err == nil && !info.IsDir() && !renamed[strings.ToLower(f.Path)]:
			paths = append(paths, f.Path)
		}
	}
	slices.Sort(paths)
	return paths, nil
}

// Modes of git's trees.
const (
	noMode    = "000000"
	submodule = "160000"
)

// lookBelow is Lstat. Where a folder on the way is none, as a link, it is an error that is not fs.ErrNotExist.
func lookBelow(tree *os.Root, path string) (fs.FileInfo, error) {
	for i, c := range path {
		if c != '/' {
			continue
		}
		if info, err := tree.Lstat(path[:i]); err != nil {
			return nil, err
		} else if !info.IsDir() {
			return nil, fmt.Errorf("%+q: %w", path[:i], fs.ErrInvalid)
		}
	}
	return tree.Lstat(path)
}
