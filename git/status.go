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
	seen := w.startWalk(ctx)
	d, err := w.open(ctx)
	if err != nil {
		return Status{}, err
	}
	return w.status(ctx, d, seen)
}

// pendingWalk is a walk at work.
type pendingWalk struct {
	done chan struct{}
	walked
	err error
}

func (w Worktree) startWalk(ctx context.Context) *pendingWalk {
	p := &pendingWalk{done: make(chan struct{})}
	go func() {
		defer close(p.done)
		p.walked, p.err = walk(ctx, w.WorkTree, w.cache())
	}()
	return p
}

func (w Worktree) status(ctx context.Context, d door, seen *pendingWalk) (Status, error) {
	var files entries
	var lines lineCounts
	var h history
	var pending []change
	var lying []Risk
	var filesErr, linesErr, pendingErr, lyingErr error
	var all sync.WaitGroup
	all.Go(func() { h = w.history(ctx, d) })
	<-seen.done
	if d.repo.Box != nil {
		d.blank = waiting(seen.found)
	}
	all.Go(func() {
		if files, filesErr = w.entries(ctx, d, seen.state); filesErr == nil {
			pending, pendingErr = d.inspect(ctx, &files)
			lines, linesErr = d.knownLines(ctx, files, seen.state, w.cache())
		}
	})
	all.Go(func() { lying, lyingErr = d.lying(ctx, w.Base, seen.found) })
	all.Wait()
	if filesErr != nil {
		return Status{}, filesErr
	}
	s := files.Status
	s.Risks = sorted(append(risks(append(h.changes, pending...), namedPaths(d.entries)), lying...))
	for _, path := range files.hidden {
		s.Risks = append(s.Risks, Risk{path, "marked to be hidden from git status"})
	}
	if files.limited {
		s.Incomplete = append(s.Incomplete, fmt.Sprintf("untracked files: git was not done after %v%s", d.limit, blame(waiting(seen.found))))
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
		{"commits", h.err}, {"what is staged", files.stagedErr}, {"changed lines", linesErr}, {"changed files", pendingErr},
		{"folders", errors.Join(seen.err, lyingErr)},
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
	names := []string{"HEAD^{commit}"}
	if strings.HasPrefix(w.BaseRef, "refs/") {
		names = append(names, w.BaseRef+"^{commit}")
	}
	ids, err := d.objects(ctx, names...)
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

// entries is what is not as in HEAD, with what a Status does not show of it.
type entries struct {
	Status
	heads     []headFile
	stamps    []string // of the files as they lie there; "": one that is gone, or changed a moment ago
	index     string   // stamp of the index
	hidden    []string // marked by the jail to be taken for unchanged
	limited   bool     // the search for untracked files took too long and was left out
	stagedErr error
}

// entries lists what is not as in HEAD. In a tree of the same state as before the untracked files are what they were.
func (w Worktree) entries(ctx context.Context, d door, tree string) (e entries, err error) {
	if d.repo.Box == nil {
		e.Status, e.heads, e.limited, err = d.files(ctx, kept{}, "all")
		return e, err
	}
	folder, release, err := claim(w.cache())
	if err != nil {
		return e, err
	}
	defer release()
	k, err := d.keepIndex(ctx, folder)
	if err != nil {
		return e, err
	}
	stamp := d.untrackedStamp(k, tree)
	known, ok := k.untracked(stamp)
	search := "all"
	if ok {
		search = "no"
	}
	if e.Status, e.heads, e.limited, err = d.files(ctx, k, search); err != nil {
		return e, err
	}
	if ok {
		for _, name := range known {
			e.add(Entry{Path: name, Index: '?', Work: '?', Kind: Untracked})
			e.heads = append(e.heads, headFile{})
		}
	} else if !e.limited {
		if err := k.keepUntracked(stamp, e.Entries); err != nil {
			return e, err
		}
	}
	e.hidden, e.index = k.hidden, k.stamp
	e.stagedErr = w.staging(ctx, d, folder, &e.Status, &e.heads)
	return e, nil
}

// files lists what is not as in HEAD. limited: the search for untracked files took too long and was left out.
func (d door) files(ctx context.Context, k kept, search string) (s Status, heads []headFile, limited bool, err error) {
	list := func(untracked string) ([]byte, error) {
		// By the setting and not by the option, which would keep git from its untracked cache.
		return d.run(ctx, call{where: inBox, index: k.index, keep: k.dir, flags: []string{
			"-c", "status.showUntrackedFiles=" + untracked, "-c", "core.untrackedCache=" + strconv.FormatBool(k.dir != ""),
		}, args: []string{
			"status", "--porcelain=v2", "--branch", "-z", "--ignore-submodules=all", "--find-renames",
		}})
	}
	out, err := list(search)
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
		s, _, _, err = d.files(ctx, kept{}, "all")
		return err
	})
	return len(s.Entries), err
}
