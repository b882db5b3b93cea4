package git

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
)

// openBox is a box without walls, which the package itself cannot build. What it hides is tried in e2e.
func openBox() *Box {
	return &Box{Run: func(ctx context.Context, b Boxed) error {
		cmd := exec.CommandContext(ctx, b.Program, b.Args...)
		cmd.Dir, cmd.Stdin, cmd.Stdout, cmd.Stderr = "/", b.Stdin, b.Stdout, b.Stderr
		cmd.Env = append(b.Env, "HOME="+os.Getenv("HOME"), "PATH="+os.Getenv("PATH"))
		err := cmd.Run()
		var exit *exec.ExitError
		if errors.As(err, &exit) && exit.ExitCode() > 0 {
			return Exit(exit.ExitCode())
		}
		return err
	}}
}

func TestKeptIndex(t *testing.T) {
	dir := clean(t)
	repo := project(t, filepath.Join(dir, "repo"))
	tree := addedTree(t, repo)
	tree.Box, tree.Cache = openBox(), filepath.Join(dir, "cache")
	w := tree.WorkTree
	index := filepath.Join(tree.Cache, keptBox, "index")
	status := func() Status {
		t.Helper()
		s, err := tree.Status(soon(t))
		if err != nil || len(s.Incomplete) > 0 {
			t.Fatalf("%v, %q", err, s.Incomplete)
		}
		return s
	}
	own, err := os.ReadFile(filepath.Join(tree.GitDir, "index"))
	if err != nil {
		t.Fatal(err)
	}
	if s := status(); len(s.Entries) != 0 {
		t.Errorf("got %+v", s)
	}
	if after, err := os.ReadFile(filepath.Join(tree.GitDir, "index")); err != nil || string(after) != string(own) {
		t.Errorf("the work tree's own index was written: %v", err)
	}
	// git has written what it found out about folders.
	if copied, err := os.ReadFile(index); err != nil || !strings.Contains(string(copied), "UNTR") || strings.Contains(string(own), "UNTR") {
		t.Errorf("no untracked cache was kept: %v", err)
	}
	put(t, filepath.Join(w, "new"), "n\n")
	put(t, filepath.Join(w, "a.txt"), "changed\n")
	if s := status(); s.Untracked != 1 || s.Unstaged != 1 {
		t.Errorf("got %+v", s)
	}
	// The index moves: what was copied is void.
	commit(t, w, "in the jail")
	if s := status(); len(s.Entries) != 0 || s.Ahead != 1 {
		t.Errorf("got %+v", s)
	}
	// What the jail's git hides from itself.
	plain(t, w, "update-index", "--assume-unchanged", "a.txt")
	plain(t, w, "update-index", "--skip-worktree", "b.txt")
	put(t, filepath.Join(w, "a.txt"), "hidden?\n")
	put(t, filepath.Join(w, "b.txt"), "hidden?\n")
	if out := plain(t, w, "status", "--porcelain"); out != "" {
		t.Fatalf("the files are not hidden from plain git: %s", out)
	}
	for range 2 { // the second time from the copy
		s := status()
		want := []Risk{{"a.txt", "marked to be hidden from git status"}, {"b.txt", "marked to be hidden from git status"}}
		if s.Unstaged != 2 || !slices.Equal(s.Risks, want) {
			t.Errorf("got %+v", s)
		}
	}
	// A box that got the better of git may leave anything in its folder.
	secret := filepath.Join(dir, "secret")
	put(t, secret, "keep")
	os.Remove(index)
	link(t, secret, index)
	put(t, index+".lock", "")
	commit(t, w, "once more")
	status()
	if text, err := os.ReadFile(secret); err != nil || string(text) != "keep" {
		t.Errorf("the host wrote over a link of the box's: %q, %v", text, err)
	}
}

