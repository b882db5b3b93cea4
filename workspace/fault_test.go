package workspace

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"jail/git"
	"jail/state"
)

// act carries out one verb in a process of its own, which kills itself at the n-th step: "STATE ROOT REPO VERB NAME N".
func act(args []string) int {
	n, err := strconv.Atoi(args[5])
	if err != nil {
		panic(err)
	}
	m := Manager{Store: state.Open(args[0]), Root: args[1], Trees: TreesRecycled}
	m.step = func(string) {
		if n--; n == 0 {
			_ = syscall.Kill(os.Getpid(), syscall.SIGKILL)
			select {} // the signal is on its way
		}
	}
	if err := perform(m, args[2], args[3], args[4]); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	return 0
}

// perform does a verb as the command line does it.
func perform(m Manager, repo, verb, name string) error {
	ctx := context.Background()
	switch verb {
	case "create":
		_, _, err := m.Create(ctx, CreateRequest{Name: name, RepoDir: repo, Carry: CarryChanges})
		if errors.Is(err, ErrExists) {
			err = nil
		}
		return err
	case "merge", "stage":
		style := map[string]git.Style{"stage": git.Uncommitted}[verb]
		plan, err := m.PlanMerge(ctx, MergeRequest{Name: name, Dir: repo, Style: style})
		if err != nil {
			return err
		}
		return m.Merge(ctx, plan)
	case "undo":
		_, err := m.Unmerge(ctx, name, repo)
		if errors.Is(err, ErrNoUndo) {
			err = nil
		}
		return err
	case "destroy":
		_, err := m.Destroy(ctx, name, Forced)
		if errors.Is(err, ErrNoSuchJail) {
			err = nil
		}
		return err
	case "restore":
		a, err := m.FindArchive(name)
		if err == nil {
			_, _, err = m.Restore(ctx, RestoreRequest{Archive: a})
		}
		if errors.Is(err, ErrExists) {
			err = nil
		}
		return err
	case "drop":
		a, err := m.FindArchive(name)
		if errors.Is(err, ErrNoArchive) {
			return nil
		}
		if err != nil {
			return err
		}
		return m.Drop(ctx, a)
	}
	return fmt.Errorf("no verb %q", verb)
}

// story is a verb, what comes before it, and what must hold after it was killed and said again.
type story struct {
	before []string // verbs that end well
	verb   string
	least  int // steps of ours that are killed; git processes are more
	holds  func(t *testing.T, w world, work string)
}

var stories = map[string]story{
	"create": {nil, "create", 3, func(t *testing.T, w world, _ string) {
		r, err := w.Find(victim)
		if err != nil || Verify(r) != nil {
			t.Fatalf("got %+v, %v", r, err)
		}
		if text, _ := os.ReadFile(filepath.Join(r.Worktree, "mine.txt")); string(text) != "edited\n" {
			t.Errorf("carried over: got %q", text)
		}
	}},
	"create from the pool": {[]string{"create", "work", "destroy"}, "create", 3, func(t *testing.T, w world, _ string) {
		r, err := w.Find(victim)
		if err != nil || Verify(r) != nil {
			t.Fatalf("got %+v, %v", r, err)
		}
		if text, _ := os.ReadFile(filepath.Join(r.Worktree, "mine.txt")); string(text) != "edited\n" {
			t.Errorf("carried over: got %q", text)
		}
	}},
	"merge": {[]string{"create", "work"}, "merge", 3, func(t *testing.T, w world, work string) {
		if !strings.Contains(plain(t, w.repo, "rev-list", "main"), work) {
			t.Error("the commit is not in main")
		}
	}},
	"undo": {[]string{"create", "work", "merge"}, "undo", 1, func(t *testing.T, w world, work string) {
		if strings.Contains(plain(t, w.repo, "rev-list", "main"), work) {
			t.Error("the commit is still in main")
		}
	}},
	"destroy": {[]string{"create", "work"}, "destroy", 9, func(t *testing.T, w world, _ string) {
		if _, err := w.Find(victim); !errors.Is(err, ErrNoSuchJail) {
			t.Errorf("got %v", err)
		}
		if exists(filepath.Join(w.Root, victim)) {
			t.Error("the work tree is still there")
		}
	}},
	"restore": {[]string{"create", "work", "destroy"}, "restore", 5, func(t *testing.T, w world, work string) {
		r, err := w.Find(victim)
		if err != nil || Verify(r) != nil {
			t.Fatalf("got %+v, %v", r, err)
		}
		if got := plain(t, r.Worktree, "rev-parse", "HEAD"); got != work {
			t.Errorf("HEAD is %s, want %s", got, work)
		}
		if got := plain(t, r.Worktree, "show", ":staged"); got != "staged" {
			t.Errorf("staged: got %q", got)
		}
	}},
	"drop": {[]string{"create", "destroy"}, "drop", 2, func(t *testing.T, w world, _ string) {
		if refs := plain(t, w.repo, "for-each-ref", "refs/jail-archive"); refs != "" {
			t.Errorf("left: %s", refs)
		}
	}},
}

