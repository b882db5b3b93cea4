package git

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"strings"
)

// ErrDetached means that HEAD is on no branch.
var ErrDetached = errors.New("HEAD is on no branch")

// ErrMoved means that a branch is not where it was, or should be.
var ErrMoved = errors.New("the branch has moved")

// HeadBranch is the branch that HEAD of this work tree, or of a bare repository, is on. Errors: ErrDetached.
func (r Repo) HeadBranch(ctx context.Context) (string, error) {
	d, err := r.open(ctx)
	if err != nil {
		return "", err
	}
	return d.headBranch(ctx)
}

func (d door) headBranch(ctx context.Context) (string, error) {
	ref, err := d.readLine(ctx, "symbolic-ref", "--quiet", "HEAD")
	branch, ok := strings.CutPrefix(ref, "refs/heads/")
	if exitCode(err) == 1 || err == nil && !ok {
		return "", ErrDetached
	}
	return branch, err
}

// CheckedOut finds the work tree of the repository that has a branch checked out. Without one the result has no
// WorkTree.
func (r Repo) CheckedOut(ctx context.Context, branch string) (Repo, error) {
	d, err := r.open(ctx)
	if err != nil {
		return Repo{}, err
	}
	bare := Repo{CommonDir: r.CommonDir, GitDir: r.CommonDir, lock: r.lock}
	if head, err := d.headBranch(ctx); err == nil && head == branch && r.WorkTree != "" {
		return r, nil
	}
	out, err := d.read(ctx, "for-each-ref", "--format=%(worktreepath)", branchRef(branch))
	if err != nil {
		return Repo{}, err
	}
	path := strings.TrimSuffix(string(out), "\n")
	if path == "" {
		return bare, nil
	}
	if admin := adminDirs(r.CommonDir, path); len(admin) == 1 {
		return Repo{CommonDir: r.CommonDir, GitDir: admin[0], WorkTree: path, lock: r.lock}, nil
	}
	if filepath.Join(path, ".git") == r.CommonDir {
		return Repo{CommonDir: r.CommonDir, GitDir: r.CommonDir, WorkTree: path, lock: r.lock}, nil
	}
	// git says so of a bare repository too, once it has linked work trees.
	if out, err := d.readLine(ctx, "config", "--type=bool", "--get", "core.bare"); err == nil && out == "true" && path == r.CommonDir {
		return bare, nil
	}
	return Repo{}, fmt.Errorf("branch %+q is checked out in %+q, which cannot be reached from here: change into it", branch, path)
}

// SetRefs points refs to commits, all or none. An empty id deletes.
func (r Repo) SetRefs(ctx context.Context, why string, ids map[string]string) error {
	d, err := r.open(ctx)
	if err != nil {
		return err
	}
	var lines strings.Builder
	for ref, id := range ids { // of one transaction, whose order does not show
		switch {
		case strings.ContainsAny(ref, " \n\x00"):
			return fmt.Errorf("%+q is not the name of a ref", ref)
		case id == "":
			fmt.Fprintf(&lines, "delete %s\n", ref)
		case validID(id):
			fmt.Fprintf(&lines, "update %s %s\n", ref, id)
		default:
			return fmt.Errorf("cannot point %s to %+q: not an object id", ref, id)
		}
	}
	return d.updateRefs(ctx, why, lines.String(), "--no-deref")
}

// Refs lists the refs under a prefix such as refs/jail/x/, with what they point to.
func (r Repo) Refs(ctx context.Context, prefix string) (map[string]string, error) {
	d, err := r.open(ctx)
	if err != nil {
		return nil, err
	}
	return d.below(ctx, prefix)
}

// At returns nil if a branch is at a commit and, in a work tree, checked out. Errors: ErrMoved, ErrDetached, ErrNoBranch.
func (r Repo) At(ctx context.Context, branch, commit string) error {
	d, err := r.open(ctx)
	if err != nil {
		return err
	}
	return d.at(ctx, branch, commit)
}

// at returns nil if the branch is at that commit and, in a work tree, checked out.
func (d door) at(ctx context.Context, branch, commit string) error {
	if d.repo.WorkTree != "" {
		if head, err := d.headBranch(ctx); err != nil {
			return err
		} else if head != branch {
			return fmt.Errorf("%w: %q has %+q checked out, not %+q", ErrMoved, d.repo.WorkTree, head, branch)
		}
	}
	tip, err := d.branchTip(ctx, branch)
	if err == nil && tip != commit {
		err = fmt.Errorf("%w: %+q is at %.12s, not at %.12s", ErrMoved, branch, tip, commit)
	}
	return err
}

// PointTo makes a symbolic ref to a branch.
func (r Repo) PointTo(ctx context.Context, ref, branch string) error {
	d, err := r.open(ctx)
	if err != nil {
		return err
	}
	return d.moveRefs(ctx, "symbolic-ref", ref, branchRef(branch))
}

// PointsTo is the branch that a symbolic ref leads to.
func (r Repo) PointsTo(ctx context.Context, ref string) (string, error) {
	d, err := r.open(ctx)
	if err != nil {
		return "", err
	}
	full, err := d.readLine(ctx, "symbolic-ref", "--quiet", ref)
	branch, ok := strings.CutPrefix(full, "refs/heads/")
	if err == nil && !ok {
		err = unexpected("symbolic-ref", full)
	}
	return branch, err
}

// Has reports whether a commit is an ancestor of another, or that one itself.
func (r Repo) Has(ctx context.Context, commit, ancestor string) (bool, error) {
	d, err := r.open(ctx)
	if err != nil {
		return false, err
	}
	return d.isAncestor(ctx, ancestor, commit)
}

func (d door) isAncestor(ctx context.Context, ancestor, commit string) (bool, error) {
	_, err := d.read(ctx, "merge-base", "--is-ancestor", ancestor, commit)
	if exitCode(err) == 1 {
		return false, nil
	}
	return err == nil, err
}

// Missing counts the commits that HEAD has not and another commit has.
func (r Repo) Missing(ctx context.Context, commit string) (int, error) {
	d, err := r.open(ctx)
	if err != nil {
		return 0, err
	}
	v, err := d.diverged(ctx, commit)
	return v.behind, err
}
