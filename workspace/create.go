package workspace

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"jail/git"
	"jail/state"
)

// CreateRequest is what a new jail is made from.
type CreateRequest struct {
	Name       string
	RepoDir    string   // a directory in the repository
	Base       string   // what to start from; empty means HEAD
	Branch     string   // empty means jail/NAME, with a number behind it if that is taken
	Entrypoint []string // empty, or an absolute program and its arguments
	Carry      Carry    // nothing: what is not committed stays behind
}

// Create makes a jail: a work tree at Root/NAME on a new branch, and its record. Everything is checked before anything
// is made, and if it fails, or the context ends, nothing stays. The notices are for the user to know. Errors:
// state.ErrName, ErrExists, git.ErrNotRepository, git.ErrUnborn, *git.UnknownRefError, git.ErrBranchExists.
func (m Manager) Create(ctx context.Context, req CreateRequest) (state.Record, []string, error) {
	return m.create(ctx, req, nil)
}

// create is Create with files of the caller's in place of those of the checkout.
func (m Manager) create(ctx context.Context, req CreateRequest, filled fill) (state.Record, []string, error) {
	if err := req.check(); err != nil {
		return state.Record{}, nil, err
	}
	existing, err := m.List(ctx) // and clean up, or a leftover would hold the name
	if err != nil {
		return state.Record{}, nil, err
	}
	if i := slices.IndexFunc(existing, func(r state.Record) bool { return r.Name == req.Name }); i >= 0 {
		return state.Record{}, nil, taken(existing[i])
	}
	repo, err := source(ctx, req.RepoDir, existing)
	if err != nil {
		return state.Record{}, nil, err
	}
	repo = repo.Steady()
	r, err := m.plan(ctx, repo, req)
	if err != nil {
		return state.Record{}, nil, err
	}
	branches, err := freeBranches(ctx, repo, req)
	if err != nil {
		return state.Record{}, nil, err
	}
	looks := filled == nil && req.Carry == CarryNothing
	notices, err := m.before(ctx, repo, req, r, &filled)
	if err != nil {
		return state.Record{}, nil, err
	}
	if err := m.reserve(&r, branches); err != nil {
		return state.Record{}, nil, err
	}
	m.at("create: reserved")
	// Looking at the user's checkout takes a while, and so both are done at once.
	behind := make(chan []string, 1)
	go func() {
		if !looks {
			close(behind)
			return
		}
		behind <- leftBehind(ctx, repo)
	}()
	skipped, more, err := m.make(ctx, repo, &r, filled)
	if err != nil {
		return state.Record{}, nil, err
	}
	notices = slices.Concat(notices, <-behind, more)
	for _, name := range skipped {
		notices = append(notices, fmt.Sprintf("git filter %q was not run: its command lies in the repository", name))
	}
	return r, notices, nil
}

// before says what the user should know of what a jail starts from, and chooses what it is filled with.
func (m Manager) before(ctx context.Context, repo git.Repo, req CreateRequest, r state.Record, filled *fill) ([]string, error) {
	if *filled != nil {
		return nil, nil
	}
	*filled = carried(repo, req.Carry)
	notices := []string{origin(ctx, repo, r)}
	if req.Carry == CarryNothing {
		return notices, nil
	}
	head, _, err := repo.ResolveBase(ctx, "")
	if err == nil && head != r.Base {
		err = fmt.Errorf("uncommitted work belongs to HEAD, %.10s, and cannot be carried over to %.10s", head, r.Base)
	}
	return notices, err
}

func (req CreateRequest) check() error {
	if err := state.ValidName(req.Name); err != nil {
		return err
	}
	if req.Branch != "" {
		if err := git.ValidBranch(req.Branch); err != nil {
			return err
		}
	}
	if len(req.Entrypoint) > 0 && !filepath.IsAbs(req.Entrypoint[0]) {
		return fmt.Errorf("the entrypoint %+q is not an absolute path", req.Entrypoint[0])
	}
	return nil
}

func taken(r state.Record) error {
	if r.Phase != state.Ready {
		return busy(r)
	}
	return fmt.Errorf("jail %q: %w, for %q", r.Name, ErrExists, r.Repo)
}

// source finds the repository. A directory in another jail's work tree leads to that jail's repository by its record:
// a .git file or directory in there may be the jail's own.
func source(ctx context.Context, dir string, existing []state.Record) (git.Repo, error) {
	real, err := filepath.Abs(dir)
	if err == nil {
		real, err = filepath.EvalSymlinks(real)
	}
	if err != nil {
		return git.Repo{}, fmt.Errorf("cannot find the repository: %w", err)
	}
	for _, r := range existing {
		if r.Worktree != "" && strings.HasPrefix(real+"/", r.Worktree+"/") {
			tree, err := Tree(r)
			return tree.Repo, err
		}
	}
	return git.Discover(ctx, real)
}

