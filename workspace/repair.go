package workspace

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"jail/state"
)

// Finding is something that is wrong with a jail or an archive.
type Finding struct {
	Name    string `json:"name"`
	Problem string `json:"problem"`
	Fix     string `json:"fix"` // a command, or what to do
}

// Findings looks at every jail and archive. It changes nothing but what was cut off, see List.
func (m Manager) Findings(ctx context.Context) ([]Finding, error) {
	records, err := m.List(ctx)
	if err != nil {
		return nil, err
	}
	found := []Finding{}
	for _, r := range records {
		if f, wrong := m.examine(ctx, r); wrong {
			found = append(found, f)
		}
	}
	_, broken, err := m.Archives()
	for _, b := range broken {
		found = append(found, Finding{"archives", b.Error(), "look into the folder, and remove it if nothing in it is of use"})
	}
	return found, err
}

// examine finds the first thing that is wrong with a jail.
func (m Manager) examine(ctx context.Context, r state.Record) (Finding, bool) {
	repair := "jail repair " + r.Name
	if r.Phase != state.Ready {
		if !stale(r) {
			return Finding{}, false // somebody is at work on it
		}
		return Finding{r.Name, busy(r).Error(), "jail destroy " + r.Name}, true
	}
	err := Verify(r)
	var changed *ChangedError
	switch {
	case errors.Is(err, ErrRepositoryGone):
		return Finding{r.Name, err.Error(), repair + " --repo PATH, if it was moved; else jail destroy " + r.Name}, true
	case errors.Is(err, ErrWorktreeGone) && isDir(r.Worktree):
		return Finding{r.Name, err.Error(), repair}, true
	case errors.Is(err, ErrWorktreeGone):
		return Finding{r.Name, err.Error() + "; its commits are on its branch", repair + " makes it again; jail destroy " + r.Name + " clears it away"}, true
	case errors.As(err, &changed):
		return Finding{r.Name, err.Error(), repair}, true
	case err != nil:
		return Finding{r.Name, err.Error(), "jail destroy " + r.Name + " --force"}, true
	}
	if _, err := repository(r).BranchTip(ctx, r.Branch); err != nil {
		return Finding{r.Name, "its branch cannot be read: " + err.Error(), fmt.Sprintf("git branch %s COMMIT, or jail destroy %s --force", r.Branch, r.Name)}, true
	}
	if what, again := m.cutOff(ctx, r); what != "" {
		return Finding{r.Name, what + " was cut off before the branch moved", again}, true
	}
	return Finding{}, false
}

// cutOff names what changed a checkout and did not come to its end, and what makes that good; empty where there is nothing.
func (m Manager) cutOff(ctx context.Context, r state.Record) (what, again string) {
	refs, err := repository(r).Refs(ctx, jailRef(r.Name, ""))
	from, to := refs[jailRef(r.Name, refFrom)], refs[jailRef(r.Name, refTo)]
	switch {
	case err != nil || from == "" || refs[jailRef(r.Name, refAt)] != from:
		return "", ""
	case from == refs[jailRef(r.Name, refResult)] && to == refs[jailRef(r.Name, refPreMerge)]:
		return "an undo of its merge", fmt.Sprintf("jail merge %s --undo once more", r.Name)
	}
	return "a merge of it", fmt.Sprintf("jail merge %s once more", r.Name)
}

// Repair makes a jail whole again as far as that can be done without losing anything: a work tree that is gone comes
// back from its branch, one that git has forgotten becomes known again with all its files, a .git file that was changed
// is restored, and a repository that was moved, to where dir is, is found. It says what it did. Errors:
// *NoSuchJailError, ErrBusy, *RunningError, ErrRepositoryGone.
func (m Manager) Repair(ctx context.Context, name, dir string) ([]string, error) {
	r, end, err := m.hold(name)
	if err != nil {
		return nil, err
	}
	defer end()
	var done []string
	if !isDir(r.CommonDir) {
		if r, err = m.findMoved(ctx, r, dir); err != nil {
			return nil, err
		}
		done = append(done, fmt.Sprintf("its repository is at %q", r.Repo))
	}
	note, err := m.repairTree(ctx, r)
	if err != nil {
		return done, fmt.Errorf("cannot repair jail %q: %w", name, err)
	}
	done = append(done, note...)
	if r, err = m.Find(name); err != nil {
		return done, err
	}
	if err := Verify(r); err != nil {
		return done, fmt.Errorf("jail %q is not whole yet: %w", name, err)
	}
	return done, nil
}

// hold keeps others off a jail in which nothing runs.
func (m Manager) hold(name string) (state.Record, func(), error) {
	self, err := state.CurrentSession("jail repair")
	if err != nil {
		return state.Record{}, nil, err
	}
	var held state.Record
	err = m.Store.Update(func(f *state.File) error {
		i, err := find(f, name)
		if err != nil {
			return err
		}
		r := &f.Jails[i]
		if r.Phase != state.Ready {
			return busy(*r)
		}
		if what := running(*r); len(what) > 0 {
			return &RunningError{name, what}
		}
		r.Sessions = []state.Session{self}
		held = *r
		return nil
	})
	return held, func() { _ = m.end(held.ID, self) }, err
}

