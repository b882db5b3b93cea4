package git

import (
	"errors"
	"os"
	"path/filepath"
	"testing"
)

func TestDiscover(t *testing.T) {
	for _, name := range []string{"plain", "with space", "zeile\numbruch", "ünï\u202e\x1b[31m", "-c", "quote'\""} {
		t.Run(name, func(t *testing.T) {
			dir := clean(t)
			top := filepath.Join(dir, name)
			want := project(t, top)
			mkdir(t, filepath.Join(top, "sub", "sub"))
			for _, from := range []string{top, filepath.Join(top, "sub", "sub")} {
				if got, err := Discover(t.Context(), from); err != nil || got != want {
					t.Errorf("%q: got %+v, %v, want %+v", from, got, err, want)
				}
			}
			tree := addedTree(t, want)
			if got, err := Discover(t.Context(), tree.WorkTree); err != nil || got != tree.Repo {
				t.Errorf("linked: got %+v, %v, want %+v", got, err, tree.Repo)
			}
			bare := filepath.Join(dir, "bare.git")
			plain(t, dir, "clone", "-q", "--bare", top, bare)
			got, err := Discover(t.Context(), bare)
			if want := (Repo{CommonDir: bare, GitDir: bare}); err != nil || got != want {
				t.Errorf("bare: got %+v, %v, want %+v", got, err, want)
			}
		})
	}
}

func TestDiscoverThroughSymlink(t *testing.T) {
	dir := clean(t)
	want := project(t, filepath.Join(dir, "repo"))
	link := filepath.Join(dir, "link")
	if err := os.Symlink("repo", link); err != nil {
		t.Fatal(err)
	}
	if got, err := Discover(t.Context(), link); err != nil || got != want {
		t.Errorf("got %+v, %v, want %+v", got, err, want)
	}
}

func TestDiscoverRefuses(t *testing.T) {
	dir := clean(t)
	file := filepath.Join(dir, "file")
	put(t, file, "")
	empty := filepath.Join(dir, "empty")
	mkdir(t, empty)
	broken := filepath.Join(dir, "broken")
	put(t, filepath.Join(broken, ".git"), "gitdir: /nowhere\n")
	tests := []struct {
		dir string
		is  error
	}{
		{empty, ErrNotRepository}, {filepath.Join(dir, "none"), os.ErrNotExist}, {file, nil}, {broken, nil},
	}
	for _, test := range tests {
		_, err := Discover(t.Context(), test.dir)
		if err == nil || test.is != nil && !errors.Is(err, test.is) {
			t.Errorf("%s: got %v, want %v", test.dir, err, test.is)
		}
		if test.is == nil && errors.Is(err, ErrNotRepository) {
			t.Errorf("%s: got %v", test.dir, err)
		}
	}
}

// TestCallersEnvironment: jail may itself run inside a hook, where git's variables point elsewhere.
func TestCallersEnvironment(t *testing.T) {
	dir := clean(t)
	want := project(t, filepath.Join(dir, "repo"))
	other := project(t, filepath.Join(dir, "other"))
	t.Setenv("GIT_DIR", other.GitDir)
	t.Setenv("GIT_WORK_TREE", other.WorkTree)
	t.Setenv("GIT_INDEX_FILE", filepath.Join(dir, "index"))
	t.Setenv("GIT_CONFIG_COUNT", "1")
	t.Setenv("GIT_CONFIG_KEY_0", "core.bare")
	t.Setenv("GIT_CONFIG_VALUE_0", "true")
	got, err := Discover(t.Context(), want.WorkTree)
	if err != nil || got != want {
		t.Fatalf("got %+v, %v, want %+v", got, err, want)
	}
	if n, err := got.UncommittedFiles(t.Context()); err != nil || n != 0 {
		t.Errorf("got %d, %v", n, err)
	}
}

func TestNoGit(t *testing.T) {
	dir := clean(t)
	// A relative directory of PATH does not count, though git is there.
	put(t, filepath.Join(dir, "git"), "#!/bin/sh\n")
	if err := os.Chmod(filepath.Join(dir, "git"), 0o755); err != nil {
		t.Fatal(err)
	}
	t.Chdir(dir)
	t.Setenv("PATH", ".:")
	if _, err := Discover(t.Context(), dir); !errors.Is(err, ErrNoGit) {
		t.Errorf("got %v", err)
	}
}

func TestOldGit(t *testing.T) {
	dir := clean(t)
	put(t, filepath.Join(dir, "git"), "#!/bin/sh\necho --path-format=absolute\necho .git\n")
	if err := os.Chmod(filepath.Join(dir, "git"), 0o755); err != nil {
		t.Fatal(err)
	}
	t.Setenv("PATH", dir)
	if _, err := Discover(t.Context(), dir); !errors.Is(err, ErrTooOld) {
		t.Errorf("got %v", err)
	}
}
