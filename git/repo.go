// Package git runs the host's git on repositories and work trees whose content may be hostile. There is one door to
// it, in command.go: an environment of its own, every setting that could start a program switched off, explicit
// directories, a time limit, and limits on what is read. Nothing here trusts a work tree's .git file.
package git

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
)

// MinVersion is the oldest git that works: it brought rev-parse --path-format and GIT_CONFIG_COUNT.
const MinVersion = "2.31"

var (
	// ErrNoGit means that no directory of PATH has git.
	ErrNoGit = errors.New("git is not installed, or not in an absolute directory of PATH")
	// ErrNotRepository means that a directory is not inside a git repository.
	ErrNotRepository = errors.New("not a git repository")
	// ErrTooOld means that the installed git is older than MinVersion.
	ErrTooOld = errors.New("git " + MinVersion + " or newer is needed")
)

// Repo names a repository by absolute paths without symlinks. Every git process gets them explicitly.
type Repo struct {
	CommonDir string // what all work trees share: objects, refs, config
	GitDir    string // what belongs to one work tree: HEAD, index. The same as CommonDir in the main work tree.
	WorkTree  string // empty without a work tree, as in a bare repository
	Box       *Box   // where git reads the work tree; nil: on the host, as for one that no jail can write

	listed *listing // from Steady; nil: the configuration is read by each operation
	lock   *os.File // from Alone; nil: not locked
}

// listing is the configuration of a repository, as it was read once.
type listing struct {
	mu      sync.Mutex
	entries []entry
	done    bool
}

// Steady is the repository for one command of the user's, in which its configuration is read once and does not change.
func (r Repo) Steady() Repo {
	r.listed = &listing{}
	return r
}

// settings reads the configuration.
func (r Repo) settings(ctx context.Context) ([]entry, error) {
	if r.listed == nil {
		return r.readSettings(ctx)
	}
	r.listed.mu.Lock()
	defer r.listed.mu.Unlock()
	if r.listed.done {
		return slices.Clone(r.listed.entries), nil
	}
	entries, err := r.readSettings(ctx)
	if err == nil {
		r.listed.entries, r.listed.done = entries, true
	}
	return entries, err
}

func (r Repo) readSettings(ctx context.Context) ([]entry, error) {
	// Listing starts no program. With the user's files: some of their settings are carried over, see inert.
	out, err := door{repo: r, limit: settingsLimit}.run(ctx, call{args: []string{"config", "--list", "--show-scope", "-z"}, config: withUser})
	if err != nil {
		return nil, err
	}
	return parseConfig(out)
}

// Top is how a person names the repository: its work tree, or its git directory if it has none.
func (r Repo) Top() string {
	if r.WorkTree != "" {
		return r.WorkTree
	}
	return r.GitDir
}

// Discover finds the repository that dir is in, as git does: dir may be a subdirectory, a linked work tree, or a bare
// repository. git checks here, once, that the repository belongs to the caller or is in the user's safe.directory;
// explicit directories skip that check later. Errors: ErrNotRepository, ErrTooOld, ErrNoGit, *CommandError.
func Discover(ctx context.Context, dir string) (Repo, error) {
	dir, err := filepath.Abs(dir)
	if err != nil {
		return Repo{}, fmt.Errorf("cannot find the repository of %q: %w", dir, err)
	}
	info, err := os.Stat(dir)
	if err != nil {
		return Repo{}, fmt.Errorf("cannot find the repository of %q: %w", dir, err)
	}
	if !info.IsDir() {
		return Repo{}, fmt.Errorf("cannot find the repository of %q: it is not a directory", dir)
	}
	repo, err := discover(ctx, dir)
	var failed *CommandError
	if errors.As(err, &failed) && failed.ExitCode > 0 && !looksLikeRepository(dir) {
		return Repo{}, fmt.Errorf("%q: %w", dir, ErrNotRepository)
	}
	return repo, err
}