// TestUntrackedFilesAreRemembered: while no folder changes they are not looked for, and everything that makes others of them
// is seen.
func TestUntrackedFilesAreRemembered(t *testing.T) {
	dir := beside(t)
	repo := project(t, filepath.Join(dir, "repo"))
	tree := addedTree(t, repo)
	tree.Box, tree.Cache = openBox(), filepath.Join(dir, "cache")
	searched := false
	run := tree.Box.Run
	tree.Box.Run = func(ctx context.Context, b Boxed) error {
		searched = searched || slices.Contains(b.Args, "status.showUntrackedFiles=all")
		return run(ctx, b)
	}
	w := tree.WorkTree
	// Work tree and folders settle, so that the next status may believe them.
	settle := func() { time.Sleep(fresh + 100*time.Millisecond) }
	check := func(what string, search bool, want ...string) {
		t.Helper()
		searched = false
		s, err := tree.Status(soon(t))
		if err != nil || len(s.Incomplete) > 0 {
			t.Fatalf("%s: %v, %q", what, err, s.Incomplete)
		}
		var got []string
		for _, e := range s.Entries {
			if e.Kind == Untracked {
				got = append(got, e.Path)
			}
		}
		if slices.Sort(got); !slices.Equal(got, want) || searched != search || s.Untracked != len(want) {
			t.Errorf("%s: got %q, %d, searched %v; want %q", what, got, s.Untracked, searched, want)
		}
	}
	put(t, filepath.Join(w, "sub", "one"), "1")
	put(t, filepath.Join(w, ".gitignore"), "ignored\n")
	check("at first", true, ".gitignore", "sub/one")
	settle()
	check("settled", true, ".gitignore", "sub/one")
	check("the same", false, ".gitignore", "sub/one")
	check("still the same", false, ".gitignore", "sub/one")

	put(t, filepath.Join(w, "sub", "two"), "2")
	check("one more", true, ".gitignore", "sub/one", "sub/two")
	settle()
	// Something else walks in between, and remembers the tree: the list of before is void all the same.
	os.Remove(filepath.Join(w, "sub", "one"))
	settle()
	if err := tree.Diff(soon(t), DiffRequest{From: tree.Base}, &strings.Builder{}); err != nil {
		t.Fatal(err)
	}
	check("a diff in between", true, ".gitignore", "sub/two")
	check("the same", false, ".gitignore", "sub/two")

	f, err := os.OpenFile(filepath.Join(w, ".gitignore"), os.O_WRONLY|os.O_APPEND, 0)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := f.WriteString("two\n"); err != nil || f.Close() != nil {
		t.Fatal(err)
	}
	check("ignored from now on", true, ".gitignore")
	settle()
	check("settled", true, ".gitignore")
	check("the same", false, ".gitignore")
	put(t, filepath.Join(repo.CommonDir, "info", "exclude"), ".gitignore\n")
	check("ignored by the repository", true)
	plain(t, w, "rm", "-q", "--cached", "a.txt")
	check("not tracked any more", true, "a.txt")
}

// TestLinesAreRemembered: while no file changes its lines are not counted anew, and all that they depend on is seen.
func TestLinesAreRemembered(t *testing.T) {
	dir := beside(t)
	repo := project(t, filepath.Join(dir, "repo"))
	tree := addedTree(t, repo)
	tree.Box, tree.Cache = openBox(), filepath.Join(dir, "cache")
	counted := false
	run := tree.Box.Run
	tree.Box.Run = func(ctx context.Context, b Boxed) error {
		counted = counted || slices.Contains(b.Args, "diff-files")
		return run(ctx, b)
	}
	w := tree.WorkTree
	settle := func() { time.Sleep(fresh + 100*time.Millisecond) }
	check := func(what string, count bool, insertions, deletions int) {
		t.Helper()
		counted = false
		s, err := tree.Status(soon(t))
		if err != nil || len(s.Incomplete) > 0 || s.Insertions != insertions || s.Deletions != deletions || counted != count {
			t.Errorf("%s: got +%d -%d, counted %v, %v, %q", what, s.Insertions, s.Deletions, counted, err, s.Incomplete)
		}
	}
	put(t, filepath.Join(w, "a.txt"), "one\ntwo\nsix\n")
	check("a moment ago", true, 1, 0)
	check("a moment ago, again", true, 1, 0)
	settle()
	check("settled", true, 1, 0)
	check("the same", false, 1, 0)
	info, err := os.Stat(filepath.Join(w, "a.txt"))
	if err != nil {
		t.Fatal(err)
	}
	// As long as before, and of the same time.
	put(t, filepath.Join(w, "a.txt"), "on \ntwo\nsix\n")
	if err := os.Chtimes(filepath.Join(w, "a.txt"), info.ModTime(), info.ModTime()); err != nil {
		t.Fatal(err)
	}
	check("of the same size and time", true, 2, 1)
	settle()
	check("settled", true, 2, 1)
	check("the same", false, 2, 1)
	// An attribute that makes git convert the file, in a file that git does not show.
	put(t, filepath.Join(repo.CommonDir, "info", "exclude"), ".gitattributes\n")
	put(t, filepath.Join(w, "a.txt"), "one\r\ntwo\r\n")
	settle()
	check("line ends", true, 2, 2)
	check("the same", false, 2, 2)
	put(t, filepath.Join(w, ".gitattributes"), "*.txt text\n")
	counted = false
	if s, err := tree.Status(soon(t)); err != nil || s.Insertions != 0 {
		t.Errorf("with an attribute: got +%d -%d, %v", s.Insertions, s.Deletions, err)
	}
}

