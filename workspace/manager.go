// Package workspace is the life of a named jail: a work tree and a branch of the user's repository, and a record of
// both. Every change is reserved in the record first, so that whatever is cut off half way is found and cleaned up by
// the next command.
package workspace

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"jail/git"
	"jail/state"
)

// Manager knows where jails are.
type Manager struct {
	Store state.Store
	Root  string    // parent of the work trees, $XDG_DATA_HOME/jail/jails
	Cache string    // parent of what makes looking at the jails fast, $XDG_CACHE_HOME/jail/status; may be removed at any time
	Box   *git.Box  // where git reads a jail's work tree; nil: on the host
	Fetch git.Fetch // how commits come out of a jail
	Trees Trees     // what becomes of the files of removed jails

	step func(what string) // tests end the process here; nil otherwise
}

// at marks a moment between two changes on the disk.
func (m Manager) at(what string) {
	if m.step != nil {
		m.step(what)
	}
}

var (
	// ErrNoSuchJail is what a *NoSuchJailError is.
	ErrNoSuchJail = errors.New("no such jail")
	// ErrExists means that the name is taken.
	ErrExists = errors.New("a jail of that name exists already")
	// ErrBusy means that another process creates or destroys the jail at this moment.
	ErrBusy = errors.New("another process is at work on the jail")
	// ErrWorktreeGone means that the jail's work tree is not there.
	ErrWorktreeGone = errors.New("the jail's work tree is gone")
	// ErrRepositoryGone means that the repository that the jail belongs to is not there.
	ErrRepositoryGone = errors.New("the jail's repository is gone")
)

// NoSuchJailError carries the names that there are, for a suggestion.
type NoSuchJailError struct {
	Name  string
	Known []string
}

func (e *NoSuchJailError) Error() string { return fmt.Sprintf("no jail is named %+q", e.Name) }

// Is makes errors.Is(err, ErrNoSuchJail) true.
func (e *NoSuchJailError) Is(target error) bool { return target == ErrNoSuchJail }

// Find returns the record of a jail, in whatever phase it is. Errors: *NoSuchJailError.
func (m Manager) Find(name string) (state.Record, error) {
	f, err := m.Store.View()
	if err != nil {
		return state.Record{}, err
	}
	i, err := find(&f, name)
	if err != nil {
		return state.Record{}, err
	}
	return f.Jails[i], nil
}

func find(f *state.File, name string) (int, error) {
	if i := f.Find(name); i >= 0 {
		return i, nil
	}
	known := make([]string, len(f.Jails))
	for i, r := range f.Jails {
		known[i] = r.Name
	}
	return -1, &NoSuchJailError{Name: name, Known: known}
}

// repository is the jail's repository without a work tree: for what concerns branches and records.
func repository(r state.Record) git.Repo {
	return git.Repo{CommonDir: r.CommonDir, GitDir: r.CommonDir}
}

func isDir(path string) bool {
	info, err := os.Lstat(path)
	return err == nil && info.IsDir()
}

// ours guards what is going to be removed as a whole against a record that does not come from this program.
func ours(r state.Record) error {
	inside := strings.HasPrefix(r.CommonDir+"/", r.Worktree+"/") || strings.HasPrefix(r.Repo+"/", r.Worktree+"/")
	if !filepath.IsAbs(r.Worktree) || filepath.Base(r.Worktree) != r.Name || inside {
		return fmt.Errorf("%q is not the work tree of a jail, and will not be removed", r.Worktree)
	}
	return nil
}
