package git

import (
	"context"
	"errors"
	"fmt"
	"sync"
)

// Kind is what happened to a file.
type Kind string

const (
	Changed    Kind = "changed"
	Renamed    Kind = "renamed" // or copied
	Untracked  Kind = "untracked"
	Conflicted Kind = "conflicted"
)

// Entry is a file that is not as in HEAD. Index and Work are the letters of git-status(1), short format: '.' for
// unchanged, '?' for untracked. Names are as the jail chose them: escape them for a terminal.
type Entry struct {
	Path     string // relative to the work tree; an untracked nested repository ends in "/"
	OrigPath string // Renamed: the name before
	Index    byte   // HEAD against the index
	Work     byte   // the index against the work tree
	Kind     Kind
}

// Status is the state of a work tree. Numbers that could not be found out are zero and named in Incomplete.
type Status struct {
	Head   string // commit id; empty when HEAD has no commit
	Branch string // that HEAD is on; empty when detached

	Entries    []Entry
	Staged     int // of the tracked and not conflicted entries, those with a change in the index
	Unstaged   int // and those with a change in the work tree; a file may count in both
	Renamed    int
	Untracked  int
	Conflicted int

	Insertions int // lines, work tree against HEAD, without untracked files
	Deletions  int

	Ahead  int // commits of HEAD that Base does not have: what was committed in the jail
	Behind int // commits of Base that HEAD does not have: after a reset or an amended base

	Upstream       string // full name of the ref that Base came from; empty if it is gone
	UpstreamAhead  int    // commits of HEAD that Upstream does not have
	UpstreamBehind int    // and the reverse: what was committed there since

	Incomplete []string
}

// Status reads the state of the work tree. Nothing in it or in the repository's configuration is started. A part that
// fails, other than the list of files, makes the result incomplete.
func (w Worktree) Status(ctx context.Context) (Status, error) {
	d, err := w.open(ctx)
	if err != nil {
		return Status{}, err
	}
	return w.status(ctx, d)
}

func (w Worktree) status(ctx context.Context, d door) (Status, error) {
	var s Status
	var heads []headFile
	var lines lineCounts
	var base, upstream divergence
	var filesErr, linesErr, baseErr, upstreamErr error
	var limited bool
	var all sync.WaitGroup
	all.Go(func() {
		if s, heads, limited, filesErr = d.files(ctx); filesErr == nil {
			lines, linesErr = d.changedLines(ctx, s.Entries, heads)
		}
	})
	all.Go(func() {
		base, baseErr = d.diverged(ctx, w.Base)
		upstream, upstreamErr = d.divergedFromRef(ctx, w.BaseRef)
	})
	all.Wait()
	if filesErr != nil {
		return Status{}, filesErr
	}
	if limited {
		s.Incomplete = append(s.Incomplete, fmt.Sprintf("untracked files: git was not done after %v "+
			"(a FIFO with the name .gitignore does this)", d.limit))
	}
	if s.Head == "" {
		return s, nil // without a commit there is nothing to count
	}
	s.Insertions, s.Deletions = lines.insertions, lines.deletions
	s.Ahead, s.Behind = base.ahead, base.behind
	s.Upstream, s.UpstreamAhead, s.UpstreamBehind = upstream.from, upstream.ahead, upstream.behind
	for _, part := range []struct {
		name string
		err  error
	}{{"changed lines", linesErr}, {"commits since the base", baseErr}, {"commits since " + w.BaseRef, upstreamErr}} {
		if part.err != nil {
			s.Incomplete = append(s.Incomplete, part.name+": "+part.err.Error())
		}
	}
	return s, ctx.Err()
}

// files lists what is not as in HEAD. limited: the search for untracked files took too long and was left out.
func (d door) files(ctx context.Context) (s Status, heads []headFile, limited bool, err error) {
	list := func(untracked string) ([]byte, error) {
		return d.read(ctx, "status", "--porcelain=v2", "--branch", "-z", "--untracked-files="+untracked,
			"--ignore-submodules=all", "--find-renames")
	}
	out, err := list("all")
	if errors.Is(err, context.DeadlineExceeded) && ctx.Err() == nil {
		limited = true
		out, err = list("no")
	}
	if err != nil {
		return Status{}, nil, false, err
	}
	s, heads, err = parseStatus(out)
	return s, heads, limited, err
}

// UncommittedFiles counts the files of the repository's own work tree that are not as in HEAD, a bare one's as 0.
func (r Repo) UncommittedFiles(ctx context.Context) (int, error) {
	if r.WorkTree == "" {
		return 0, nil
	}
	d, err := r.open(ctx)
	if err != nil {
		return 0, err
	}
	s, _, _, err := d.files(ctx)
	return len(s.Entries), err
}
