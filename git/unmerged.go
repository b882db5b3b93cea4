package git

import (
	"context"
	"fmt"
	"strconv"
	"strings"
)

// UnmergedRequest says which commits would lose their last name.
type UnmergedRequest struct {
	Branch string   // is not counted as a name; may be gone, or empty
	Heads  []string // commit ids beside the branch's own, as that of a detached HEAD
	Since  string   // commit id: what it has is not counted; empty counts everything
	Taken  string   // commit id, as Since: what was merged as other commits; may be empty
	Base   string   // commit id that Branch began at
	Onto   []string // full names of branches that may have what Branch changed since Base as other commits
}

// Unmerged counts the commits that no branch, remote branch or tag has, other than Branch, and whose changes are not on
// one of Onto either.
func (r Repo) Unmerged(ctx context.Context, req UnmergedRequest) (int, error) {
	d, err := r.open(ctx)
	if err != nil {
		return 0, err
	}
	args := []string{"rev-list", "--count"}
	var tip string
	if req.Branch != "" {
		if tip, err = d.resolve(ctx, branchRef(req.Branch)); err != nil {
			return 0, err
		}
	}
	if tip != "" {
		args = append(args, tip)
	}
	for _, head := range req.Heads {
		if !validID(head) {
			return 0, fmt.Errorf("%+q is not a commit id", head)
		}
		args = append(args, head)
	}
	if len(args) == 2 {
		return 0, nil
	}
	// A branch name holds no wildcard, so the pattern is exact. refs/jail, where a jail's own refs are kept, is not
	// among what is named here.
	args = append(args, "--not", "--exclude="+req.Branch, "--branches", "--remotes", "--tags")
	for _, id := range []string{req.Since, req.Taken} {
		if id != "" && !validID(id) {
			return 0, fmt.Errorf("%+q is not a commit id", id)
		}
		if id != "" {
			args = append(args, id)
		}
	}
	out, err := d.readLine(ctx, append(args, "--")...)
	if err != nil {
		return 0, err
	}
	n, err := strconv.ParseUint(strings.TrimSpace(out), 10, 31)
	if err != nil {
		return 0, unexpected("rev-list --count", out)
	}
	if n == 0 || n > maxCompared || tip == "" || !validID(req.Base) {
		return int(n), nil
	}
	args[1] = "--max-count=" + strconv.Itoa(maxCompared)
	list, err := d.read(ctx, append(args, "--")...)
	if err != nil {
		return 0, err
	}
	return d.notEquivalent(ctx, req, tip, strings.Fields(string(list)))
}
