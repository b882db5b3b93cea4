package git

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

// clean gives the test a home of its own, so that nothing depends on the user's configuration.
func clean(t *testing.T) string {
	t.Helper()
	dir, err := filepath.EvalSymlinks(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	home := filepath.Join(dir, "home")
	mkdir(t, home)
	t.Setenv("HOME", home)
	t.Setenv("XDG_CONFIG_HOME", "")
	return dir
}

// beside is clean for a test that runs beside others, and changes nothing in the home.
func beside(t *testing.T) string {
	t.Helper()
	t.Parallel()
	dir, err := filepath.EvalSymlinks(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	return dir
}

// plainCommand is git as a person runs it, with fixed names and times.
func plainCommand(dir string, args ...string) *exec.Cmd {
	cmd := exec.Command("git", args...)
	cmd.Dir = dir
	cmd.Env = []string{
		"PATH=" + os.Getenv("PATH"), "HOME=" + os.Getenv("HOME"), "GIT_CONFIG_NOSYSTEM=1", "LANG=C.UTF-8",
		// Nothing goes on in the background when a test is over.
		"GIT_CONFIG_COUNT=1", "GIT_CONFIG_KEY_0=maintenance.auto", "GIT_CONFIG_VALUE_0=false",
		"GIT_AUTHOR_NAME=A U Thor", "GIT_AUTHOR_EMAIL=a@example.com", "GIT_AUTHOR_DATE=1700000000 +0100",
		"GIT_COMMITTER_NAME=C O Mitter", "GIT_COMMITTER_EMAIL=c@example.com", "GIT_COMMITTER_DATE=1700000000 +0100",
	}
	return cmd
}

func plain(t testing.TB, dir string, args ...string) string {
	t.Helper()
	out, err := plainCommand(dir, args...).CombinedOutput()
	if err != nil {
		t.Fatalf("git %q: %v: %s", args, err, out)
	}
	return strings.TrimSuffix(string(out), "\n")
}

// project makes a repository with one commit of a.txt and b.txt in dir.
func project(t *testing.T, dir string) Repo {
	t.Helper()
	mkdir(t, dir)
	plain(t, dir, "-c", "init.defaultBranch=main", "init", "-q")
	put(t, filepath.Join(dir, "a.txt"), "one\ntwo\n")
	put(t, filepath.Join(dir, "b.txt"), "b\n")
	commit(t, dir, "first")
	return Repo{CommonDir: filepath.Join(dir, ".git"), GitDir: filepath.Join(dir, ".git"), WorkTree: dir}
}

func commit(t testing.TB, dir, subject string) string {
	t.Helper()
	plain(t, dir, "add", "-A")
	plain(t, dir, "commit", "-q", "--allow-empty", "-m", subject)
	return plain(t, dir, "rev-parse", "HEAD")
}

// addedTree makes a work tree "tree" beside the repository.
func addedTree(t *testing.T, repo Repo) Worktree {
	t.Helper()
	base, ref, err := repo.ResolveBase(t.Context(), "")
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(filepath.Dir(repo.Top()), "tree")
	tree, err := repo.AddWorktree(t.Context(), AddRequest{Path: path, Branch: "jail/x", Base: base})
	if err != nil {
		t.Fatal(err)
	}
	tree.BaseRef = ref
	return tree
}

func mkdir(t testing.TB, path string) {
	t.Helper()
	if err := os.MkdirAll(path, 0o755); err != nil {
		t.Fatal(err)
	}
}

func put(t testing.TB, path, text string) {
	t.Helper()
	mkdir(t, filepath.Dir(path))
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
}

func exists(path string) bool {
	_, err := os.Lstat(path)
	return !errors.Is(err, fs.ErrNotExist)
}

// snapshot lists the files of a git directory, without objects, and the content of its refs.
func snapshot(t *testing.T, dir string) []string {
	t.Helper()
	var names []string
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err == nil && d.Name() == "objects" {
			return fs.SkipDir
		}
		names = append(names, strings.TrimPrefix(path, dir))
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return append(names, plain(t, dir, "--git-dir=.", "for-each-ref"))
}

func sameSnapshot(t *testing.T, dir string, want []string) {
	t.Helper()
	if got := snapshot(t, dir); !slices.Equal(got, want) {
		t.Errorf("left behind in %s:\ngot  %q\nwant %q", dir, got, want)
	}
}

// soon bounds a test in which something may hang.
func soon(t *testing.T) context.Context {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	t.Cleanup(cancel)
	return ctx
}
