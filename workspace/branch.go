package workspace

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"jail/git"
)

// maxSuffix is how many branches of a name are tried.
const maxSuffix = 1000

// freeBranches returns the branches that the jail may have, best first: the one that was asked for, or else jail/NAME
// and jail/NAME-2 and so on without those that exist.
func freeBranches(ctx context.Context, repo git.Repo, req CreateRequest) ([]string, error) {
	wanted := req.Branch
	if wanted == "" {
		wanted = "jail/" + req.Name
	}
	// A branch "jail" is a file where the directory of jail/NAME has to be.
	for dir := parent(wanted); dir != ""; dir = parent(dir) {
		if there, err := repo.BranchExists(ctx, dir); err != nil {
			return nil, err
		} else if there {
			return nil, fmt.Errorf("branch %+q cannot be made beside branch %+q: %w; name another branch",
				wanted, dir, git.ErrBranchExists)
		}
	}
	first, err := repo.BranchesUnder(ctx, wanted)
	if err != nil {
		return nil, err
	}
	if req.Branch != "" {
		if len(first) > 0 {
			return nil, fmt.Errorf("branch %+q: %w", first[0], git.ErrBranchExists)
		}
		return []string{wanted}, nil
	}
	existing, err := repo.BranchesUnder(ctx, "jail")
	if err != nil {
		return nil, err
	}
	var free []string
	for n := 1; n <= maxSuffix; n++ {
		branch := wanted
		if n > 1 {
			branch = fmt.Sprintf("%s-%d", wanted, n)
		}
		there := func(b string) bool { return b == branch || strings.HasPrefix(b, branch+"/") }
		if !slices.ContainsFunc(existing, there) {
			free = append(free, branch)
		}
		// A few more than one: other jails may have reserved some.
		if len(free) == 10 {
			break
		}
	}
	if len(free) == 0 {
		return nil, fmt.Errorf("branch %+q, and all with a number: %w", wanted, git.ErrBranchExists)
	}
	return free, nil
}

// parent is the part of a branch name before the last slash.
func parent(branch string) string {
	i := strings.LastIndexByte(branch, '/')
	if i < 0 {
		return ""
	}
	return branch[:i]
}

// short is the name of a ref as people say it.
func short(ref string) string {
	for _, prefix := range []string{"refs/heads/", "refs/tags/", "refs/remotes/"} {
		if name, ok := strings.CutPrefix(ref, prefix); ok {
			return name
		}
	}
	return ref
}
