package workspace

import (
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

func inode(t *testing.T, path string) uint64 {
	t.Helper()
	info, err := os.Lstat(path)
	if err != nil {
		t.Fatal(err)
	}
	return info.Sys().(*syscall.Stat_t).Ino
}

// The next jail of a repository is made of the files of the last one; that of another repository is not.
func TestNextJailIsMadeOfTheLast(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.Trees = TreesRecycled
	first := w.create(t, "x")
	put(t, filepath.Join(first.Worktree, "precious"), "")
	file := inode(t, filepath.Join(first.Worktree, "a.txt"))
	if _, err := w.Destroy(t.Context(), "x", Forced); err != nil {
		t.Fatal(err)
	}
	if n := len(w.Pooled()); n != 1 {
		t.Fatalf("%d trees wait", n)
	}
	other := filepath.Join(w.dir, "other")
	mkdir(t, other)
	plain(t, other, "init", "-q")
	put(t, filepath.Join(other, "a.txt"), "a\n")
	commit(t, other, "first")
	if _, _, err := w.Create(t.Context(), CreateRequest{Name: "other", RepoDir: other}); err != nil || len(w.Pooled()) != 1 {
		t.Errorf("%v; %d trees wait", err, len(w.Pooled()))
	}
	second := w.create(t, "y")
	if inode(t, filepath.Join(second.Worktree, "a.txt")) != file || len(w.Pooled()) != 0 {
		t.Error("its files were written anew")
	}
	if got := plain(t, second.Worktree, "status", "--porcelain", "--ignored"); got != "" {
		t.Errorf("got %s", got)
	}
}

func TestPoolIsBounded(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.Trees, w.Root = TreesRecycled, filepath.Join(w.dir, "data[1]", "jails")
	for i := range 5 {
		repo := filepath.Join(w.dir, strings.Repeat("r", i+1))
		mkdir(t, repo)
		plain(t, repo, "init", "-q")
		put(t, filepath.Join(repo, "a.txt"), "a\n")
		commit(t, repo, "first")
		for _, name := range []string{"x", "y"} {
			if _, _, err := w.Create(t.Context(), CreateRequest{Name: name, RepoDir: repo}); err != nil {
				t.Fatal(err)
			}
		}
		for _, name := range []string{"x", "y"} {
			if _, err := w.Destroy(t.Context(), name, Safe); err != nil {
				t.Fatal(err)
			}
		}
	}
	all := w.Pooled()
	if len(all) != maxPooled || all[0].Bytes == 0 {
		t.Errorf("got %+v", all)
	}
	long := time.Now().Add(-pooledFor - time.Hour)
	if err := os.Chtimes(all[0].Path, long, long); err != nil {
		t.Fatal(err)
	}
	if _, err := w.List(t.Context()); err != nil || len(w.Pooled()) != maxPooled-1 {
		t.Errorf("%v; %d trees wait", err, len(w.Pooled()))
	}
	w.Trees = TreesRemoved
	w.create(t, "z")
	if _, err := w.Destroy(t.Context(), "z", Safe); err != nil || len(w.Pooled()) != maxPooled-1 {
		t.Errorf("%v; %d trees wait", err, len(w.Pooled()))
	}
}
