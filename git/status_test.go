package git

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"
)

func TestStatus(t *testing.T) {
	repo := project(t, filepath.Join(clean(t), "repo"))
	top := repo.WorkTree
	put(t, filepath.Join(top, "big.txt"), strings.Repeat("some line of text\n", 20))
	put(t, filepath.Join(top, ".gitignore"), "*.o\n")
	commit(t, top, "second")
	tree := addedTree(t, repo)
	w := tree.WorkTree
	// The base moves on by one, the jail commits two.
	put(t, filepath.Join(top, "main.txt"), "x\n")
	commit(t, top, "on main")
	put(t, filepath.Join(w, "c.txt"), "c\n")
	commit(t, w, "c")
	head := commit(t, w, "empty")
	// Staged, unstaged, both, renamed, deleted, untracked, ignored.
	put(t, filepath.Join(w, "a.txt"), "one\n2\n")
	plain(t, w, "add", "a.txt")
	put(t, filepath.Join(w, "a.txt"), "one\n2\n3\n")
	odd := "new\n\x1b[31m \u202ename"
	plain(t, w, "mv", "big.txt", odd)
	os.Remove(filepath.Join(w, "b.txt"))
	put(t, filepath.Join(w, "dir", "untracked file"), "u\n")
	put(t, filepath.Join(w, "x.o"), "")
	got, err := tree.Status(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	want := Status{
		Head: head, Branch: "jail/x", Staged: 2, Unstaged: 2, Renamed: 1, Untracked: 1, Insertions: 2, Deletions: 2,
		Ahead: 2, Upstream: "refs/heads/main", UpstreamAhead: 2, UpstreamBehind: 1,
		Entries: []Entry{
			{Path: "a.txt", Index: 'M', Work: 'M', Kind: Changed},
			{Path: "b.txt", Index: '.', Work: 'D', Kind: Changed},
			{Path: odd, OrigPath: "big.txt", Index: 'R', Work: '.', Kind: Renamed},
			{Path: "dir/untracked file", Index: '?', Work: '?', Kind: Untracked},
		},
	}
	if age := time.Since(got.Activity); age < 0 || age > time.Hour {
		t.Errorf("last activity at %v", got.Activity)
	}
	if len(got.Commits) != 2 || got.Commits[0].Subject != "empty" || got.Commits[1].Subject != "c" {
		t.Errorf("commits %+v", got.Commits)
	}
	got.Activity, got.Commits = time.Time{}, nil
	sameStatus(t, got, want)
}

func sameStatus(t *testing.T, got, want Status) {
	t.Helper()
	if !slices.Equal(got.Entries, want.Entries) || !slices.Equal(got.Incomplete, want.Incomplete) {
		t.Errorf("got  %+v\nwant %+v", got, want)
	}
	got.Entries, want.Entries, got.Incomplete, want.Incomplete = nil, nil, nil, nil
	if g, w := strings.TrimSpace(sprint(got)), strings.TrimSpace(sprint(want)); g != w {
		t.Errorf("got  %s\nwant %s", g, w)
	}
}

func TestStatusOfConflict(t *testing.T) {
	repo := project(t, filepath.Join(clean(t), "repo"))
	tree := addedTree(t, repo)
	put(t, filepath.Join(repo.WorkTree, "a.txt"), "main\n")
	commit(t, repo.WorkTree, "on main")
	put(t, filepath.Join(tree.WorkTree, "a.txt"), "jail\n")
	commit(t, tree.WorkTree, "in the jail")
	if plainCommand(tree.WorkTree, "merge", "main").Run() == nil {
		t.Fatal("no conflict")
	}
	got, err := tree.Status(t.Context())
	if err != nil || got.Conflicted != 1 || got.Staged != 0 || got.Unstaged != 0 ||
		got.Entries[0] != (Entry{Path: "a.txt", Index: 'U', Work: 'U', Kind: Conflicted}) {
		t.Errorf("got %+v, %v", got, err)
	}
}

func TestStatusOfOddHeads(t *testing.T) {
	repo := project(t, filepath.Join(clean(t), "repo"))
	tree := addedTree(t, repo)
	plain(t, tree.WorkTree, "checkout", "-q", "--detach")
	head := commit(t, tree.WorkTree, "detached")
	plain(t, repo.WorkTree, "checkout", "-q", "-b", "other")
	plain(t, repo.WorkTree, "branch", "-D", "-q", "main")
	got, err := tree.Status(t.Context())
	if err != nil || got.Branch != "" || got.Head != head || got.Ahead != 1 || got.Upstream != "" || len(got.Incomplete) != 0 {
		t.Errorf("detached, base branch gone: got %+v, %v", got, err)
	}
	plain(t, tree.WorkTree, "checkout", "-q", "--orphan", "orphan")
	got, err = tree.Status(t.Context())
	if err != nil || got.Branch != "orphan" || got.Head != "" || got.Staged != 2 || len(got.Incomplete) != 0 {
		t.Errorf("unborn: got %+v, %v", got, err)
	}
}

// TestFIFOs: git blocks when it opens a FIFO, or gives up; the status must come back and say what is missing.
func TestFIFOs(t *testing.T) {
	repo := project(t, filepath.Join(clean(t), "repo"))
	tree := addedTree(t, repo)
	ignore, tracked := filepath.Join(tree.WorkTree, ".gitignore"), filepath.Join(tree.WorkTree, "a.txt")
	os.Remove(tracked)
	for _, path := range []string{ignore, tracked} {
		if err := syscall.Mkfifo(path, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	ctx := soon(t)
	d, err := tree.open(ctx)
	if err != nil {
		t.Fatal(err)
	}
	d.limit = 500 * time.Millisecond
	start := time.Now()
	got, err := tree.status(ctx, d, tree.startWalk(ctx))
	if err != nil || len(got.Incomplete) != 2 || got.Unstaged != 1 {
		t.Errorf("got %+v, %v", got, err)
	}
	if took := time.Since(start); took > 10*time.Second {
		t.Errorf("it took %v", took)
	}
}

func TestLostRepository(t *testing.T) {
	repo := project(t, filepath.Join(clean(t), "repo"))
	tree := addedTree(t, repo)
	os.RemoveAll(repo.CommonDir)
	_, err := tree.Status(t.Context())
	var failed *CommandError
	var exit *exec.ExitError
	if !errors.As(err, &failed) || failed.ExitCode != 128 || failed.Stderr == "" || !errors.As(err, &exit) {
		t.Errorf("got %v", err)
	}
}

func TestUncommittedFiles(t *testing.T) {
	repo := project(t, filepath.Join(clean(t), "repo"))
	if n, err := repo.UncommittedFiles(t.Context()); n != 0 || err != nil {
		t.Errorf("got %d, %v", n, err)
	}
	put(t, filepath.Join(repo.WorkTree, "dir", "x"), "")
	put(t, filepath.Join(repo.WorkTree, "dir", "y"), "")
	os.Remove(filepath.Join(repo.WorkTree, "a.txt"))
	if n, err := repo.UncommittedFiles(t.Context()); n != 3 || err != nil {
		t.Errorf("got %d, %v", n, err)
	}
}
