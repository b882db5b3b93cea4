package git

import (
	"context"
	"errors"
	"fmt"
	"strings"
)

// MergeVersion is the oldest git that merges without a checkout (merge-tree --write-tree).
const MergeVersion = "2.38"

var (
	// ErrNoMergeTree means that the installed git is older than MergeVersion.
	ErrNoMergeTree = errors.New("git " + MergeVersion + " or newer is needed to merge without touching a checkout")
	// ErrNotFastForward means that both sides have commits of their own.
	ErrNotFastForward = errors.New("the branch has commits that the jail has not, so it cannot be fast-forwarded")
	// ErrMergesInside means that commits with two parents stand in the way of a rebase.
	ErrMergesInside = errors.New("the jail has merge commits, which a rebase cannot repeat")
	// ErrNoIdentity means that git does not know whom to name as the author of a commit.
	ErrNoIdentity = errors.New("git does not know your name and email")
)

// Style is what a merge makes of the commits.
type Style string

const (
	Joined      Style = ""         // fast-forward where that is possible, else a commit with two parents
	FastForward Style = "ff-only"  // or nothing
	Squash      Style = "squash"   // one commit with everything
	Rebase      Style = "rebase"   // the commits one by one, on top of the branch
	Uncommitted Style = "nocommit" // into the index and the work tree; the user commits
)

// MergeRequest says what to merge into what.
type MergeRequest struct {
	Into    string // branch, short name
	Source  string // branch of Commit, for the message
	Commit  string // commit id
	Style   Style
	Message string // of the commit that is made; empty means git's usual one
}

// Merge is a merge that is worked out and not carried out: its commits are in the object store, no ref leads to them.
type Merge struct {
	MergeRequest
	Old       string // commit that Into is at
	Result    string // commit that Into will be at, or the tree's for Uncommitted; empty if there are conflicts
	Commits   []Commit
	Files     []FileChange // between Old and Result
	Risks     []Risk       // of them
	Conflicts []string     // paths, as the jail wrote them
	Stuck     Commit       // Rebase: the commit that has the conflicts
	Unsigned  bool         // a commit was made without the signature that the user's settings ask for
}

// UpToDate reports whether there is nothing to merge.
func (m Merge) UpToDate() bool { return m.Result == m.Old }

// PlanMerge works a merge out. Neither a checkout nor a ref is touched, and no program of the configuration or of the
// tree is started: a file that has a merge driver of its own counts as a conflict when both sides changed it. Errors:
// ErrNoBranch, ErrNoMergeTree, ErrNotFastForward, ErrMergesInside, ErrNoIdentity.
func (r Repo) PlanMerge(ctx context.Context, req MergeRequest) (Merge, error) {
	if !validID(req.Commit) {
		return Merge{}, fmt.Errorf("cannot merge %+q: not a commit id", req.Commit)
	}
	d, err := r.open(ctx)
	if err != nil {
		return Merge{}, err
	}
	m := Merge{MergeRequest: req}
	if m.Old, err = d.branchTip(ctx, req.Into); err != nil {
		return Merge{}, err
	}
	if m.Commits, err = r.Log(ctx, m.Old, req.Source); err != nil {
		return Merge{}, err
	}
	base, err := d.ancestor(ctx, m.Old, req.Commit)
	switch {
	case err != nil:
		return Merge{}, err
	case base == req.Commit:
		m.Result = m.Old
		return m, nil
	case base == m.Old && (req.Style == Joined || req.Style == FastForward || req.Style == Rebase):
		m.Result = req.Commit
	case req.Style == FastForward:
		return Merge{}, ErrNotFastForward
	case req.Style == Rebase:
		err = d.replay(ctx, &m)
	default:
		err = d.join(ctx, &m)
	}
	if err == nil && m.Result != "" {
		m.Files, err = d.changes(ctx, m.Old, m.Result)
	}
	if err == nil && m.Result != "" {
		m.Risks, err = r.Risks(ctx, m.Old, m.Result)
	}
	return m, err
}

// ancestor returns the best common ancestor of two commits, and "" if they have none.
func (d door) ancestor(ctx context.Context, a, b string) (string, error) {
	id, err := d.readLine(ctx, "merge-base", a, b)
	if exitCode(err) == 1 {
		return "", nil
	}
	return id, err
}