// TestKilledAtEveryStep kills each verb at each of its steps: between those of ours, and after each git process. The same
// verb, said again, ends well, and until then and afterwards nothing that was committed or not committed
// is lost: neither the jail's nor the user's.
func TestKilledAtEveryStep(t *testing.T) {
	t.Parallel()
	for verb, s := range stories {
		for _, kind := range []string{"step", "git"} {
			t.Run(verb+" "+kind, func(t *testing.T) {
				t.Parallel()
				w := newWorld(t)
				w.Trees = TreesRecycled
				put(t, filepath.Join(w.repo, "mine.txt"), "first\n")
				commit(t, w.repo, "mine")
				w.identify(t)
				work := s.begin(t, w)
				saved := w.dir + ".saved"
				if err := os.CopyFS(saved, os.DirFS(w.dir)); err != nil {
					t.Fatal(err)
				}
				killed := 0
				for n := 1; s.killed(t, w, work, kind, n); n++ {
					killed++
					if err := errors.Join(git.RemoveTree(w.dir), os.CopyFS(w.dir, os.DirFS(saved))); err != nil {
						t.Fatal(err)
					}
				}
				t.Logf("killed at %d steps", killed)
				if least := s.least; killed < least {
					t.Errorf("only %d steps were killed, want %d", killed, least)
				}
			})
		}
	}
}

// victim is the jail of a story.
const victim = "x"

// begin does what comes before the verb. Each round begins with a copy of what that leaves.
func (s story) begin(t *testing.T, w world) (work string) {
	t.Helper()
	put(t, filepath.Join(w.repo, "mine.txt"), "edited\n")
	for _, verb := range s.before {
		if verb == "work" {
			work = w.work(t, victim)
		} else if err := perform(w.Manager, w.repo, verb, victim); err != nil {
			t.Fatalf("%s before: %v", verb, err)
		}
	}
	return work
}

// killed is one round; false when the verb has fewer than n steps.
func (s story) killed(t *testing.T, w world, work, kind string, n int) bool {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	at, path := "0", os.Getenv("PATH")
	switch kind {
	case "step":
		at = strconv.Itoa(n)
	case "git":
		path = w.putFalseGit(t, n, "REAL; kill -9 $PPID; exit 1") + ":" + path
	}
	cmd := exec.Command(self, "act", w.Store.Dir, w.Root, w.repo, s.verb, victim, at)
	cmd.Env = append(os.Environ(), "PATH="+path)
	out, err := cmd.CombinedOutput()
	var exit *exec.ExitError
	done := err == nil
	if !done && (!errors.As(err, &exit) || exit.ExitCode() != -1) {
		t.Fatalf("step %d: %v: %s", n, err, out)
	}
	w.nothingIsLost(t, work)
	if n%2 == 1 { // another command comes first
		if _, err := w.List(t.Context()); err != nil {
			t.Fatal(err)
		}
		w.nothingIsLost(t, work)
	}
	if err := perform(w.Manager, w.repo, s.verb, victim); err != nil {
		t.Fatalf("step %d: said again: %v", n, err)
	}
	if _, err := w.List(t.Context()); err != nil {
		t.Fatal(err)
	}
	s.holds(t, w, work)
	w.nothingIsLost(t, work)
	w.clear(t)
	if out := plain(t, w.repo, "fsck", "--no-dangling"); out != "" {
		t.Errorf("step %d: fsck: %s", n, out)
	}
	return !done
}