func discover(ctx context.Context, dir string) (Repo, error) {
	ask := func(what ...string) (string, error) {
		args := append([]string{"rev-parse", "--path-format=absolute"}, what...)
		out, err := discovery(ctx, dir, args)
		return strings.TrimSuffix(string(out), "\n"), err
	}
	// One question a process: a path may hold a newline, and then the answers to two could not be told apart.
	gitDir, err := ask("--git-dir")
	if err != nil {
		return Repo{}, err
	}
	// An older git takes the option for something to print.
	if strings.HasPrefix(gitDir, "--path-format") {
		return Repo{}, ErrTooOld
	}
	commonDir, err := ask("--git-common-dir")
	if err != nil {
		return Repo{}, err
	}
	inside, err := ask("--is-inside-work-tree")
	if err != nil {
		return Repo{}, err
	}
	// A work tree's git directory lies in its repository. Anything else is a commondir file that sends git elsewhere, which
	// whoever can write a .git can make.
	if gitDir != commonDir && filepath.Dir(gitDir) != filepath.Join(commonDir, "worktrees") {
		return Repo{}, fmt.Errorf("%q sends git to another repository, %q: look at its file commondir, and remove it", gitDir, commonDir)
	}
	repo := Repo{GitDir: gitDir, CommonDir: commonDir}
	if strings.HasSuffix(inside, "true") {
		repo.WorkTree, err = ask("--show-toplevel")
	}
	if err != nil {
		return Repo{}, err
	}
	if repo, err = repo.resolved(); err == nil {
		err = repo.meant(ctx, dir)
	}
	return repo, err
}

// meant refuses the repository of somewhere else that a file or a link by the name .git leads to: whoever can write one, or packs an
// archive, would choose what is shown. It counts where the repository lies in the same folder, or points back: as that of a linked work
// tree and a submodule do. One that was made with --separate-git-dir does not, and is told by its name from another folder's own.
func (r Repo) meant(ctx context.Context, dir string) error {
	at, err := filepath.EvalSymlinks(dir)
	if err != nil {
		return err
	}
	var info os.FileInfo
	for info, err = os.Lstat(filepath.Join(at, ".git")); err != nil && at != "/"; info, err = os.Lstat(filepath.Join(at, ".git")) {
		at = filepath.Dir(at)
	}
	if err != nil || info.IsDir() || strings.HasPrefix(r.GitDir, strings.TrimSuffix(at, "/")+"/") {
		return nil
	}
	ours := r.WorkTree == at
	switch {
	case !ours: // that of a bare one, or of another work tree
	case r.GitDir != r.CommonDir:
		back, ok := pointer(r.GitDir, "gitdir", "")
		real, err := filepath.EvalSymlinks(filepath.Dir(back))
		ours = ok && err == nil && real == at && filepath.Base(back) == ".git"
	case filepath.Base(r.GitDir) == ".git":
		entries, err := r.settings(ctx)
		if err != nil {
			return err
		}
		ours = slices.ContainsFunc(entries, func(e entry) bool { return e.key == "core.worktree" && !e.fromUser() })
	}
	if !ours {
		return fmt.Errorf("%+q leads to the repository %+q, which is not of this folder and does not point back: if it is what you mean, name it itself", filepath.Join(at, ".git"), r.GitDir)
	}
	return nil
}

// resolved removes symlinks: the paths are compared with those that git writes into files, which have none.
func (r Repo) resolved() (Repo, error) {
	for _, p := range []*string{&r.CommonDir, &r.GitDir, &r.WorkTree} {
		if *p == "" {
			continue
		}
		path, err := filepath.EvalSymlinks(*p)
		if err != nil {
			return Repo{}, fmt.Errorf("cannot resolve repository path %q: %w", *p, err)
		}
		*p = path
	}
	return r, nil
}

// looksLikeRepository tells "there is none" from "git refuses it" (broken, or owned by somebody else): git has one
// exit code for both.
func looksLikeRepository(dir string) bool {
	for {
		if _, err := os.Lstat(filepath.Join(dir, ".git")); err == nil {
			return true
		}
		_, noHead := os.Lstat(filepath.Join(dir, "HEAD"))
		_, noObjects := os.Lstat(filepath.Join(dir, "objects"))
		if noHead == nil && noObjects == nil {
			return true
		}
		parent := filepath.Dir(dir)
		if parent == dir {
			return false
		}
		dir = parent
	}
}
