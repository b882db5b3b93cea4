package git

import (
	"context"
	"errors"
	"strings"
)

// maxCompared is how many commits are compared by what they change. Beyond it they count as not merged.
const maxCompared = 1000

// notEquivalent counts the commits of a list whose changes are on none of the branches in Onto: neither as commits with
// the same patch, as after a rebase, nor all together, as after a squash.
func (d door) notEquivalent(ctx context.Context, req UnmergedRequest, tip string, list []string) (int, error) {
	for _, onto := range req.Onto {
		other, err := d.resolve(ctx, onto)
		if err != nil || other == "" || len(list) == 0 {
			return len(list), err
		}
		same, err := d.equivalent(ctx, req.Base, other, tip)
		if err != nil {
			return 0, err
		}
		var rest []string
		for _, id := range list {
			if !same[id] {
				rest = append(rest, id)
			}
		}
		list = rest
	}
	return len(list), nil
}

// equivalent finds the commits of tip since base whose changes another commit has.
func (d door) equivalent(ctx context.Context, base, other, tip string) (map[string]bool, error) {
	all, err := d.covers(ctx, other, tip)
	if err != nil {
		return nil, err
	}
	args := []string{"rev-list", tip, "^" + other}
	if !all {
		args = []string{"rev-list", "--cherry-mark", "--right-only", "--no-merges", other + "..." + tip}
	}
	out, err := d.read(ctx, append(args, "^"+base, "--")...)
	if err != nil {
		return nil, err
	}
	same := map[string]bool{}
	for line := range strings.Lines(string(out)) {
		id, marked := strings.CutPrefix(strings.TrimSuffix(line, "\n"), "=")
		if all || marked {
			same[id] = true
		}
	}
	return same, nil
}

// covers reports whether a commit has all that another changes: whether a merge would bring nothing. Where the other changes
// nothing in all, as a commit and its revert, that says nothing.
func (d door) covers(ctx context.Context, commit, other string) (bool, error) {
	base, err := d.ancestor(ctx, commit, other)
	if err != nil || base == "" {
		return false, err
	}
	trees, err := d.objects(ctx, commit+"^{tree}", other+"^{tree}", base+"^{tree}")
	if err != nil {
		return false, err
	}
	if trees[1] == trees[2] {
		return false, nil
	}
	bare := d
	bare.repo.WorkTree = "" // for this the attributes of a checkout do not count, and nothing of it is read
	merged, conflicts, err := bare.mergeTree(ctx, commit, other)
	if errors.Is(err, ErrNoMergeTree) {
		return false, nil
	}
	return err == nil && len(conflicts) == 0 && merged == trees[0], err
}