// plan is the record of the jail as far as it is known before anything is made.
func (m Manager) plan(ctx context.Context, repo git.Repo, req CreateRequest) (state.Record, error) {
	base, baseRef, err := repo.ResolveBase(ctx, req.Base)
	if errors.Is(err, git.ErrUnborn) {
		return state.Record{}, fmt.Errorf("%q: %w; a jail starts from a commit: make a first one", repo.Top(), err)
	}
	if err != nil {
		return state.Record{}, fmt.Errorf("cannot start from that base in %q: %w", repo.Top(), err)
	}
	self, err := state.CurrentSession("jail")
	if err != nil {
		return state.Record{}, err
	}
	root, err := m.root()
	if err != nil {
		return state.Record{}, err
	}
	path := filepath.Join(root, req.Name)
	if _, err := os.Lstat(path); !errors.Is(err, os.ErrNotExist) {
		// Another process may have begun since the name was looked up.
		if f, err := m.Store.View(); err == nil && f.Find(req.Name) >= 0 {
			return state.Record{}, taken(f.Jails[f.Find(req.Name)])
		}
		return state.Record{}, fmt.Errorf("cannot create jail %q: %q is in the way, and no known jail's", req.Name, path)
	}
	return state.Record{
		ID: state.NewID(), Name: req.Name, Repo: repo.Top(), CommonDir: repo.CommonDir, Worktree: path,
		Base: base, BaseRef: baseRef, Created: time.Now().UTC().Truncate(time.Second), Phase: state.Creating,
		Entrypoint: req.Entrypoint, Sessions: []state.Session{self},
	}, nil
}

// root makes the parent of the work trees and returns it without symlinks, as git writes paths.
func (m Manager) root() (string, error) {
	err := os.MkdirAll(m.Root, 0o700)
	root := m.Root
	if err == nil {
		root, err = filepath.EvalSymlinks(m.Root)
	}
	if err == nil {
		root, err = filepath.Abs(root)
	}
	if err != nil {
		return "", fmt.Errorf("cannot create the directory of jails %q: %w", m.Root, err)
	}
	return root, nil
}

// reserve enters the jail into the record. Under the lock of the record one process gets a name, and a branch.
func (m Manager) reserve(r *state.Record, branches []string) error {
	return m.Store.Update(func(f *state.File) error {
		if i := f.Find(r.Name); i >= 0 {
			return taken(f.Jails[i])
		}
		for _, branch := range branches {
			reserved := slices.ContainsFunc(f.Jails, func(other state.Record) bool {
				return other.CommonDir == r.CommonDir && other.Branch == branch
			})
			if !reserved {
				r.Branch = branch
				f.Jails = append(f.Jails, *r)
				return nil
			}
		}
		return fmt.Errorf("branch %+q: %w", branches[0], git.ErrBranchExists)
	})
}

// make makes what the record says. If that fails, all of it is taken back, the record too. It returns the names of
// filters that were not run, and what the filling has to say.
func (m Manager) make(ctx context.Context, repo git.Repo, r *state.Record, filled fill) (skipped, notices []string, err error) {
	// Not to be cut off: it is what leaves nothing behind after a Ctrl-C.
	whole := context.WithoutCancel(ctx)
	recycled := m.recycled(*r)
	m.at("create: recycled")
	tree, err := repo.AddWorktree(ctx, git.AddRequest{Path: r.Worktree, Branch: r.Branch, Base: r.Base, Pin: jailRef(r.Name, refBase), Recycled: recycled})
	if err != nil {
		// AddWorktree has cleaned up; what is there now, as a branch of that name, is somebody else's.
		return nil, nil, errors.Join(err, git.RemoveTree(trash(*r)), m.forget(*r))
	}
	m.at("create: work tree added")
	reserved := *r
	notices, err = filled(ctx, tree, r)
	m.at("create: filled")
	r.AdminDir, r.Phase, r.Sessions = tree.GitDir, state.Ready, nil
	if err == nil {
		err = ctx.Err()
	}
	if err == nil {
		err = m.change(r.ID, func(f *state.File, i int) { f.Jails[i] = *r })
	}
	if err != nil {
		return nil, nil, errors.Join(err, m.rollBack(whole, reserved))
	}
	if tree.Hooks != "" {
		notices = append(notices, fmt.Sprintf("git takes its hooks from the tree here (core.hooksPath %+q): in the jail's work tree, and when you run git merge by hand, plain git runs what the jail put there; jail merge runs nothing of it", tree.Hooks))
	}
	if _, err := os.Lstat(filepath.Join(r.Worktree, ".gitmodules")); err == nil {
		notices = append(notices, "its submodules are empty: a named jail has none; work that needs them fits your own checkout: jail run")
	}
	return tree.SkippedFilters, notices, nil
}

// leftBehind says which work of the user's the jail will not see.
func leftBehind(ctx context.Context, repo git.Repo) []string {
	n, err := repo.UncommittedFiles(ctx)
	switch {
	case err != nil:
		return []string{fmt.Sprintf("cannot tell whether %q has uncommitted files: %v", repo.WorkTree, err)}
	case n == 1:
		return []string{fmt.Sprintf("1 uncommitted file stays behind in %q; --with-changes takes it along", repo.WorkTree)}
	case n > 1:
		return []string{fmt.Sprintf("%d uncommitted files stay behind in %q; --with-changes takes them along", n, repo.WorkTree)}
	}
	return nil
}
