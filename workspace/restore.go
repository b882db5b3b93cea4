package workspace

import (
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"jail/git"
	"jail/state"
)

// RestoreRequest says which archive becomes a jail again.
type RestoreRequest struct {
	Archive Archive
	Name    string // of the new jail; empty means the old one
	RepoDir string // a directory in the repository; empty means the one that it was made from
}

// Restore makes a jail of an archive: its commits on a branch, its uncommitted files, and what was staged. The archive
// stays. If it fails, nothing of the jail stays. Errors: as Create; ErrRepositoryGone.
func (m Manager) Restore(ctx context.Context, req RestoreRequest) (state.Record, []string, error) {
	a := req.Archive
	name := req.Name
	if name == "" {
		name = a.Jail.Name
	}
	if a.Head == "" && !a.Whole {
		return state.Record{}, nil, fmt.Errorf("archive %q has no commit to start from", a.ID)
	}
	dir := req.RepoDir
	if dir == "" {
		if dir = a.Jail.Repo; !isDir(dir) || !isDir(a.Jail.CommonDir) {
			return state.Record{}, nil, fmt.Errorf("%w: %q", ErrRepositoryGone, a.Jail.Repo)
		}
	}
	existing, err := m.List(ctx)
	if err != nil {
		return state.Record{}, nil, err
	}
	repo, err := source(ctx, dir, existing)
	if err != nil {
		return state.Record{}, nil, err
	}
	repo = repo.Steady()
	create := CreateRequest{Name: name, RepoDir: dir, Base: a.Head, Entrypoint: a.Jail.Entrypoint}
	if create.Base == "" {
		create.Base = a.Jail.Base // git did not know the work tree any more
	}
	_, _, err = repo.ResolveBase(ctx, create.Base)
	switch {
	case err != nil && a.Head == "":
		create.Base = "" // all of its files are in the archive, and fit on any commit
	case err != nil:
		if err := repo.Unbundle(ctx, filepath.Join(m.archives(), a.ID, archiveBundle)); err != nil {
			return state.Record{}, nil, fmt.Errorf("the commits of archive %q cannot be brought into %q: %w", a.ID, repo.Top(), err)
		}
	}
	if name == a.Jail.Name {
		if create.Branch, err = m.takeOver(ctx, repo, a); err != nil {
			return state.Record{}, nil, err
		}
	}
	return m.create(ctx, create, func(ctx context.Context, tree git.Worktree, r *state.Record) ([]string, error) {
		var notices []string
		if create.Base != "" {
			r.Base, r.BaseRef = a.Jail.Base, a.Jail.BaseRef
		} else {
			notices = append(notices, fmt.Sprintf("%q has not the commit that it started from, %.10s: its files lie on HEAD now, as uncommitted", repo.Top(), a.Jail.Base))
		}
		if err := m.refill(ctx, a, tree); err != nil {
			return nil, err
		}
		return append(notices, sideBack(ctx, repo, name, a)...), nil
	})
}

// sideBack brings the branches and tags back that a jail had made beside its own, where Import keeps them.
func sideBack(ctx context.Context, repo git.Repo, name string, a Archive) []string {
	var notices []string
	for _, what := range a.side() {
		ref := jailRef(name, what)
		if err := repo.SetRefs(ctx, "jail restore", map[string]string{ref: a.Refs["own/"+what]}); err != nil {
			notices = append(notices, fmt.Sprintf("%s did not come back: %v", what, err))
		} else {
			notices = append(notices, fmt.Sprintf("%s is back as %s", what, ref))
		}
	}
	return notices
}

// takeOver frees the branch that the destroyed jail had, if it is as the archive has it, and returns its name; where it
// is somebody else's by now, the jail gets another name for its branch.
func (m Manager) takeOver(ctx context.Context, repo git.Repo, a Archive) (string, error) {
	tip, err := repo.BranchTip(ctx, a.Jail.Branch)
	switch {
	case errors.Is(err, git.ErrNoBranch):
		return a.Jail.Branch, nil
	case err != nil:
		return "", err
	case tip != a.Refs["branch"] || tip != a.Head:
		return "", nil
	}
	// Its commits have the archive's ref, should this be cut off.
	refs, err := repo.Refs(ctx, archiveRef(a.ID, ""))
	if err != nil || refs[archiveRef(a.ID, "branch")] != tip {
		return "", err
	}
	if repo.DeleteBranch(ctx, a.Jail.Branch, tip) != nil {
		return "", nil // it is checked out somewhere
	}
	m.at("restore: branch freed")
	return a.Jail.Branch, nil
}

// refill brings the uncommitted files of an archive into a fresh work tree.
func (m Manager) refill(ctx context.Context, a Archive, tree git.Worktree) error {
	root, err := os.OpenRoot(tree.WorkTree)
	if err != nil {
		return err
	}
	defer root.Close()
	for _, path := range a.Gone {
		if err := root.RemoveAll(path); err != nil {
			return fmt.Errorf("cannot restore archive %q: %w", a.ID, err)
		}
	}
	if len(a.Files) > 0 {
		f, err := os.Open(filepath.Join(m.archives(), a.ID, archiveFiles))
		if err != nil {
			return err
		}
		defer f.Close()
		z, err := gzip.NewReader(f)
		if err == nil {
			err = git.Unpack(ctx, z, tree.WorkTree)
		}
		if err != nil {
			return fmt.Errorf("cannot restore archive %q: %w", a.ID, err)
		}
	}
	m.at("restore: files back")
	if a.Index == "" {
		return nil
	}
	return tree.SetIndex(ctx, a.Index)
}
