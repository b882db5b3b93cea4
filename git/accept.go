package git

import (
	"context"
	"errors"
	"fmt"
	"os"
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

// Move takes a branch from one commit to another that is ahead of it, with the files of the work tree, where the
// branch is checked out there. Changes in other files stay; where the commits change a file that is not committed, or
// would overwrite one that is ignored, it is refused and nothing is changed. No hook is run; filters are as the user
// configured them, except those that lie in the work tree. Errors: ErrMoved, *CommandError.
func (r Repo) Move(ctx context.Context, branch, from, to string) error {
	d, err := r.openFor(ctx, withUser)
	if err != nil {
		return err
	}
	if err := d.at(ctx, branch, from); err != nil {
		return err
	}
	if r.WorkTree == "" {
		return d.moveRefs(ctx, "update-ref", "-m", "jail merge: fast-forward", branchRef(branch), to, from)
	}
	// The settings branch.NAME.mergeOptions, merge.autoStash and others stand for themselves in the user's own merges.
	args := []string{"merge", "--ff-only", "--no-squash", "--commit", "--no-stat", "--no-autostash", "--no-verify-signatures",
		"--no-overwrite-ignore", "--quiet", to}
	return d.finish(ctx, call{args: args, config: withUser, limit: addLimit, env: reflog("merge")})
}

// MoveBack takes a branch back to where it was before Move, and keeps local changes; it is refused where they are in
// files that would change. Errors: ErrMoved, *CommandError.
func (r Repo) MoveBack(ctx context.Context, branch, from, to string) error {
	d, err := r.openFor(ctx, withUser)
	if err != nil {
		return err
	}
	if err := d.at(ctx, branch, from); err != nil {
		return err
	}
	if r.WorkTree == "" {
		return d.moveRefs(ctx, "update-ref", "-m", "jail merge: undo", branchRef(branch), to, from)
	}
	if err := d.refreshIndex(ctx); err != nil {
		return err
	}
	args := []string{"reset", "--quiet", "--keep", to}
	return d.finish(ctx, call{args: args, config: withUser, limit: addLimit, env: reflog("undo of a merge")})
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

// Stage brings the tree of a merge into the index and the work tree, for the user to commit; the commit gets the
// merged one as second parent. "git merge --abort" takes it back.
func (r Repo) Stage(ctx context.Context, m Merge) error {
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
	// A plain file in every ref format (gitglossary(7), pseudoref); git update-ref refuses it from 2.46 on.
	mergeHead := filepath.Join(r.GitDir, "MERGE_HEAD")
	if _, err := os.Lstat(mergeHead); err == nil {
		return errors.New("another merge is not concluded there: git commit concludes it, git merge --abort gives it up")
	}
	if err := d.refreshIndex(ctx); err != nil {
		return err
	}
	if err := writeMessage(r.GitDir, m.message()); err != nil {
		return err
	}
	// Without it git makes no merge of a branch that is merely ahead: its commit would stand on the jail's, and be empty.
	mergeMode := filepath.Join(r.GitDir, "MERGE_MODE")
	err = replace(mergeMode, []byte("no-ff"))
	// Before the files: a crash in between leaves a merge that can be given up, not changes of unknown origin.
	if err == nil {
		err = replace(mergeHead, []byte(m.Commit+"\n"))
	}
	if err == nil {
		args := []string{"read-tree", "-m", "-u", m.Old, m.Result}
		err = d.finish(ctx, call{args: args, config: withUser, limit: addLimit})
	}
	if err != nil {
		// With MERGE_HEAD alone the next commit would take all of the jail's work for merged, and have none of it.
		return errors.Join(err, os.RemoveAll(mergeHead), os.RemoveAll(mergeMode), os.Remove(filepath.Join(r.GitDir, mergeMessage)))
	}
	return nil
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
