package git

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// TestSearchPath holds where programs of the host are not taken from: a jail may have written them.
func TestSearchPath(t *testing.T) {
	dir := clean(t)
	home, plain, tree, tools := filepath.Join(dir, "home"), filepath.Join(dir, "home/plain"), filepath.Join(dir, "home/tree"), filepath.Join(dir, "home/tools")
	for _, d := range []string{plain + "/.venv/bin", tree + "/.venv/bin", tree + "/.git", tools} {
		if err := os.MkdirAll(d, 0o755); err != nil {
			t.Fatal(err)
		}
		put(t, filepath.Join(d, "tell"), "#!/bin/sh\n")
		if err := os.Chmod(filepath.Join(d, "tell"), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	link := filepath.Join(home, "link")
	if err := os.Symlink(tree+"/.venv/bin", link); err != nil {
		t.Fatal(err)
	}
	t.Setenv("HOME", home)
	for _, tt := range []struct{ cwd, searchPath, want string }{
		{plain, plain + "/.venv/bin:" + tools, tools},
		{home, plain + "/.venv/bin:" + tools, plain + "/.venv/bin:" + tools}, // the home is no project
		{home, tree + "/.venv/bin:" + link + ":" + tools, tools},
		{home, ".:plain/.venv/bin::" + tools, tools},
		{"/", tools + ":/usr/bin", tools + ":/usr/bin"},
		{"/usr", "/usr/bin", "/usr/bin"},
	} {
		t.Chdir(tt.cwd)
		if got := SearchPath(tt.searchPath); got != tt.want {
			t.Errorf("in %s: %s is %s, want %s", tt.cwd, tt.searchPath, got, tt.want)
		}
		program, err := Program("tell", tt.searchPath)
		if first, _, _ := strings.Cut(tt.want, ":"); tt.searchPath != "/usr/bin" && (err != nil || filepath.Dir(program) != first) {
			t.Errorf("in %s: found %q, %v", tt.cwd, program, err)
		}
		// What git starts, as a filter, it looks for there.
		t.Setenv("PATH", tt.searchPath)
		if env := environment(withUser, writes); !slices.Contains(env, "PATH="+tt.want) {
			t.Errorf("in %s: git gets %q", tt.cwd, env)
		}
	}
}
