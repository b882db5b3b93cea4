package workspace

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"path/filepath"
	"strings"

	"jail/git"
	"jail/state"
)

// privates is the parent of the git directories that jails have for themselves, beside that of their work trees.
func (m Manager) privates() string { return filepath.Join(filepath.Dir(m.Root), "git") }

// Private is the git directory that a jail has for itself.
func (m Manager) Private(r state.Record) git.Private {
	return git.Private{
		Host: git.Repo{CommonDir: r.CommonDir, GitDir: r.AdminDir, WorkTree: r.Worktree},
		Dir:  filepath.Join(m.privates(), r.ID), Name: r.Name, Branch: r.Branch,
	}
}

// Checkout is the git directory of runs in a work tree of the user's, and of a jail's where dir is one's work tree. false:
// there is no repository, or none that can be given. Errors: those of Verify.
func (m Manager) Checkout(dir string) (git.Private, bool, error) {
	f, err := m.Store.View()
	if err != nil {
		return git.Private{}, false, err
	}
	for _, r := range f.Jails {
		if r.Worktree == dir && r.Phase == state.Ready {
			return m.Private(r), true, Verify(r)
		}
	}
	repo, err := git.Checkout(dir)
	if err != nil {
		return git.Private{}, false, nil
	}
	name := "@checkout"
	if repo.GitDir != repo.CommonDir {
		name = "@" + filepath.Base(repo.GitDir)
	}
	id := sha256.Sum256([]byte(repo.GitDir))
	return git.Private{Host: repo, Dir: filepath.Join(m.privates(), hex.EncodeToString(id[:16])), Name: name}, true, nil
}

// Review is the git directory of runs in a work tree of which nothing reaches the work tree or a branch of its repository.
// What they commit comes in below refs/jail/review@NAME. Its result and errors are those of Checkout.
func (m Manager) Review(dir string) (git.Private, bool, error) {
	p, ok, err := m.Checkout(dir)
	if err != nil || !ok {
		return p, ok, err
	}
	id := sha256.Sum256([]byte("review\x00" + p.Host.GitDir))
	p.Dir, p.Name = filepath.Join(m.privates(), hex.EncodeToString(id[:16])), "review@"+strings.TrimPrefix(p.Name, "@")
	p.Branch, p.Reach = "", git.ReachNothing
	return p, true, nil
}

// Import takes over what was committed in a jail: its branch moves, and other branches and tags come in below
// refs/jail/NAME. It may be called at any time, and costs next to nothing where nothing is new. Errors: *NoSuchJailError,
// *git.RefusedError, and others of git.Private.Import.
func (m Manager) Import(ctx context.Context, name string) (git.Imported, error) {
	r, err := m.Find(name)
	if err != nil {
		return git.Imported{}, err
	}
	return m.ImportRecord(ctx, r)
}

// ImportRecord is Import for a jail whose record is at hand. A jail that is not complete, or whose work tree is gone, has
// its branch moved all the same where its repository is there.
func (m Manager) ImportRecord(ctx context.Context, r state.Record) (git.Imported, error) {
	if r.AdminDir == "" || !isDir(r.CommonDir) {
		return git.Imported{}, nil
	}
	p := m.Private(r)
	if Verify(r) != nil {
		p.Host = repository(r) // the commits are good all the same; no index is moved
	}
	result, err := p.Import(ctx, m.Fetch)
	if err != nil {
		return result, fmt.Errorf("cannot take over the commits of jail %q: %w", r.Name, err)
	}
	return result, nil
}

// importBranch is ImportRecord for what takes a jail's commits: it fails where the jail's branch did not come in with all
// that it needs. What of the jail's other refs did not is returned.
func (m Manager) importBranch(ctx context.Context, r state.Record) (refused []string, err error) {
	i, err := m.ImportRecord(ctx, r)
	if err != nil {
		return nil, fmt.Errorf("%w; its git directory is %q", err, m.Private(r).Dir)
	}
	if d := i.Diverged; d != nil {
		return nil, fmt.Errorf("branch %+q was moved here and in jail %q; the jail's commits are on %s: bring them together with git merge %s, in %q",
			d.Branch, r.Name, d.Kept, d.Kept, r.Worktree)
	}
	if left := i.LeftOut(); len(left) > 0 {
		return nil, fmt.Errorf("not all that jail %q committed came in: %s", r.Name, strings.Join(left, "; "))
	}
	return i.Refused, nil
}

// headOf is the commit that a jail works on: inside, or where nothing ran in it yet, of its work tree.
func (m Manager) headOf(ctx context.Context, r state.Record) (string, error) {
	p := m.Private(r)
	if p.Used() {
		return p.Head()
	}
	return git.Worktree{Repo: p.Host}.Head(ctx)
}

// ownRefs are what the jail made beside its branch, as Import kept it, by its name below refs/jail/NAME/.
func ownRefs(ctx context.Context, r state.Record) (map[string]string, error) {
	refs, err := repository(r).Refs(ctx, jailRef(r.Name, ""))
	if err != nil {
		return nil, err
	}
	own := map[string]string{}
	for ref, id := range refs {
		switch what := strings.TrimPrefix(ref, jailRef(r.Name, "")); what {
		case refBase, refMerged, refResult, refPreMerge, refInto, refFrom, refTo, refAt, refSeen:
		default:
			own[what] = id
		}
	}
	return own, nil
}
