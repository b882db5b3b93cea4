package git

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"
)

func TestRiskyNames(t *testing.T) {
	for name, want := range map[string]string{
		".husky/pre-commit":             "git hook",
		"sub/.Husky/_/x":                "git hook",
		".husky":                        "", // a file of that name is no folder of hooks
		".github/workflows/ci.yml":      "CI",
		"a/.github/workflows/deep/x":    "CI",
		".github/ISSUE_TEMPLATE/bug.md": "",
		"docs/github/workflows/x":       "",
		".VSCode/tasks.json":            "editor task",
		".envrc":                        "shell environment",
		"mise.dev.toml":                 "shell environment",
		"pkg/CLAUDE.md":                 "agent instructions",
		".claude/settings.json":         "agent instructions",
		"package.json":                  "package script",
		"web/package.json":              "package script",
		"package.json.txt":              "",
		"Makefile":                      "build file",
		"vite.config.ts":                "build file",
		"sub/.gitattributes":            "git setting",
		"main.go":                       "",
		"README.md":                     "",
	} {
		if got := whyOf(name); got != want {
			t.Errorf("%s: got %q, want %q", name, got, want)
		}
	}
	// A mistyped pattern would match nothing, and say nothing.
	for _, p := range patterns() {
		for _, part := range p.parts {
			if !fits(part, strings.NewReplacer("*", "x").Replace(part)) {
				t.Errorf("pattern %q of %q does not match its own name", part, p.why)
			}
		}
	}
}

func TestLinksOutside(t *testing.T) {
	for target, want := range map[string]bool{
		"b": false, "../b": false, "x/y": false, "../../b": true, "/etc/passwd": true, "../.git/config": true, "b/../c": true, "..": false, "../..": true,
	} {
		if got := outside("dir/link", target); got != want {
			t.Errorf("%q: got %v", target, got)
		}
	}
}

// TestRisks plants one of each, in commits and beside them, and something harmless next to it.
func TestRisks(t *testing.T) {
	repo := project(t, filepath.Join(clean(t), "repo"))
	top := repo.WorkTree
	put(t, filepath.Join(top, "old.sh"), "x\n")
	put(t, filepath.Join(top, "testdata", "bare.git", "HEAD"), "ref: refs/heads/x\n")
	put(t, filepath.Join(top, "testdata", "bare.git", "objects", "x"), "")
	put(t, filepath.Join(top, "testdata", "bare.git", "refs", "x"), "")
	put(t, filepath.Join(top, ".gitignore"), "ignored/\n")
	plain(t, top, "config", "core.hooksPath", "tools/hooks")
	commit(t, top, "second")
	tree := addedTree(t, repo)
	w := tree.WorkTree
	put(t, filepath.Join(w, "Makefile"), "all:\n")
	put(t, filepath.Join(w, "tools", "hooks", "x"), "x\n")
	put(t, filepath.Join(w, "plain.txt"), "x\n")
	link(t, "/etc/passwd", filepath.Join(w, "committed-link"))
	link(t, "plain.txt", filepath.Join(w, "good-link"))
	plain(t, w, "add", "-A")
	plain(t, w, "update-index", "--add", "--cacheinfo", "160000,"+plain(t, w, "rev-parse", "HEAD")+",sub")
	plain(t, w, "-c", "core.hooksPath=/dev/null", "commit", "-qm", "in the jail")
	if err := os.Chmod(filepath.Join(w, "old.sh"), 0o755); err != nil {
		t.Fatal(err)
	}
	put(t, filepath.Join(w, "dir", ".envrc"), "x\n")
	script(t, filepath.Join(w, "new\x1b.sh"), "x")
	link(t, "../../outside", filepath.Join(w, "dir", "new-link"))
	project(t, filepath.Join(w, "nested"))
	put(t, filepath.Join(w, "ignored", "b.git", "HEAD"), "x\n")
	put(t, filepath.Join(w, "ignored", "b.git", "commondir"), "x\n")
	if err := syscall.Mkfifo(filepath.Join(w, "ignored", "fifo"), 0o644); err != nil {
		t.Fatal(err)
	}
	if err := syscall.Mknod(filepath.Join(w, "socket"), syscall.S_IFSOCK|0o644, 0); err != nil {
		t.Fatal(err)
	}
	s, err := tree.Status(soon(t))
	if err != nil || len(s.Incomplete) > 0 {
		t.Fatalf("%v, %q", err, s.Incomplete)
	}
	want := []Risk{
		{"ignored/fifo", "FIFO"}, {"ignored/b.git", bareRepository}, {"Makefile", "build file"},
		{"committed-link", "link out of the tree"}, {"dir/new-link", "link out of the tree"},
		{"tools/hooks/x", "named by git's configuration"},
		{"new\x1b.sh", "new program"}, {"old.sh", "new program"}, {"nested/.git", "repository in the tree"},
		{"dir/.envrc", "shell environment"}, {"socket", "socket"}, {"sub", "submodule"},
	}
	if !slices.Equal(s.Risks, want) {
		t.Errorf("got\n%s\nwant\n%s", lines(s.Risks), lines(want))
	}
	// Of the commits alone, from objects alone.
	os.RemoveAll(w)
	committed, err := repo.Risks(t.Context(), tree.Base, s.Head)
	want = []Risk{
		{"Makefile", "build file"}, {"committed-link", "link out of the tree"}, {"tools/hooks/x", "named by git's configuration"}, {"sub", "submodule"},
	}
	if err != nil || !slices.Equal(committed, want) {
		t.Errorf("%v, got\n%s\nwant\n%s", err, lines(committed), lines(want))
	}
}