// identify tells git who the user is.
func (w world) identify(t *testing.T) {
	t.Helper()
	plain(t, w.repo, "config", "user.name", "U Ser")
	plain(t, w.repo, "config", "user.email", "u@example.com")
}

// work commits, stages and changes something in a jail, and returns the commit.
func (w world) work(t *testing.T, name string) string {
	t.Helper()
	r, err := w.Find(name)
	if err != nil {
		t.Fatal(err)
	}
	plain(t, r.Worktree, "checkout", "-q", ".")
	plain(t, w.repo, "commit", "-q", "--allow-empty", "-m", "main goes on") // so that a merge makes a commit
	put(t, filepath.Join(r.Worktree, name), name+"\n")
	work := commit(t, r.Worktree, "work of "+name)
	put(t, filepath.Join(r.Worktree, "staged"), "staged\n")
	plain(t, r.Worktree, "add", "staged")
	put(t, filepath.Join(r.Worktree, "precious"), "precious\n")
	return work
}

// nothingIsLost: the user's uncommitted file is as it was, the jail's commit has a ref, and its uncommitted file is in
// the work tree or in a complete archive.
func (w world) nothingIsLost(t *testing.T, work string) {
	t.Helper()
	if text, err := os.ReadFile(filepath.Join(w.repo, "mine.txt")); err != nil || string(text) != "edited\n" {
		t.Fatalf("the user's file has %q, %v", text, err)
	}
	if work == "" {
		return
	}
	if !strings.Contains(plain(t, w.repo, "rev-list", "--all"), work) {
		t.Fatal("the commit has no ref any more")
	}
	text, _ := os.ReadFile(filepath.Join(w.Root, victim, "precious"))
	list, _, err := w.Archives()
	archived := false
	for _, a := range list {
		archived = archived || a.Jail.Name == victim && w.holds(t, a, "precious")
	}
	if err != nil || string(text) != "precious\n" && !archived {
		t.Fatalf("the jail's file has %q, archived %v, %v", text, archived, err)
	}
}

// holds unpacks an archive and looks for a file in it.
func (w world) holds(t *testing.T, a Archive, file string) bool {
	t.Helper()
	to := t.TempDir()
	cmd := exec.Command("tar", "xzf", filepath.Join(w.archives(), a.ID, archiveFiles), "-C", to)
	return cmd.Run() == nil && exists(filepath.Join(to, file))
}

// clear takes a round's jail and archive away, and checks that nothing else is left.
func (w world) clear(t *testing.T) {
	t.Helper()
	if _, err := w.Destroy(t.Context(), victim, Discarded); err != nil && !errors.Is(err, ErrNoSuchJail) {
		t.Fatal(err)
	}
	list, _, err := w.Archives()
	if err != nil {
		t.Fatal(err)
	}
	for _, a := range list {
		if err := w.Drop(t.Context(), a); err != nil {
			t.Fatal(err)
		}
	}
	plain(t, w.repo, "reset", "-q", "--hard", "HEAD")
	if out := plain(t, w.repo, "status", "--porcelain"); out != "" {
		t.Errorf("left in the checkout: %s", out)
	}
	for i, tree := range w.Pooled() {
		if err := w.Unpool(tree); err != nil || i > 0 {
			t.Errorf("%d recycled trees, %v", i+1, err)
		}
	}
	for _, dir := range []string{w.Root, w.archives()} {
		entries, err := os.ReadDir(dir)
		if err != nil && !os.IsNotExist(err) || len(entries) > 0 {
			t.Errorf("left in %s: %v, %v", dir, entries, err)
		}
	}
	if lines := strings.Count(plain(t, w.repo, "worktree", "list"), "\n"); lines > 0 {
		t.Error("git has a work tree left")
	}
}
