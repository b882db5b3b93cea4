package git

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// plainUpload stands for the throw-away jail: the jail's git directory is read in place.
var plainUpload = Fetch{UploadPack: `sh -c 'exec git upload-pack "$0/git"'`}

// privateTree is a work tree with a git directory of its own, as a jail has it.
type privateTree struct {
	Private
	repo Repo
	tree Worktree
}

func newPrivateTree(t *testing.T) privateTree {
	t.Helper()
	dir := clean(t)
	repo := project(t, filepath.Join(dir, "repo"))
	tree := addedTree(t, repo)
	p := privateTree{Private{Host: tree.Repo, Dir: filepath.Join(dir, "private"), Name: "x", Branch: "jail/x"}, repo, tree}
	p.begin(t)
	return p
}

// begin makes the git directory ready, as for a run. What is mounted in a jail is linked here.
func (p privateTree) begin(t *testing.T) {
	t.Helper()
	use, _, err := p.Begin(soon(t))
	if err != nil {
		t.Fatal(err)
	}
	use.Close()
	lent := filepath.Join(p.Dir, "main", "objects")
	os.Remove(lent)
	if err := os.Symlink(filepath.Join(p.repo.CommonDir, "objects"), lent); err != nil {
		t.Fatal(err)
	}
}

// inside runs git as in the jail.
func (p privateTree) inside(t *testing.T, args ...string) string {
	t.Helper()
	cmd := plainCommand(p.tree.WorkTree, args...)
	cmd.Env = append(cmd.Env, "GIT_DIR="+filepath.Join(p.Dir, "git"), "GIT_WORK_TREE="+p.tree.WorkTree, "GIT_EDITOR=true")
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("git %q in the jail: %v: %s", args, err, out)
	}
	return strings.TrimSuffix(string(out), "\n")
}

func (p privateTree) commit(t *testing.T, name string) string {
	t.Helper()
	put(t, filepath.Join(p.tree.WorkTree, name), name+"\n")
	p.inside(t, "add", name)
	p.inside(t, "commit", "-q", "-m", name)
	return p.inside(t, "rev-parse", "HEAD")
}

func (p privateTree) take(t *testing.T) Imported {
	t.Helper()
	result, err := p.Import(soon(t), plainUpload)
	if err != nil {
		t.Fatal(err)
	}
	return result
}

func (p privateTree) host(t *testing.T, ref string) string {
	t.Helper()
	out, err := plainCommand(p.repo.WorkTree, "rev-parse", "--verify", "-q", ref).Output()
	if err != nil {
		return ""
	}
	return strings.TrimSpace(string(out))
}

// sound checks what has to hold whenever nobody works in the repository.
func (p privateTree) sound(t *testing.T) {
	t.Helper()
	plain(t, p.repo.WorkTree, "fsck", "--strict")
	for _, pattern := range []string{"objects/tmp_objdir-*", "worktrees/*/index.lock", "worktrees/*/index.jail-new*", "refs/heads/*.lock"} {
		if left, _ := filepath.Glob(filepath.Join(p.repo.CommonDir, pattern)); len(left) > 0 {
			t.Errorf("left behind: %q", left)
		}
	}
}

func TestImport(t *testing.T) {
	p := newPrivateTree(t)
	if got := p.take(t); got.Branch != "" || len(got.Refs) > 0 {
		t.Errorf("nothing was done, and got %+v", got)
	}
	base := p.tree.Base
	tip := p.commit(t, "new")
	p.inside(t, "branch", "topic")
	p.inside(t, "tag", "-a", "-m", "text", "v1")
	got := p.take(t)
	if got.Branch != "jail/x" || got.Old != base || got.New != tip || p.host(t, "jail/x") != tip {
		t.Errorf("got %+v", got)
	}
	if want := []string{"refs/jail/x/heads/topic", "refs/jail/x/tags/v1"}; !slices.Equal(got.Refs, want) {
		t.Errorf("got %q, want %q", got.Refs, want)
	}
	if got := plain(t, p.tree.WorkTree, "status", "--porcelain"); got != "" {
		t.Errorf("the index did not follow: %s", got)
	}
	if got := p.take(t); got.Branch != "" || len(got.Refs) > 0 {
		t.Errorf("it was done already, and got %+v", got)
	}
	// Rewritten history and a deleted branch are the jail's right; the reflog has the old.
	p.inside(t, "commit", "-q", "--amend", "-m", "amended")
	p.inside(t, "branch", "-D", "topic")
	if got := p.take(t); got.Old != tip || p.host(t, "refs/jail/x/heads/topic") != "" || p.host(t, "jail/x@{1}") != tip {
		t.Errorf("got %+v", got)
	}
	// A detached HEAD, a stash.
	p.inside(t, "checkout", "-q", "--detach")
	loose := p.commit(t, "loose")
	put(t, filepath.Join(p.tree.WorkTree, "a.txt"), "stashed\n")
	p.inside(t, "stash")
	p.take(t)
	if p.host(t, "refs/jail/x/head") != loose || p.host(t, "refs/jail/x/stash") != p.inside(t, "rev-parse", "stash") {
		t.Errorf("got %s", plain(t, p.repo.WorkTree, "for-each-ref"))
	}
	p.sound(t)
}

