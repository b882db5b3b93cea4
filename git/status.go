package git

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strconv"
	"strings"
	"sync"
	"time"
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

	Commits []Commit // of HEAD that Base does not have, newest first

	Ahead  int // commits of HEAD that Base does not have: what was committed in the jail
	Behind int // commits of Base that HEAD does not have: after a reset or an amended base

	Upstream       string // full name of the ref that Base came from; empty if it is gone
	UpstreamAhead  int    // commits of HEAD that Upstream does not have
	UpstreamBehind int    // and the reverse: what was committed there since

	Risks    []Risk    // what was changed since Base, or lies there, that runs on the machine of whoever accepts it
	Activity time.Time // when a file was changed last, of those in Entries; zero without one. A jail can set it

	Incomplete []string
}

// Status reads the state of the work tree. Nothing in it or in the repository's configuration is started. A part that
// fails, other than the list of files, makes the result incomplete.
func (w Worktree) Status(ctx context.Context) (Status, error) {
	// The folders first: nothing of git is needed for them.
	walked := w.startWalk(ctx)
	d, err := w.open(ctx)
	if err != nil {
		return Status{}, err
	}
	return w.status(ctx, d, walked)
}

// walkResult is what a walk found, once it is done.
type walkResult struct {
	done  chan struct{}
	found []Risk
	err   error
}

func (w Worktree) startWalk(ctx context.Context) *walkResult {
	r := &walkResult{done: make(chan struct{})}
	go func() {
		defer close(r.done)
		r.found, r.err = walk(ctx, w.WorkTree, w.cache())
	}()
	return r
}

func (w Worktree) status(ctx context.Context, d door, walked *walkResult) (Status, error) {
	var s Status
	var heads []headFile
	var lines lineCounts
	var h history
	var pending []change
	var lying []Risk
	var hidden []string
	var filesErr, stagedErr, linesErr, pendingErr, walkErr error
	var limited bool
	reader := d // the files' own, which may have to leave some out
	var all sync.WaitGroup
	all.Go(func() {
		if s, heads, hidden, limited, stagedErr, filesErr = w.entries(ctx, &reader, walked); filesErr == nil {
			pending, pendingErr = reader.inspect(ctx, &s, heads)
			lines, linesErr = reader.changedLines(ctx, s.Entries, heads)
		}
	})
	all.Go(func() {
		h = w.history(ctx, d)
	})
	all.Go(func() {
		<-walked.done
		lying, walkErr = d.lying(ctx, w.Base, walked)
	})
	all.Wait()
	if filesErr != nil {
		return Status{}, filesErr
	}
	s.Risks = sorted(append(risks(append(h.changes, pending...), namedPaths(d.entries)), lying...))
	for _, path := range hidden {
		s.Risks = append(s.Risks, Risk{path, "marked to be hidden from git status"})
	}
	if limited {
		s.Incomplete = append(s.Incomplete, fmt.Sprintf("untracked files: git was not done after %v%s", d.limit, blame(waiting(lying))))
	}
	if s.Head == "" {
		return s, nil // without a commit there is nothing to count
	}
	s.Insertions, s.Deletions = lines.insertions, lines.deletions
	s.Commits, s.Ahead, s.Behind = h.commits, h.base.ahead, h.base.behind
	s.Upstream, s.UpstreamAhead, s.UpstreamBehind = h.upstream.from, h.upstream.ahead, h.upstream.behind
	for _, part := range []struct {
		name string
		err  error
	}{
		{"commits", h.err}, {"what is staged", stagedErr}, {"changed lines", linesErr}, {"changed files", pendingErr}, {"folders", walkErr},
	} {
		if part.err != nil {
			s.Incomplete = append(s.Incomplete, part.name+": "+part.err.Error())
		}
	}
	return s, ctx.Err()
}

// history is what the objects of the repository say of a work tree. None of it needs the work tree itself.
type history struct {
	base, upstream divergence
	commits        []Commit
	changes        []change
	err            error
}