// findMoved looks for the repository of a jail at another place: one that has git's record of the jail's work tree.
func (m Manager) findMoved(ctx context.Context, r state.Record, dir string) (state.Record, error) {
	gone := fmt.Errorf("%w: %q", ErrRepositoryGone, r.CommonDir)
	f, err := m.Store.View()
	if err != nil {
		return r, err
	}
	repo, err := source(ctx, dir, f.Jails)
	if err != nil || jailed(f.Jails, repo) {
		return r, gone
	}
	admin := filepath.Join(repo.CommonDir, "worktrees", filepath.Base(r.AdminDir))
	if err := holdsLine(filepath.Join(admin, "gitdir"), filepath.Join(r.Worktree, ".git")); err != nil {
		return r, fmt.Errorf("%w, and the repository %q does not know its work tree", gone, repo.Top())
	}
	r.Repo, r.CommonDir, r.AdminDir = repo.Top(), repo.CommonDir, admin
	// The record first: a .git file that does not agree with it is found, and repaired, the next time.
	return r, m.change(r.ID, func(f *state.File, i int) {
		f.Jails[i].Repo, f.Jails[i].CommonDir, f.Jails[i].AdminDir = r.Repo, r.CommonDir, r.AdminDir
	})
}

func (m Manager) repairTree(ctx context.Context, r state.Record) ([]string, error) {
	repo := repository(r)
	if !isDir(r.Worktree) {
		if at := movedTo(r); at != "" {
			return nil, fmt.Errorf("git says that its work tree was moved to %q: git worktree move %q %q", at, at, r.Worktree)
		}
		if err := ours(r); err != nil {
			return nil, err
		}
		tree, err := repo.RestoreWorktree(ctx, r.Worktree, r.Branch)
		if err != nil {
			return nil, err
		}
		err = errors.Join(m.Private(r).ForgetIndex(), m.change(r.ID, func(f *state.File, i int) { f.Jails[i].AdminDir = tree.GitDir }))
		return []string{fmt.Sprintf("its work tree was made again from branch %+q; what was not committed is gone with the old one", r.Branch)}, err
	}
	var done []string
	if !isDir(r.AdminDir) {
		if err := repo.Readmit(ctx, r.AdminDir, r.Worktree, r.Branch); err != nil {
			return nil, err
		}
		if err := m.Private(r).ForgetIndex(); err != nil {
			return nil, err
		}
		done = append(done, "git knows its work tree again; what was staged there is not staged any more")
	}
	if err := holdsLine(filepath.Join(r.AdminDir, "gitdir"), filepath.Join(r.Worktree, ".git")); err != nil {
		if err := os.WriteFile(filepath.Join(r.AdminDir, "gitdir"), []byte(filepath.Join(r.Worktree, ".git")+"\n"), 0o644); err != nil {
			return done, err
		}
		done = append(done, "git's record of its work tree was corrected")
	}
	notes, err := m.repairPointer(ctx, r)
	return append(done, notes...), err
}

// movedTo is where git has the work tree now, if that is another place that is there; else empty.
func movedTo(r state.Record) string {
	info, err := os.Lstat(filepath.Join(r.AdminDir, "gitdir"))
	if err != nil || !info.Mode().IsRegular() {
		return ""
	}
	data, err := os.ReadFile(filepath.Join(r.AdminDir, "gitdir"))
	at := filepath.Dir(strings.TrimSuffix(string(data), "\n"))
	if err != nil || at == r.Worktree || !isDir(at) {
		return ""
	}
	return at
}

// repairPointer restores the .git file of a work tree. A folder that was put in its place is packed first.
func (m Manager) repairPointer(ctx context.Context, r state.Record) ([]string, error) {
	line := "gitdir: " + r.AdminDir
	if holdsLine(filepath.Join(r.Worktree, ".git"), line) == nil {
		return nil, nil
	}
	root, err := os.OpenRoot(r.Worktree)
	if err != nil {
		return nil, err
	}
	defer root.Close()
	done := []string{"its .git file was restored"}
	if info, err := root.Lstat(".git"); err == nil && info.IsDir() {
		if err := os.MkdirAll(m.archives(), 0o700); err != nil {
			return nil, err
		}
		pack := filepath.Join(m.archives(), fmt.Sprintf("%s-dot-git-%d.tar.gz", r.Name, time.Now().UnixNano()))
		if _, err := packInto(ctx, pack, r.Worktree, []string{".git/"}); err != nil {
			return nil, errors.Join(err, os.Remove(pack))
		}
		done = append(done, fmt.Sprintf("the folder that was in its place is packed in %q", pack))
	}
	if err := root.RemoveAll(".git"); err != nil {
		return nil, err
	}
	return done, root.WriteFile(".git", []byte(line+"\n"), 0o644)
}
