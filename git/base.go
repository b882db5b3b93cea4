package git

import (
	"context"
	"errors"
	"fmt"
	"strings"
)

// ErrUnborn means that the repository's current branch has no commit yet.
var ErrUnborn = errors.New("the current branch has no commit yet")

// UnknownRefError says that a name does not lead to a commit.
type UnknownRefError struct {
	Ref string
}

func (e *UnknownRefError) Error() string {
	return fmt.Sprintf("no branch, tag or commit is named %+q", e.Ref)
}

// ResolveBase finds the commit that ref names, and HEAD's if ref is empty. refName is the full name of the ref, as
// refs/heads/main, and empty for a plain commit or a detached HEAD. Errors: ErrUnborn, *UnknownRefError.
func (r Repo) ResolveBase(ctx context.Context, ref string) (commit, refName string, err error) {
	if ref == "" {
		ref = "HEAD"
	}
	// git would take the first for an option; the second cannot be an argument.
	if strings.HasPrefix(ref, "-") || strings.ContainsRune(ref, 0) {
		return "", "", &UnknownRefError{ref}
	}
	d, err := r.open(ctx)
	if err != nil {
		return "", "", err
	}
	commit, err = d.resolve(ctx, ref)
	if err != nil {
		return "", "", err
	}
	if commit == "" {
		if _, err := d.read(ctx, "symbolic-ref", "--quiet", "HEAD"); ref == "HEAD" && err == nil {
			return "", "", ErrUnborn
		}
		return "", "", &UnknownRefError{ref}
	}
	// Prints nothing for a commit id, and HEAD itself if that is detached.
	refName, err = d.readLine(ctx, "rev-parse", "--symbolic-full-name", ref)
	if err != nil || !strings.HasPrefix(refName, "refs/") {
		refName = ""
	}
	return commit, refName, nil
}

// resolve returns the id of the commit that a revision names, and "" if there is none.
func (d door) resolve(ctx context.Context, revision string) (string, error) {
	id, err := d.readLine(ctx, "rev-parse", "--verify", "--quiet", "--end-of-options", revision+"^{commit}")
	switch {
	case exitCode(err) > 0:
		return "", nil
	case err != nil:
		return "", err
	case !validID(id):
		return "", unexpected("rev-parse", id)
	}
	return id, nil
}

// validID reports whether s is a full object id, SHA-1 or SHA-256, in hex.
func validID(s string) bool {
	if len(s) != 40 && len(s) != 64 {
		return false
	}
	return strings.Trim(s, "0123456789abcdef") == ""
}
