package git

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

// ErrPartial means that a partial clone has not all files of a commit.
var ErrPartial = errors.New("the repository is a partial clone, and files of that commit are not in it")

// Worktree is a linked work tree of a repository. Its paths come from a record, never from its .git file.
type Worktree struct {
	Repo           // GitDir is the work tree's admin directory, CommonDir/worktrees/X
	Branch  string // that it was made for; HEAD may be elsewhere by now
	Base    string // commit that the branch started from
	BaseRef string // full name of the ref that Base came from; may be empty
	JailGit string // the git directory that the jail works with, for what is staged there; empty: GitDir
	Cache   string // a folder for what makes the next status fast; empty: none

	Hooks          string   // from AddWorktree: the folder of the checked-out tree that git takes hooks from; mostly empty
	SkippedFilters []string // from AddWorktree: not run, because their command lies in the checked-out tree
}

// Head returns the commit that HEAD of this work tree names, and "" where it has none.
func (w Worktree) Head(ctx context.Context) (string, error) {
	d, err := w.open(ctx)
	if err != nil {
		return "", err
	}
	return d.resolve(ctx, "HEAD")
}

// AddRequest is what AddWorktree needs.
type AddRequest struct {
	Path   string // absolute, without symlinks; must not exist, but its parent must
	Branch string // must not exist
	Base   string // commit id
	Pin    string // full name of a ref that keeps Base, whatever becomes of the branch; empty: none

	Recycled string // a folder that Strip has left, on the same file system, whose files serve; empty: none
}

// AddWorktree creates the branch and the work tree, with the user's own configuration, so that line endings and LFS
// are as everywhere, but without hooks. If it fails, for a cancelled context too, nothing stays. Errors:
// ErrBranchExists, *UnknownRefError, *CommandError.
func (r Repo) AddWorktree(ctx context.Context, req AddRequest) (Worktree, error) {
	if err := req.check(); err != nil {
		return Worktree{}, err
	}
	d, err := r.openFor(ctx, withUser)
	if err != nil {
		return Worktree{}, err
	}
	d.overrides = append(d.overrides, checkoutSettings()...)
	// git leaves an empty directory in refs/heads when the commit is not there.
	if id, err := d.resolve(ctx, req.Base); err != nil {
		return Worktree{}, err
	} else if id != req.Base {
		return Worktree{}, &UnknownRefError{req.Base}
	}
	// The directory and the branch on their own first, each by a step that succeeds for one only. What exists from then
	// on is ours, to be removed if the rest fails; "worktree add -b" does not tell.
	if err := os.Mkdir(req.Path, 0o755); err != nil {
		return Worktree{}, fmt.Errorf("cannot add work tree: %w", err)
	}
	// Not to be cut off, or it would not be known whether the branch is ours. It takes milliseconds.
	whole := context.WithoutCancel(ctx)
	// The folder is new, so these are records of one that is gone: git would refuse the place for them.
	for _, admin := range adminDirs(r.CommonDir, req.Path) {
		if err := RemoveTree(admin); err != nil {
			return Worktree{}, errors.Join(err, os.Remove(req.Path))
		}
	}
	if err := d.createBranch(whole, req); err != nil {
		return Worktree{}, errors.Join(err, os.Remove(req.Path))
	}
	tree, err := d.addWorktree(ctx, req)
	if err != nil && req.Recycled != "" && ctx.Err() == nil {
		// It was worth a try.
		if err = errors.Join(RemoveTree(req.Recycled), r.RemoveWorktree(whole, req.Path), os.Mkdir(req.Path, 0o755)); err == nil {
			req.Recycled = ""
			tree, err = d.addWorktree(ctx, req)
		}
	}
	if err == nil {
		tree.SkippedFilters, tree.Hooks = skippedFilters(d.overrides), d.hooksInTree()
		return tree, nil
	}
	if ctx.Err() == nil && d.partial(whole) {
		err = fmt.Errorf("%w: %w", ErrPartial, err)
	}
	return Worktree{}, errors.Join(err, r.RemoveWorktree(whole, req.Path), d.deleteBranch(whole, req.Branch, req.Base), d.unpin(whole, req.Pin))
}

// partial reports whether the repository fetches objects only when they are needed, which no git here does.
func (d door) partial(ctx context.Context) bool {
	out, err := d.read(ctx, "config", "--type=bool", "--get-regexp", `^remote\..*\.promisor$`)
	return err == nil && strings.Contains(string(out), " true")
}

func (req AddRequest) check() error {
	if !filepath.IsAbs(req.Path) {
		return fmt.Errorf("cannot add work tree %q: the path is not absolute", req.Path)
	}
	if !validID(req.Base) {
		return fmt.Errorf("cannot add work tree %q: %+q is not a commit id", req.Path, req.Base)
	}
	return ValidBranch(req.Branch)
}

func (d door) addWorktree(ctx context.Context, req AddRequest) (Worktree, error) {
	release, err := d.repo.alone(ctx)
	if err != nil {
		return Worktree{}, err
	}
	defer release()
	args := []string{"worktree", "add", "--quiet"}
	if req.Recycled != "" {
		args = append(args, "--no-checkout")
	}
	if _, err := d.run(ctx, call{args: append(args, "--", req.Path, req.Branch), access: writes, config: withUser, limit: addLimit}); err != nil {
		return Worktree{}, err
	}
	admin := adminDirs(d.repo.CommonDir, req.Path)
	if len(admin) != 1 {
		return Worktree{}, fmt.Errorf("cannot add work tree %q: git has %d records of it", req.Path, len(admin))
	}
	repo := Repo{CommonDir: d.repo.CommonDir, GitDir: admin[0], WorkTree: req.Path}
	if req.Recycled != "" {
		if err := repo.recycle(ctx, req.Recycled, req.Base); err != nil {
			return Worktree{}, err
		}
	}
	if err := repo.harden(ctx); err != nil {
		return Worktree{}, err
	}
	return Worktree{Repo: repo, Branch: req.Branch, Base: req.Base}, nil
}

// adminDirs finds the admin directories that git keeps for a work tree: normally one. Nothing is read from the work
// tree itself.
func adminDirs(commonDir, path string) []string {
	var found []string
	for _, admin := range allAdminDirs(commonDir) {
		link, err := readOneLine(admin, "gitdir")
		if err != nil {
			continue
		}
		if !filepath.IsAbs(link) { // git 2.48, worktree.useRelativePaths
			link = filepath.Join(admin, link)
		}
		if link == filepath.Join(path, ".git") {
			found = append(found, admin)
		}
	}
	return found
}

// allAdminDirs lists what lies where git keeps the admin directories of a repository's work trees. There is nothing
// before the first one. A link in that place is not followed: it would lead to folders that are not git's.
func allAdminDirs(commonDir string) []string {
	parent := filepath.Join(commonDir, "worktrees")
	if info, err := os.Lstat(parent); err != nil || !info.IsDir() {
		return nil
	}
	entries, err := os.ReadDir(parent)
	if err != nil {
		return nil
	}
	found := make([]string, len(entries))
	for i, e := range entries {
		found[i] = filepath.Join(parent, e.Name())
	}
	return found
}