// TestImportOfNothing holds the price of looking, which every command pays for every jail.
func TestImportOfNothing(t *testing.T) {
	p := newPrivateTree(t)
	p.commit(t, "new")
	p.take(t)
	time.Sleep(2 * settle)
	p.take(t)
	// Without git: the proof that no process is started.
	t.Setenv("PATH", "/nonexistent")
	least := time.Hour
	for range 20 {
		start := time.Now()
		p.take(t)
		least = min(least, time.Since(start))
	}
	if least > 3*time.Millisecond {
		t.Errorf("looking took %v", least)
	}
}

func TestBothSidesMoved(t *testing.T) {
	p := newPrivateTree(t)
	p.commit(t, "first")
	p.take(t)
	inJail := p.commit(t, "jail")
	put(t, filepath.Join(p.tree.WorkTree, "host"), "host\n")
	plain(t, p.tree.WorkTree, "reset", "-q", "--hard")
	plain(t, p.tree.WorkTree, "commit", "-q", "--allow-empty", "-m", "host")
	onHost := p.host(t, "jail/x")
	for range 2 {
		got := p.take(t)
		if got.Diverged == nil || *got.Diverged != (Divergence{"jail/x", onHost, inJail, "refs/jail/x/diverged"}) {
			t.Fatalf("got %+v", got.Diverged)
		}
	}
	if p.host(t, "jail/x") != onHost || p.host(t, "refs/jail/x/diverged") != inJail {
		t.Error("something was lost")
	}
	plain(t, p.tree.WorkTree, "clean", "-fdq")
	plain(t, p.tree.WorkTree, "merge", "-q", "-m", "both", "refs/jail/x/diverged")
	if got := p.take(t); got.Diverged != nil {
		t.Errorf("got %+v", got.Diverged)
	}
	p.begin(t)
	if got, want := p.inside(t, "rev-parse", "HEAD"), p.host(t, "jail/x"); got != want {
		t.Errorf("the jail is at %s, want %s", got, want)
	}
	if got := p.inside(t, "status", "--porcelain"); got != "" {
		t.Errorf("in the jail: %s", got)
	}
}