func lines(found []Risk) string {
	var b strings.Builder
	for _, r := range found {
		fmt.Fprintf(&b, "%s: %q\n", r.Why, r.Path)
	}
	return b.String()
}

func link(t testing.TB, target, path string) {
	t.Helper()
	mkdir(t, filepath.Dir(path))
	if err := os.Symlink(target, path); err != nil {
		t.Fatal(err)
	}
}

// TestWalkOfOddTrees: it ends, with few descriptors, and says what it did not see.
func TestWalkOfOddTrees(t *testing.T) {
	t.Parallel()
	top := t.TempDir()
	at, err := os.OpenRoot(top)
	if err != nil {
		t.Fatal(err)
	}
	// Far deeper than a path can be long.
	for range 3000 {
		if err := at.Mkdir("d", 0o755); err != nil {
			t.Fatal(err)
		}
		next, err := at.OpenRoot("d")
		if err != nil {
			t.Fatal(err)
		}
		at.Close()
		at = next
	}
	at.Close()
	mkdir(t, filepath.Join(top, "shut"))
	if err := os.Chmod(filepath.Join(top, "shut"), 0); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.Chmod(filepath.Join(top, "shut"), 0o755) })
	seen, err := walk(soon(t), top, "")
	found := seen.found
	var whys []string
	for _, r := range found {
		whys = append(whys, r.Why)
	}
	want := []string{fmt.Sprintf("deeper than %d folders, not looked at", maxDepth)}
	if os.Geteuid() != 0 { // root reads everything
		want = append(want, "folder that cannot be read")
	}
	slices.Sort(whys)
	if err != nil || !slices.Equal(whys, want) {
		t.Errorf("got %v, %q; want %q", err, whys, want)
	}
	// More of them than can be named.
	for i := range maxFound + 7 {
		put(t, filepath.Join(top, fmt.Sprint("r", i), ".git"), "x")
	}
	seen, err = walk(soon(t), top, "")
	found = seen.found
	if err != nil || len(found) != maxFound+1 || !strings.HasPrefix(found[maxFound].Why, "and ") {
		t.Errorf("got %v, %d findings", err, len(found))
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := walk(ctx, top, ""); err == nil {
		t.Error("a walk that was cut off says nothing")
	}
}

// TestWalkRemembers: a walk that has a memory sees what one without it sees, whatever is changed in between.
func TestWalkRemembers(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	top, cache := filepath.Join(dir, "top"), filepath.Join(dir, "cache")
	mkdir(t, cache)
	for i := range 40 {
		put(t, filepath.Join(top, fmt.Sprint("d", i%8), fmt.Sprint("e", i), "f"), "x")
	}
	old := time.Now().Add(-time.Hour)
	same := func(what string) []Risk {
		t.Helper()
		var got [2][]Risk
		for i, c := range []string{cache, ""} {
			seen, err := walk(soon(t), top, c)
			if err != nil {
				t.Fatal(err)
			}
			got[i] = sorted(seen.found)
		}
		if !slices.Equal(got[0], got[1]) {
			t.Errorf("%s: with memory\n%s\nwithout\n%s", what, lines(got[0]), lines(got[1]))
		}
		return got[0]
	}
	same("at first")
	time.Sleep(fresh + 100*time.Millisecond)
	same("settled")
	if m, _ := recall(cache); len(m) != 49 {
		t.Fatalf("%d folders are remembered, want 49", len(m))
	}
	put(t, filepath.Join(top, "d1", "e1", "sub", ".git"), "x")
	if err := syscall.Mkfifo(filepath.Join(top, "d2", "e2", "fifo"), 0o644); err != nil {
		t.Fatal(err)
	}
	// A jail can set the times of a folder, but not the time at which it did.
	for _, path := range []string{"d1/e1", "d1/e1/sub", "d2/e2"} {
		if err := os.Chtimes(filepath.Join(top, path), old, old); err != nil {
			t.Fatal(err)
		}
	}
	if found := same("added to"); len(found) != 2 {
		t.Errorf("found\n%s", lines(found))
	}
	if err := os.Rename(filepath.Join(top, "d1"), filepath.Join(top, "d3", "moved")); err != nil {
		t.Fatal(err)
	}
	os.RemoveAll(filepath.Join(top, "d2"))
	if err := os.Symlink("/", filepath.Join(top, "d2")); err != nil {
		t.Fatal(err)
	}
	if found := same("moved"); len(found) != 1 || found[0].Path != "d3/moved/e1/sub/.git" {
		t.Errorf("found\n%s", lines(found))
	}
	put(t, filepath.Join(cache, walkFile), "nonsense")
	same("with a broken memory")
}
