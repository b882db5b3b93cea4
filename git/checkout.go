package git

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"golang.org/x/sys/unix"
)

// Checkout finds the repository of a work tree of the user's from its .git, without starting git. What it reads is data: a
// pointer counts only where the repository points back, so that nobody can choose with a file which repository is shown.
// Errors: ErrNotRepository where there is none that it understands, as for a submodule.
func Checkout(dir string) (Repo, error) {
	dotGit := filepath.Join(dir, ".git")
	info, err := os.Lstat(dotGit)
	none := fmt.Errorf("%q: %w", dir, ErrNotRepository)
	switch {
	case err != nil:
		return Repo{}, none
	case info.IsDir():
		if _, err := os.Lstat(filepath.Join(dotGit, "commondir")); err == nil || !isRepository(dotGit) {
			return Repo{}, none
		}
		return Repo{CommonDir: dotGit, GitDir: dotGit, WorkTree: dir}, nil
	case !info.Mode().IsRegular():
		return Repo{}, none
	}
	admin, ok := pointer(dir, ".git", "gitdir: ")
	common := filepath.Dir(filepath.Dir(admin))
	if !ok || filepath.Dir(admin) != filepath.Join(common, "worktrees") || !isFolder(admin) || !isRepository(common) {
		return Repo{}, none
	}
	if real, err := filepath.EvalSymlinks(admin); err != nil || real != admin {
		return Repo{}, none
	}
	if back, ok := pointer(admin, "gitdir", ""); !ok || back != dotGit {
		return Repo{}, none
	}
	if strings.HasPrefix(common, dir+"/") {
		return Repo{}, none // the jail could have written it all
	}
	return Repo{CommonDir: common, GitDir: admin, WorkTree: dir}, nil
}

// pointer reads a file with one path in it, relative ones being relative to dir.
func pointer(dir, name, prefix string) (string, bool) {
	text, err := readOneLine(dir, name)
	path, ok := strings.CutPrefix(text, prefix)
	if err != nil || !ok || path == "" {
		return "", false
	}
	if !filepath.IsAbs(path) {
		path = filepath.Join(dir, path)
	}
	return filepath.Clean(path), true
}

// readOneLine reads a file of one line. It follows no link, and waits for nobody.
func readOneLine(dir, name string) (string, error) {
	d, err := os.Open(dir)
	if err != nil {
		return "", err
	}
	defer d.Close()
	text, err := readBeneath(d, name, 4096)
	return strings.TrimSuffix(string(text), "\n"), err
}

// isRepository checks for what git itself asks of a git directory (is_git_directory in setup.c).
func isRepository(dir string) bool {
	head, err := os.Lstat(filepath.Join(dir, "HEAD"))
	return err == nil && head.Mode().IsRegular() && isFolder(filepath.Join(dir, "objects")) && isFolder(filepath.Join(dir, "refs"))
}

// Usable reports why git would not work with a repository: there is no git (ErrNoGit), writing to it could write elsewhere
// (*LinkError), or it belongs to somebody else and the user has not said that it is safe.
func Usable(ctx context.Context, r Repo) error {
	if _, err := find(); err != nil {
		return err
	}
	if err := r.unlinked(); err != nil {
		return err
	}
	var st unix.Stat_t
	if unix.Lstat(r.CommonDir, &st) == nil && int(st.Uid) == os.Geteuid() {
		return nil
	}
	_, err := Discover(ctx, r.Top())
	return err
}