// TestRefused: nothing of what git refuses stays, and the rest comes in.
func TestRefused(t *testing.T) {
	p := newPrivateTree(t)
	objects := func() string { return plain(t, p.repo.WorkTree, "count-objects", "-v") }
	before := objects()
	blob := p.inside(t, "hash-object", "-w", filepath.Join(p.tree.WorkTree, "a.txt"))
	mktree := func(line string) string {
		cmd := exec.Command("sh", "-c", "printf '"+line+"' | git mktree")
		cmd.Env = append(os.Environ(), "GIT_DIR="+filepath.Join(p.Dir, "git"))
		out, err := cmd.Output()
		if err != nil {
			t.Fatal(err)
		}
		return strings.TrimSpace(string(out))
	}
	hooks := mktree(`100755 blob ` + blob + `\tpost-checkout\n`)
	bad := mktree(`040000 tree ` + mktree(`040000 tree `+hooks+`\thooks\n`) + `\t.git\n`)
	commit := p.inside(t, "commit-tree", "-m", "bad", "-p", "HEAD", bad)
	p.inside(t, "update-ref", "refs/heads/bad", commit)
	if got := p.take(t); len(got.Refused) != 1 || !strings.Contains(got.Refused[0], "hasDotgit") || !strings.Contains(got.Refused[0], "refs/heads/bad ") {
		t.Errorf("got %q", got.Refused)
	}
	if got := objects(); got != before {
		t.Errorf("objects stayed: %s", got)
	}
	for _, name := range []string{"fine", "fine2"} {
		p.inside(t, "branch", name, p.inside(t, "commit-tree", "-m", name, "-p", "HEAD", "HEAD^{tree}"))
	}
	got := p.take(t)
	if len(got.Refused) != 1 || !strings.Contains(got.Refused[0], "hasDotgit") || !strings.Contains(got.Refused[0], "refs/heads/bad ") {
		t.Errorf("got %q", got.Refused)
	}
	if want := []string{"refs/jail/x/heads/fine", "refs/jail/x/heads/fine2"}; !slices.Equal(got.Refs, want) || p.host(t, want[1]) == "" {
		t.Errorf("got %q, want %q", got.Refs, want)
	}
	p.inside(t, "branch", "-D", "fine", "fine2")
	if got := p.take(t); len(got.Gone) != 2 {
		t.Errorf("got %+v", got)
	}
	// Control: git without our settings takes it.
	control := filepath.Join(filepath.Dir(p.Dir), "control")
	plain(t, "/", "init", "-q", "--bare", control)
	plain(t, control, "fetch", "-q", filepath.Join(p.Dir, "git"), "refs/heads/bad")

	tip := p.commit(t, "good")
	got = p.take(t)
	if p.host(t, "jail/x") != tip || len(got.Refused) != 1 || !strings.Contains(got.Refused[0], "refs/heads/bad ") {
		t.Errorf("got %+v", got)
	}
	// A ref to what is not there.
	p.inside(t, "branch", "-D", "bad")
	put(t, filepath.Join(p.Dir, "git", "refs", "heads", "jail", "x"), strings.Repeat("1", 40)+"\n")
	var refused *RefusedError
	if _, err := p.Import(soon(t), plainUpload); !errors.As(err, &refused) {
		t.Errorf("got %v", err)
	}
	if p.host(t, "jail/x") != tip {
		t.Error("the branch moved")
	}
}

// TestManyRefs: a jail with more refs than are taken in still gets its branch moved.
func TestManyRefs(t *testing.T) {
	p := newPrivateTree(t)
	tip := p.commit(t, "new")
	var packed strings.Builder
	for i := range maxChanged + 1 {
		fmt.Fprintf(&packed, "%s refs/heads/many/%d\n", tip, i)
	}
	put(t, filepath.Join(p.Dir, "git", "packed-refs"), packed.String())
	got := p.take(t)
	if p.host(t, "jail/x") != tip || len(got.Refused) != 1 || len(got.Refs) > 0 {
		t.Errorf("got %+v", got)
	}
	for i := range maxRefs {
		fmt.Fprintf(&packed, "%s refs/heads/more/%d\n", tip, i)
	}
	put(t, filepath.Join(p.Dir, "git", "packed-refs"), packed.String())
	if _, err := p.Import(soon(t), plainUpload); !errors.Is(err, ErrTooManyRefs) {
		t.Errorf("got %v", err)
	}
}

// TestHostileRefs: what stands where refs should be is neither followed nor waited for, and bad names go nowhere.
func TestHostileRefs(t *testing.T) {
	p := newPrivateTree(t)
	tip := p.commit(t, "new")
	git := filepath.Join(p.Dir, "git")
	secret := filepath.Join(filepath.Dir(p.Dir), "secret")
	put(t, secret, tip+"\n")
	if err := os.Symlink(secret, filepath.Join(git, "refs/heads/link")); err != nil {
		t.Fatal(err)
	}
	if out, err := exec.Command("mkfifo", filepath.Join(git, "refs/heads/fifo"), filepath.Join(git, "refs/heads/x.lock")).CombinedOutput(); err != nil {
		t.Fatalf("%s", out)
	}
	for _, name := range []string{"a b", "a\x1b[31m", "-f", "a..b", "HEAD.lock", "@{x"} {
		put(t, filepath.Join(git, "refs/heads", name), tip+"\n")
	}
	put(t, filepath.Join(git, "packed-refs"), tip+" refs/heads/z\n"+tip+" refs/heads/z/z\n"+tip+" ../../evil\n"+tip+" refs/heads/../../x\n")
	got := p.take(t)
	if p.host(t, "jail/x") != tip || !slices.Equal(got.Refs, []string{"refs/jail/x/heads/-f", "refs/jail/x/heads/z"}) && !slices.Equal(got.Refs, []string{"refs/jail/x/heads/z"}) {
		t.Errorf("got %+v", got)
	}
	os.Remove(filepath.Join(git, "HEAD"))
	if out, err := exec.Command("mkfifo", filepath.Join(git, "HEAD")).CombinedOutput(); err != nil {
		t.Fatalf("%s", out)
	}
	if _, err := p.Import(soon(t), plainUpload); !errors.Is(err, ErrBroken) {
		t.Errorf("got %v", err)
	}
	// The next run has a whole one, and the old is kept.
	p.begin(t)
	if kept, _ := filepath.Glob(git + ".aside-*"); len(kept) != 1 || p.inside(t, "rev-parse", "HEAD") != tip {
		t.Errorf("got %q", kept)
	}
}