// history compares HEAD with Base and with what Base came from. Commits that are the same are not compared.
func (w Worktree) history(ctx context.Context, d door) (h history) {
	names := []string{"HEAD"}
	if strings.HasPrefix(w.BaseRef, "refs/") {
		names = append(names, w.BaseRef)
	}
	ids, err := d.commits(ctx, names...)
	if err != nil || ids[0] == "" { // unborn
		return history{err: err}
	}
	var errs []error
	note := func(err error) { errs = append(errs, err) }
	if ids[0] != w.Base {
		h.base, err = d.diverged(ctx, w.Base)
		note(err)
		h.commits, err = d.log(ctx, w.Base, ids[0])
		note(err)
		h.changes, err = d.committed(ctx, w.Base, ids[0])
		note(err)
	}
	if len(ids) > 1 && ids[1] != "" {
		if h.upstream = h.base; ids[1] != w.Base {
			h.upstream, err = d.diverged(ctx, ids[1])
			note(err)
		}
		h.upstream.from = w.BaseRef
	}
	h.err = errors.Join(errs...)
	return h
}

// cache makes the folder of the cache. Where that fails, as on a full disk, a status is slow.
func (w Worktree) cache() string {
	if w.Cache == "" || os.MkdirAll(w.Cache, 0o700) != nil {
		return ""
	}
	return w.Cache
}

// entries lists what is not as in HEAD. walked says which files would make git wait for ever: as soon as there are some,
// git begins anew and finds them empty.
func (w Worktree) entries(ctx context.Context, d *door, walked *walkResult) (s Status, heads []headFile, hidden []string, limited bool, stagedErr, err error) {
	var k kept
	var folder string
	if d.repo.Box != nil {
		var release func()
		if folder, release, err = claim(w.cache()); err != nil {
			return s, nil, nil, false, nil, err
		}
		defer release()
		if k, err = d.keepIndex(ctx, folder); err != nil {
			return s, nil, nil, false, nil, err
		}
	}
	first, stop := context.WithCancel(ctx)
	defer stop()
	go func() {
		if <-walked.done; len(waiting(walked.found)) > 0 && d.repo.Box != nil {
			stop()
		}
	}()
	s, heads, limited, err = d.files(first, k)
	if (err != nil || limited) && ctx.Err() == nil && d.repo.Box != nil {
		<-walked.done
		if d.blank = waiting(walked.found); len(d.blank) > 0 {
			s, heads, limited, err = d.files(ctx, k)
		}
	}
	if err == nil && d.repo.Box != nil {
		stagedErr = w.staging(ctx, *d, folder, &s, &heads)
	}
	return s, heads, k.hidden, limited, stagedErr, err
}

// files lists what is not as in HEAD. limited: the search for untracked files took too long and was left out.
func (d door) files(ctx context.Context, k kept) (s Status, heads []headFile, limited bool, err error) {
	list := func(untracked string) ([]byte, error) {
		// By the setting and not by the option, which would keep git from its untracked cache.
		return d.run(ctx, call{where: inBox, index: k.index, keep: k.dir, flags: []string{
			"-c", "status.showUntrackedFiles=" + untracked, "-c", "core.untrackedCache=" + strconv.FormatBool(k.dir != ""),
		}, args: []string{
			"status", "--porcelain=v2", "--branch", "-z", "--ignore-submodules=all", "--find-renames",
		}})
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

// UncommittedFiles counts the files of the repository's own work tree that are not as in HEAD, a bare one's as 0. Errors:
// ErrWaits.
func (r Repo) UncommittedFiles(ctx context.Context) (int, error) {
	if r.WorkTree == "" {
		return 0, nil
	}
	d, err := r.open(ctx)
	if err != nil {
		return 0, err
	}
	if err := d.passOver(ctx); err != nil {
		return 0, err
	}
	var s Status
	err = d.unlessWaiting(ctx, func(ctx context.Context) (err error) {
		s, _, _, err = d.files(ctx, kept{})
		return err
	})
	return len(s.Entries), err
}