// TestStatusSideBySide: two that look at the same jail do not disturb each other.
func TestStatusSideBySide(t *testing.T) {
	dir := clean(t)
	tree := addedTree(t, project(t, filepath.Join(dir, "repo")))
	tree.Box, tree.Cache = openBox(), filepath.Join(dir, "cache")
	temp := filepath.Join(dir, "temp")
	mkdir(t, temp)
	t.Setenv("TMPDIR", temp)
	plain(t, tree.WorkTree, "update-index", "--assume-unchanged", "a.txt")
	put(t, filepath.Join(tree.WorkTree, "a.txt"), "changed\n")
	var all sync.WaitGroup
	for range 6 {
		all.Go(func() {
			if s, err := tree.Status(soon(t)); err != nil || len(s.Incomplete) > 0 || s.Unstaged != 1 {
				t.Errorf("got %+v, %v", s, err)
			}
		})
	}
	all.Wait()
	if left, err := filepath.Glob(filepath.Join(temp, "*")); err != nil || len(left) > 0 {
		t.Errorf("left behind: %q, %v", left, err)
	}
}

// TestBoxSeesNoSecrets: of the configuration a box gets what reading depends on, and the rest stays outside.
func TestBoxSeesNoSecrets(t *testing.T) {
	dir := clean(t)
	repo := project(t, filepath.Join(dir, "repo"))
	tree := addedTree(t, repo)
	for key, value := range map[string]string{
		"remote.origin.url": "https://token@example.com/x", "http.extraHeader": "Authorization: secret", "credential.helper": "store",
		"core.sshCommand": "secret", "core.fsmonitor": "secret", "filter.x.clean": "secret", "diff.x.textconv": "secret", "diff.renames": "copies",
	} {
		plain(t, repo.WorkTree, "config", key, value)
	}
	saw := 0
	tree.Box = &Box{Run: func(ctx context.Context, b Boxed) error {
		saw++
		all := strings.Join(append(b.Env, b.Args...), "\n")
		for _, f := range b.Files {
			all += f.Text
		}
		for _, bad := range []string{"token", "secret", "credential"} {
			if strings.Contains(all, bad) {
				t.Errorf("%q is in what the box gets:\n%s", bad, all)
			}
		}
		if !strings.Contains(all, "renames = \"copies\"") || !strings.Contains(all, "repositoryformatversion") {
			t.Errorf("settings are missing:\n%s", all)
		}
		for _, p := range b.Show {
			if p == tree.CommonDir || p == filepath.Join(tree.CommonDir, "config") || p == filepath.Join(tree.CommonDir, "hooks") {
				t.Errorf("the box sees %q", p)
			}
		}
		return openBox().Run(ctx, b)
	}}
	put(t, filepath.Join(tree.WorkTree, "a.txt"), "changed\n")
	if s, err := tree.Status(soon(t)); err != nil || len(s.Incomplete) > 0 || s.Unstaged != 1 || s.Insertions != 1 {
		t.Errorf("got %+v, %v", s, err)
	}
	if err := tree.Diff(soon(t), DiffRequest{From: tree.Base}, &strings.Builder{}); err != nil {
		t.Error(err)
	}
	if saw < 4 {
		t.Errorf("%d commands of git went into the box", saw)
	}
}