// TestPlantedPipes: git waits for a FIFO in any place of a git directory; none is left when it is asked for objects.
func TestPlantedPipes(t *testing.T) {
	p := newPrivateTree(t)
	tip := p.commit(t, "new")
	git := filepath.Join(p.Dir, "git")
	for _, name := range []string{"shallow", "config.worktree", "objects/info/commit-graph", "objects/aa/" + strings.Repeat("b", 38), "refs/heads/pipe"} {
		if err := os.MkdirAll(filepath.Dir(filepath.Join(git, name)), 0o755); err != nil {
			t.Fatal(err)
		}
		if out, err := exec.Command("mkfifo", filepath.Join(git, name)).CombinedOutput(); err != nil {
			t.Fatalf("%s", out)
		}
	}
	// The control: git waits.
	ctx, cancel := context.WithTimeout(t.Context(), time.Second)
	defer cancel()
	cmd := exec.CommandContext(ctx, "git", "--git-dir="+git, "log", "-1")
	cmd.WaitDelay = time.Second
	if err := cmd.Run(); ctx.Err() == nil {
		t.Fatalf("git does not wait for a FIFO: %v", err)
	}
	p.take(t)
	if p.host(t, "jail/x") != tip {
		t.Error("the commit did not come in")
	}
}

// TestRepositoryIsAnother: what a jail made in a checkout is nothing to a repository that is made later in the same place.
func TestRepositoryIsAnother(t *testing.T) {
	p := newPrivateTree(t)
	p.Branch = "" // as a checkout of the user's
	p.begin(t)
	p.commit(t, "new")
	common := p.repo.CommonDir
	if born(common) == "" {
		t.Skip("the file system does not tell when a folder was made")
	}
	p.inside(t, "branch", "old")
	if err := os.Rename(common, common+".old"); err != nil {
		t.Fatal(err)
	}
	if out, err := exec.Command("cp", "-a", common+".old", common).CombinedOutput(); err != nil {
		t.Fatalf("%s", out)
	}
	if got := p.take(t); got.Branch != "" || len(got.Refs) != 0 || p.host(t, "refs/heads/old") != "" {
		t.Errorf("the other repository got %+v", got)
	}
	_, notices, err := p.Begin(soon(t))
	if err != nil || len(notices) != 1 || !strings.Contains(notices[0], "another repository") {
		t.Errorf("got %q, %v", notices, err)
	}
	if kept, _ := filepath.Glob(filepath.Join(p.Dir, "git.aside-*")); len(kept) != 1 {
		t.Errorf("got %q", kept)
	}
	// It is the same from now on.
	if _, notices, err := p.Begin(soon(t)); err != nil || len(notices) != 0 {
		t.Errorf("got %q, %v", notices, err)
	}
}

func TestImportsAtOnce(t *testing.T) {
	p := newPrivateTree(t)
	var tip string
	for round := range 5 {
		tip = p.commit(t, fmt.Sprint("file", round))
		var all sync.WaitGroup
		for range 8 {
			all.Go(func() {
				if _, err := p.Import(t.Context(), plainUpload); err != nil {
					t.Error(err)
				}
			})
		}
		all.Wait()
	}
	if p.host(t, "jail/x") != tip || plain(t, p.tree.WorkTree, "status", "--porcelain") != "" {
		t.Error("the last commit is not there")
	}
	p.sound(t)
}

