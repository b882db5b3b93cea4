package workspace

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"jail/git"
)

// TestUndoAfterARefusedMerge: a merge that was refused takes nothing from the one before it, which can still be undone.
func TestUndoAfterARefusedMerge(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.identify(t)
	r := w.create(t, "x")
	plain(t, w.repo, "branch", "other")
	put(t, filepath.Join(r.Worktree, "a.txt"), "jail\n")
	commit(t, r.Worktree, "work")
	before := plain(t, w.repo, "rev-parse", "main")
	if err := perform(w.Manager, w.repo, "merge", "x"); err != nil {
		t.Fatal(err)
	}
	plain(t, w.repo, "checkout", "-q", "other")
	put(t, filepath.Join(w.repo, "a.txt"), "the user's\n")
	plan, err := w.PlanMerge(t.Context(), MergeRequest{Name: "x", Dir: w.repo, Into: "other"})
	if err != nil {
		t.Fatal(err)
	}
	var failed *git.InTheWayError
	if err := w.Merge(t.Context(), plan); !errors.As(err, &failed) {
		t.Fatalf("got %v", err)
	}
	u, err := w.Unmerge(t.Context(), "x", w.repo)
	if err != nil || u.Into != "main" || plain(t, w.repo, "rev-parse", "main") != before {
		t.Errorf("got %+v, %v", u, err)
	}
}

// TestDestroyForgetsAGoneTarget: what a merge noted goes with its jail, also where the branch that it went to is gone.
func TestDestroyForgetsAGoneTarget(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.identify(t)
	r := w.create(t, "x")
	put(t, filepath.Join(r.Worktree, "a.txt"), "jail\n")
	commit(t, r.Worktree, "work")
	plain(t, w.repo, "checkout", "-q", "-b", "feature")
	if err := perform(w.Manager, w.repo, "merge", "x"); err != nil {
		t.Fatal(err)
	}
	plain(t, w.repo, "checkout", "-q", "main")
	plain(t, w.repo, "merge", "-q", "feature")
	plain(t, w.repo, "branch", "-q", "-d", "feature")
	if _, err := w.Destroy(t.Context(), "x", Safe); err != nil {
		t.Fatal(err)
	}
	if out, err := exec.Command("git", "-C", w.repo, "symbolic-ref", jailRef("x", refInto)).CombinedOutput(); err == nil {
		t.Errorf("left: %s", out)
	}
}

// TestHalfAMerge: a merge was killed while git wrote files. The next one takes them for what they are.
func TestHalfAMerge(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	put(t, filepath.Join(w.repo, "gone"), "gone\n")
	put(t, filepath.Join(w.repo, "mine.txt"), "first\n")
	commit(t, w.repo, "more")
	w.identify(t)
	r := w.create(t, "x")
	put(t, filepath.Join(r.Worktree, "a.txt"), "jail\n")
	put(t, filepath.Join(r.Worktree, "dir", "new"), "new\n")
	os.Remove(filepath.Join(r.Worktree, "gone"))
	commit(t, r.Worktree, "work")
	put(t, filepath.Join(w.repo, "b.txt"), "b\n")
	old := commit(t, w.repo, "main goes on")

	plan, err := w.PlanMerge(t.Context(), MergeRequest{Name: "x", Dir: w.repo})
	if err != nil {
		t.Fatal(err)
	}
	if err := plan.Target.PointTo(t.Context(), jailRef("x", refAt), "main"); err != nil {
		t.Fatal(err)
	}
	refs := map[string]string{jailRef("x", refFrom): old, jailRef("x", refTo): plan.Result}
	if err := plan.Target.SetRefs(t.Context(), "test", refs); err != nil {
		t.Fatal(err)
	}
	put(t, filepath.Join(w.repo, "a.txt"), "jail\n")
	put(t, filepath.Join(w.repo, "dir", "new"), "new\n")
	os.Remove(filepath.Join(w.repo, "gone"))
	put(t, filepath.Join(w.repo, "mine.txt"), "edited\n")

	// Control: git itself refuses what it finds.
	if err := plan.Target.Move(t.Context(), "main", old, plan.Result, nil); err == nil {
		t.Fatal("the half merge stands in nobody's way")
	}
	if err := perform(w.Manager, w.repo, "merge", "x"); err != nil {
		t.Fatal(err)
	}
	if got := plain(t, w.repo, "status", "--porcelain"); got != " M mine.txt" {
		t.Errorf("got %q", got)
	}
	if text, _ := os.ReadFile(filepath.Join(w.repo, "mine.txt")); string(text) != "edited\n" {
		t.Errorf("the user's file has %q", text)
	}

	// What the user wrote into such a file is not taken for the merge's.
	if err := perform(w.Manager, w.repo, "undo", "x"); err != nil {
		t.Fatal(err)
	}
	if err := plan.Target.SetRefs(t.Context(), "test", refs); err != nil {
		t.Fatal(err)
	}
	put(t, filepath.Join(w.repo, "a.txt"), "the user's\n")
	var failed *git.InTheWayError
	if err := perform(w.Manager, w.repo, "merge", "x"); !errors.As(err, &failed) {
		t.Errorf("got %v", err)
	}
	if text, _ := os.ReadFile(filepath.Join(w.repo, "a.txt")); string(text) != "the user's\n" {
		t.Errorf("the user's file has %q", text)
	}
}
