package git

import (
	"os"
	"os/signal"
	"path/filepath"
	"slices"
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

// TestIndexOfTheJailsCommit holds that git in the jail sees the index of the commit that it is at, whatever the user has done with his.
func TestIndexOfTheJailsCommit(t *testing.T) {
	dir := clean(t)
	repo := project(t, filepath.Join(dir, "repo"))
	p := privateTree{Private{Host: repo, Dir: filepath.Join(dir, "private"), Name: "@checkout"}, repo, Worktree{Repo: repo}}
	p.begin(t)
	mine := p.commit(t, "agent")
	put(t, filepath.Join(repo.WorkTree, "users"), "u\n")
	plain(t, repo.WorkTree, "add", "users")
	plain(t, repo.WorkTree, "commit", "-q", "-m", "user")
	if got := p.take(t); got.Diverged == nil {
		t.Fatalf("not diverged: %+v", got)
	}
	p.begin(t)
	if got := p.inside(t, "diff", "--cached", "--name-status", "HEAD"); got != "" || p.inside(t, "rev-parse", "HEAD") != mine {
		t.Errorf("staged inside: %q", got)
	}
	p.commit(t, "more")
	if got := p.inside(t, "diff-tree", "--name-status", "HEAD~1", "HEAD"); got != "A\tmore" {
		t.Errorf("committed: %q", got)
	}
}

// TestDetachedWorkGoesOn holds that a jail goes on where it was, where HEAD of the user's checkout could not follow it and was not
// moved since, and comes to the user where he moved it.
func TestDetachedWorkGoesOn(t *testing.T) {
	dir := clean(t)
	repo := project(t, filepath.Join(dir, "repo"))
	plain(t, repo.WorkTree, "checkout", "-q", "--detach")
	p := privateTree{Private{Host: repo, Dir: filepath.Join(dir, "private"), Name: "@checkout"}, repo, Worktree{Repo: repo}}
	for _, name := range []string{"one", "two", "three"} {
		p.begin(t)
		if got := p.inside(t, "status", "--porcelain"); got != "" {
			t.Errorf("before %s: %s", name, got)
		}
		p.commit(t, name)
		if got := p.take(t); got.Left == "" {
			t.Errorf("%s: %+v", name, got)
		}
	}
	if got := plain(t, repo.WorkTree, "log", "--format=%s", "refs/jail/@checkout/head", "^main"); got != "three\ntwo\none" {
		t.Errorf("kept: %s", got)
	}
	plain(t, repo.WorkTree, "switch", "-q", "-f", "main")
	p.take(t)
	p.begin(t)
	if got := p.inside(t, "symbolic-ref", "HEAD"); got != "refs/heads/main" {
		t.Errorf("the jail is on %s", got)
	}
}

// TestStagedBeside holds that what the user has staged stays so where the jail committed other files, although it committed another
// version of one that is staged too.
func TestStagedBeside(t *testing.T) {
	dir := clean(t)
	repo := project(t, filepath.Join(dir, "repo"))
	for _, name := range []string{"a", "gone", "kept"} {
		put(t, filepath.Join(repo.WorkTree, name), "base\n")
	}
	commit(t, repo.WorkTree, "base")
	p := privateTree{Private{Host: repo, Dir: filepath.Join(dir, "private"), Name: "@checkout"}, repo, Worktree{Repo: repo}}
	p.begin(t)
	put(t, filepath.Join(repo.WorkTree, "a"), "the user's\n")
	put(t, filepath.Join(repo.WorkTree, "b b"), "new\n")
	plain(t, repo.WorkTree, "add", "a", "b b")
	plain(t, repo.WorkTree, "rm", "-q", "--cached", "gone")
	put(t, filepath.Join(repo.WorkTree, "b b"), "newer\n")
	put(t, filepath.Join(repo.WorkTree, "a"), "the jail's\n")
	p.inside(t, "add", "a")
	p.inside(t, "commit", "-q", "-m", "jail")
	p.take(t)
	if got := plain(t, repo.WorkTree, "status", "--porcelain"); got != "AM \"b b\"\nD  gone\n?? gone" {
		t.Errorf("status:\n%s", got)
	}
	if got := plain(t, repo.WorkTree, "show", ":b b"); got != "new" {
		t.Errorf("staged: %q", got)
	}
}

// TestCommittedRepositoryIsTold holds that a repository that the jail committed as a gitlink is named, and passed over by git.
func TestCommittedRepositoryIsTold(t *testing.T) {
	dir := clean(t)
	repo := project(t, filepath.Join(dir, "repo"))
	p := privateTree{Private{Host: repo, Dir: filepath.Join(dir, "private"), Name: "@checkout"}, repo, Worktree{Repo: repo}}
	p.begin(t)
	sub := filepath.Join(repo.WorkTree, "sub")
	mkdir(t, sub)
	plain(t, sub, "init", "-q")
	plain(t, sub, "commit", "-q", "--allow-empty", "-m", "planted")
	plain(t, sub, "config", "core.fsmonitor", "echo ran > "+filepath.Join(dir, "ran")+"; false")
	p.inside(t, "-c", "advice.addEmbeddedRepo=false", "add", "sub")
	p.inside(t, "commit", "-q", "-m", "with a gitlink")
	if err := os.RemoveAll(filepath.Join(dir, "ran")); err != nil {
		t.Fatal(err)
	}
	if got := p.take(t); !slices.Equal(got.Links, []string{"sub"}) {
		t.Errorf("%+v", got)
	}
	plain(t, repo.WorkTree, "status", "--porcelain")
	if exists(filepath.Join(dir, "ran")) {
		t.Error("git status ran what the jail planted")
	}
	plain(t, sub, "status") // the control
	if !exists(filepath.Join(dir, "ran")) {
		t.Error("the plant does not work")
	}
}
