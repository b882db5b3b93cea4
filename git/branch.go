package git

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"

	gogit "github.com/go-git/go-git/v5/plumbing"
)

var (
	// ErrBranchExists means that a branch cannot be created because it, or a branch that its name contradicts, is there.
	ErrBranchExists = errors.New("the branch exists already")
	// ErrNoBranch means that there is no branch of that name.
	ErrNoBranch = errors.New("no such branch")
)

// ValidBranch returns nil for a name that git accepts for a branch.
func ValidBranch(branch string) error {
	ref := gogit.NewBranchReferenceName(branch)
	control := strings.ContainsFunc(branch, func(r rune) bool { return r < ' ' || r == 0x7f })
	if err := ref.Validate(); err != nil || control || branch == "HEAD" || strings.HasPrefix(branch, "-") {
		return fmt.Errorf("%+q is not a valid branch name", branch)
	}
	return nil
}

// unreadable reports whether a name would do something to the terminal of who lists it, or show others in another order: control
// characters, those of 0x80 to 0x9f too, and the marks of writing direction (UAX #9). git itself prints names as they are.
func unreadable(name string) bool {
	return !utf8.ValidString(name) || strings.ContainsFunc(name, func(r rune) bool { return unicode.IsControl(r) || unicode.Is(unicode.Bidi_Control, r) })
}

func branchRef(branch string) string { return "refs/heads/" + branch }

// BranchTip returns the commit that a branch points to. Errors: ErrNoBranch.
func (r Repo) BranchTip(ctx context.Context, branch string) (string, error) {
	d, err := r.open(ctx)
	if err != nil {
		return "", err
	}
	return d.branchTip(ctx, branch)
}

func (d door) branchTip(ctx context.Context, branch string) (string, error) {
	id, err := d.resolve(ctx, branchRef(branch))
	if err == nil && id == "" {
		err = fmt.Errorf("%+q: %w", branch, ErrNoBranch)
	}
	return id, err
}

// BranchExists reports whether there is a branch of that name.
func (r Repo) BranchExists(ctx context.Context, branch string) (bool, error) {
	_, err := r.BranchTip(ctx, branch)
	if errors.Is(err, ErrNoBranch) {
		return false, nil
	}
	return err == nil, err
}

// BranchesUnder lists the branches whose names equal prefix or begin with prefix and "/".
func (r Repo) BranchesUnder(ctx context.Context, prefix string) ([]string, error) {
	d, err := r.open(ctx)
	if err != nil {
		return nil, err
	}
	out, err := d.read(ctx, "for-each-ref", "--format=%(refname)", branchRef(prefix))
	if err != nil {
		return nil, err
	}
	var names []string
	for line := range strings.Lines(string(out)) {
		names = append(names, strings.TrimPrefix(strings.TrimSuffix(line, "\n"), "refs/heads/"))
	}
	return names, nil
}

// createBranch makes a new branch; if somebody else makes it at the same time, only one succeeds.
func (d door) createBranch(ctx context.Context, req AddRequest) error {
	if tip, err := d.resolve(ctx, branchRef(req.Branch)); err != nil {
		return err
	} else if tip != "" {
		return fmt.Errorf("cannot create branch %+q: %w", req.Branch, ErrBranchExists)
	}
	refs := fmt.Sprintf("create %s %s\n", branchRef(req.Branch), req.Base)
	if req.Pin != "" {
		refs += fmt.Sprintf("update %s %s\n", req.Pin, req.Base)
	}
	err := d.updateRefs(ctx, "jail create", refs)
	if err == nil {
		return nil
	}
	tip, tipErr := d.resolve(ctx, branchRef(req.Branch))
	switch {
	case tipErr != nil || tip == "":
	case exitCode(err) > 0:
		err = ErrBranchExists // git itself says that it did not make it: somebody else has
	case tip == req.Base:
		// git was killed, and had done its work before.
		err = errors.Join(err, d.deleteBranch(ctx, req.Branch, req.Base), d.unpin(ctx, req.Pin))
	}
	return fmt.Errorf("cannot create branch %+q: %w", req.Branch, err)
}

// unpin removes the ref that createBranch made beside the branch.
func (d door) unpin(ctx context.Context, ref string) error {
	if ref == "" {
		return nil
	}
	return d.moveRefs(ctx, "update-ref", "-d", ref)
}

// DeleteBranch removes a branch if it still points to expected and no work tree has it checked out.
func (r Repo) DeleteBranch(ctx context.Context, branch, expected string) error {
	d, err := r.open(ctx)
	if err != nil {
		return err
	}
	return d.deleteBranch(ctx, branch, expected)
}

func (d door) deleteBranch(ctx context.Context, branch, expected string) error {
	if !validID(expected) {
		return fmt.Errorf("cannot delete branch %+q: %+q is not a commit id", branch, expected)
	}
	path, err := d.readLine(ctx, "for-each-ref", "--format=%(worktreepath)", branchRef(branch))
	if err != nil {
		return fmt.Errorf("cannot delete branch %+q: %w", branch, err)
	}
	if path = strings.TrimSpace(path); path != "" {
		return fmt.Errorf("cannot delete branch %+q: it is checked out in %+q", branch, path)
	}
	if err := d.moveRefs(ctx, "update-ref", "-d", branchRef(branch), expected); err != nil {
		return fmt.Errorf("cannot delete branch %+q: %w", branch, err)
	}
	return nil
}