// TestConfigHoldsNoSecret: the jail's configuration has what git needs to work alike, and nothing that opens a door.
func TestConfigHoldsNoSecret(t *testing.T) {
	p := newPrivateTree(t)
	for key, value := range map[string]string{
		"remote.origin.url":                         "https://user:ghp_secret@example.com/x.git?token=secret",
		"remote.ssh.url":                            "ssh://git:secret@example.com/x.git",
		"http.https://example.com/.extraheader":     "Authorization: secret",
		"credential.helper":                         "store --file=/secret",
		"url.https://secret@example.com/.insteadOf": "https://example.com/",
		"core.sshCommand":                           "ssh -i secret",
		"include.path":                              "/secret",
		"gpg.program":                               "/secret",
		"filter.x.clean":                            "cat",
		"core.autocrlf":                             "input",
		"branch.main.remote":                        "origin",
		"user.name":                                 `A "quoted" \ name # x`,
		"core.hooksPath":                            ".husky",
	} {
		plain(t, p.repo.WorkTree, "config", key, value)
	}
	p.begin(t)
	text, err := os.ReadFile(filepath.Join(p.Dir, "git", "config"))
	if err != nil || strings.Contains(string(text), "secret") {
		t.Errorf("got %v, %s", err, text)
	}
	for key, want := range map[string]string{
		"remote.origin.url": "https://example.com/x.git", "remote.ssh.url": "ssh://git@example.com/x.git", "filter.x.clean": "cat",
		"core.autocrlf": "input", "branch.main.remote": "origin", "user.name": `A "quoted" \ name # x`, "core.hooksPath": ".husky",
	} {
		if got := p.inside(t, "config", "--get", key); got != want {
			t.Errorf("%s: got %q, want %q", key, got, want)
		}
	}
	// What the jail sets itself stays.
	p.inside(t, "remote", "add", "mine", "/x")
	plain(t, p.repo.WorkTree, "config", "core.eol", "lf")
	p.begin(t)
	if got := p.inside(t, "remote"); !strings.Contains(got, "mine") {
		t.Errorf("got %q", got)
	}
}

// TestHostMoves: a jail gets the host's refs at its next start, except what it changed itself, and keeps its index.
func TestHostMoves(t *testing.T) {
	p := newPrivateTree(t)
	plain(t, p.repo.WorkTree, "branch", "kept")
	plain(t, p.repo.WorkTree, "branch", "gone")
	p.begin(t)
	p.inside(t, "branch", "-f", "kept", "HEAD")
	mine := p.commit(t, "mine")
	p.inside(t, "branch", "-f", "kept", mine)
	put(t, filepath.Join(p.tree.WorkTree, "staged"), "s\n")
	p.inside(t, "add", "staged")
	main := commit(t, p.repo.WorkTree, "on main")
	plain(t, p.repo.WorkTree, "branch", "-f", "kept", main)
	plain(t, p.repo.WorkTree, "branch", "-D", "gone")
	p.take(t)
	p.begin(t)
	if got := p.inside(t, "rev-parse", "main", "kept", "HEAD"); got != main+"\n"+mine+"\n"+mine {
		t.Errorf("got %s", got)
	}
	if got := p.inside(t, "branch", "--list", "gone"); got != "" {
		t.Errorf("got %s", got)
	}
	if got := p.inside(t, "status", "--porcelain"); got != "A  staged" {
		t.Errorf("got %s", got)
	}
	if p.host(t, "kept") != main || p.host(t, "refs/jail/x/heads/kept") != mine {
		t.Error("the user's branch was moved")
	}
}

// TestLocksEndWithTheirJail holds that git works in a jail after one that was killed there, and that a running one keeps its locks.
func TestLocksEndWithTheirJail(t *testing.T) {
	p := newPrivateTree(t)
	left := []string{"index.lock", "HEAD.lock", "packed-refs.lock", "refs/heads/jail/x.lock"}
	for _, name := range left {
		put(t, filepath.Join(p.gitDir(), name), "")
	}
	use, err := p.lock("use", syscall.LOCK_SH)
	if err != nil {
		t.Fatal(err)
	}
	p.begin(t)
	if !exists(filepath.Join(p.gitDir(), "index.lock")) {
		t.Error("the lock of a run was taken away")
	}
	use.Close()
	p.begin(t)
	for _, name := range left {
		if exists(filepath.Join(p.gitDir(), name)) {
			t.Errorf("%s is left", name)
		}
	}
	p.commit(t, "goes on")
}