// join makes the result of both sides: a commit, or for Uncommitted its tree.
func (d door) join(ctx context.Context, m *Merge) error {
	tree, conflicts, err := d.mergeTree(ctx, m.Old, m.Commit)
	if err != nil || len(conflicts) > 0 {
		m.Conflicts = conflicts
		return err
	}
	if m.Style == Uncommitted {
		m.Result = tree
		return nil
	}
	who, err := d.identity(ctx)
	if err != nil {
		return err
	}
	c := newCommit{tree: tree, parents: []string{m.Old}, author: who, committer: who, message: m.message()}
	if m.Style == Joined {
		c.parents = append(c.parents, m.Commit)
	}
	m.Unsigned = d.wantsSignature(ctx)
	m.Result, err = d.commit(ctx, c)
	return err
}

// replay makes the commits again on top of the branch. One that changes nothing there is left out, as git-rebase does.
func (d door) replay(ctx context.Context, m *Merge) error {
	out, err := d.readLine(ctx, "rev-list", "--reverse", "--topo-order", "--parents", m.Old+".."+m.Commit, "--")
	if err != nil {
		return err
	}
	committer, err := d.identity(ctx)
	if err != nil {
		return err
	}
	tip := m.Old
	for line := range strings.Lines(out) {
		ids := strings.Fields(line)
		if len(ids) > 2 {
			return ErrMergesInside
		}
		if len(ids) < 2 {
			return fmt.Errorf("cannot rebase %+q: it has a commit without a parent", m.Source)
		}
		id, parent := ids[0], ids[1]
		// git 2.40 takes --merge-base. A commit of the same tree as the tip, whose parent is the base, says it in any version.
		tree, err := d.tree(ctx, tip)
		if err != nil {
			return err
		}
		stand, err := d.commit(ctx, newCommit{tree: tree, parents: []string{parent}, author: committer, committer: committer, message: "stand-in"})
		if err != nil {
			return err
		}
		merged, conflicts, err := d.mergeTree(ctx, stand, id)
		if err != nil {
			return err
		}
		c, err := d.describe(ctx, id)
		if err != nil {
			return err
		}
		if len(conflicts) > 0 {
			m.Conflicts = conflicts
			m.Stuck = Commit{ID: id, Subject: subject(c.message), Author: c.author.name}
			return nil
		}
		if merged == tree {
			continue
		}
		c.tree, c.parents, c.committer = merged, []string{tip}, committer
		if tip, err = d.commit(ctx, c); err != nil {
			return err
		}
	}
	m.Unsigned = tip != m.Old && d.wantsSignature(ctx)
	m.Result = tip
	return nil
}

// mergeTree merges two commits into a tree. With conflicts the tree has conflict markers and is of no use.
func (d door) mergeTree(ctx context.Context, ours, theirs string) (tree string, conflicts []string, err error) {
	args := []string{"merge-tree", "--write-tree", "--name-only", "--no-messages", "-z", ours, theirs}
	// In the work tree that is merged into, whose .gitattributes say how: git reads them from the current directory.
	var out []byte
	merge := func(ctx context.Context) (err error) {
		out, err = d.run(ctx, call{args: args, access: writes, dir: d.repo.WorkTree})
		return err
	}
	if d.repo.WorkTree == "" {
		err = merge(ctx)
	} else {
		err = d.unlessWaiting(ctx, merge)
	}
	switch code := exitCode(err); {
	case code == 129: // the usage text
		return "", nil, ErrNoMergeTree
	case err != nil && code != 1:
		return "", nil, err
	}
	fields := parsePaths(out)
	if len(fields) == 0 || !validID(fields[0]) || (err != nil) != (len(fields) > 1) {
		return "", nil, unexpected("merge-tree", string(out))
	}
	return fields[0], fields[1:], nil
}

// message is the text of the commit that a merge makes.
func (m Merge) message() string {
	if m.Message != "" {
		return m.Message + "\n"
	}
	if m.Style != Squash {
		return fmt.Sprintf("Merge branch '%s' into %s\n", m.Source, m.Into)
	}
	text := fmt.Sprintf("Squash of branch '%s'\n", m.Source)
	for _, c := range m.Commits {
		text += fmt.Sprintf("\n* %s", c.Subject)
	}
	return text + "\n"
}

func subject(message string) string {
	first, _, _ := strings.Cut(message, "\n")
	return first
}
