package git

import (
	"os"
	"os/signal"
	"path/filepath"
	"syscall"
	"testing"
)

// TestIndexFollowsLate: while the user's git holds the index it does not follow, however often the branch moves; then it follows
// all the way.
func TestIndexFollowsLate(t *testing.T) {
	dir := clean(t)
	repo := project(t, filepath.Join(dir, "repo"))
	p := privateTree{Private{Host: repo, Dir: filepath.Join(dir, "private"), Name: "@checkout"}, repo, Worktree{Repo: repo}}
	p.begin(t)
	put(t, filepath.Join(repo.WorkTree, "users"), "u\n")
	plain(t, repo.WorkTree, "add", "users")
	lock := filepath.Join(repo.GitDir, "index.lock")
	put(t, lock, "")
	for _, name := range []string{"one", "two"} {
		p.commit(t, name)
		if got := p.take(t); got.Late == "" || len(got.LeftOut()) != 1 {
			t.Errorf("%s: got %+v", name, got)
		}
	}
	if err := os.Remove(lock); err != nil {
		t.Fatal(err)
	}
	p.take(t)
	if got := plain(t, repo.WorkTree, "status", "--porcelain"); got != "A  users" {
		t.Errorf("got %s", got)
	}
}

// TestFullDiskLeavesNoLock: a lock that could not be written, and so is nobody's, would keep every git from the index.
func TestFullDiskLeavesNoLock(t *testing.T) {
	index := filepath.Join(t.TempDir(), "index")
	var was syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_FSIZE, &was); err != nil {
		t.Fatal(err)
	}
	signal.Ignore(syscall.SIGXFSZ) // then it is an error of the write
	defer signal.Reset(syscall.SIGXFSZ)
	full := was
	full.Cur = 5
	if err := syscall.Setrlimit(syscall.RLIMIT_FSIZE, &full); err != nil {
		t.Fatal(err)
	}
	_, err := lockIndex(index)
	if err := syscall.Setrlimit(syscall.RLIMIT_FSIZE, &was); err != nil {
		t.Fatal(err)
	}
	if err == nil || exists(index+".lock") {
		t.Errorf("got %v, and the lock is there: %v", err, exists(index+".lock"))
	}
	unlock, err := lockIndex(index)
	if err != nil {
		t.Fatal(err)
	}
	unlock()
}
