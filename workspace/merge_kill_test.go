package workspace

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"jail/git"
)

// scriptedGit makes a git that is a shell script, in which REAL stands for the true one with all arguments, and BIN for its folder,
// which is returned.
func (w world) scriptedGit(t *testing.T, script string) (bin string) {
	t.Helper()
	bin = w.putFalseGit(t, 0, "")
	real, err := os.Readlink(filepath.Join(bin, "git.real"))
	if err != nil {
		t.Fatal(err)
	}
	text := strings.NewReplacer("REAL", `"`+real+`" "$@"`, "BIN", bin).Replace(script)
	put(t, filepath.Join(bin, "git"), "#!/bin/sh\n"+text+"\nexec \""+real+"\" \"$@\"\n")
	return bin
}

// elsewhere does a verb in a process of its own, with a git of this folder, and reports whether it was killed.
func (w world) elsewhere(t *testing.T, bin, verb, name string) (killed bool) {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(self, "act", w.Store.Dir, w.Root, w.repo, verb, name, "0")
	cmd.Env = append(os.Environ(), "PATH="+bin+":"+systemPath())
	out, err := cmd.CombinedOutput()
	killed = err != nil && cmd.ProcessState.Sys().(syscall.WaitStatus).Signal() == syscall.SIGKILL
	if err != nil && !killed {
		t.Fatalf("%v: %s", err, out)
	}
	return killed
}

// mergeable is a world with a jail, whose work changes a file, makes one and removes one.
func mergeable(t *testing.T) world {
	t.Helper()
	w := newWorld(t)
	put(t, filepath.Join(w.repo, "gone"), "gone\n")
	put(t, filepath.Join(w.repo, "mine.txt"), "first\n")
	commit(t, w.repo, "more")
	w.identify(t)
	r := w.create(t, "x")
	put(t, filepath.Join(r.Worktree, "a.txt"), "the jail's\n")
	put(t, filepath.Join(r.Worktree, "dir", "new"), "new\n")
	if err := os.Remove(filepath.Join(r.Worktree, "gone")); err != nil {
		t.Fatal(err)
	}
	commit(t, r.Worktree, "work")
	put(t, filepath.Join(w.repo, "b.txt"), "b\n")
	commit(t, w.repo, "main goes on")
	put(t, filepath.Join(w.repo, "mine.txt"), "edited\n")
	return w
}

// TestMergesAtOnce: of two merges of a jail the second waits for the first, and does not take it for one that was cut off.
func TestMergesAtOnce(t *testing.T) {
	for style, slow := range map[git.Style]string{git.Joined: "--ff-only", git.Uncommitted: "read-tree -m"} {
		t.Run(string(style), func(t *testing.T) {
			w := mergeable(t)
			plan, err := w.PlanMerge(t.Context(), MergeRequest{Name: "x", Dir: w.repo, Style: style})
			if err != nil {
				t.Fatal(err)
			}
			bin := w.scriptedGit(t, `case "$*" in *"`+slow+`"*) echo > BIN/begun; sleep 0.5;; esac`)
			t.Setenv("PATH", bin+":"+systemPath())
			first := make(chan error, 1)
			go func() { first <- w.Merge(t.Context(), plan) }()
			for !exists(filepath.Join(bin, "begun")) && len(first) == 0 {
				time.Sleep(time.Millisecond)
			}
			second := w.Merge(t.Context(), plan)
			if len(first) == 0 {
				t.Error("the second did not wait")
			}
			if err := <-first; err != nil {
				t.Error(err)
			}
			if second == nil || style == git.Joined && !errors.Is(second, git.ErrMoved) {
				t.Errorf("the second: got %v", second)
			}
			want := " M mine.txt"
			if style == git.Uncommitted {
				want = "M  a.txt\nA  dir/new\nD  gone\n M mine.txt"
			}
			if got := plain(t, w.repo, "status", "--porcelain"); got != want {
				t.Errorf("got %q", got)
			}
			if got := exists(filepath.Join(w.repo, ".git", "MERGE_HEAD")); got != (style == git.Uncommitted) {
				t.Errorf("MERGE_HEAD: %v", got)
			}
		})
	}
}

// TestMergeGoesOnAfterUs: what writes the user's files comes to its end although its caller is killed, whatever it has to say, and
// the next command waits for it.
func TestMergeGoesOnAfterUs(t *testing.T) {
	during := `case "$*" in *WHEN*) kill -9 $PPID; sleep 0.3; echo warning >&2; REAL; exit;; esac`
	t.Run("merge", func(t *testing.T) {
		w := mergeable(t)
		if !w.elsewhere(t, w.scriptedGit(t, strings.Replace(during, "WHEN", "--ff-only", 1)), "merge", "x") {
			t.Fatal("no git merge")
		}
		plan, err := w.PlanMerge(t.Context(), MergeRequest{Name: "x", Dir: w.repo})
		if err != nil || !plan.UpToDate() {
			t.Errorf("got %+v, %v", plan, err)
		}
		if got := plain(t, w.repo, "status", "--porcelain"); got != " M mine.txt" {
			t.Errorf("got %q", got)
		}
	})
	t.Run("undo", func(t *testing.T) {
		w := mergeable(t)
		before := plain(t, w.repo, "rev-parse", "main")
		if err := perform(w.Manager, w.repo, "merge", "x"); err != nil {
			t.Fatal(err)
		}
		if !w.elsewhere(t, w.scriptedGit(t, strings.Replace(during, "WHEN", "--keep", 1)), "undo", "x") {
			t.Fatal("no git reset")
		}
		if _, err := w.Unmerge(t.Context(), "x", w.repo); err != nil {
			t.Error(err)
		}
		if got := plain(t, w.repo, "status", "--porcelain") + plain(t, w.repo, "rev-parse", "main"); got != " M mine.txt"+before {
			t.Errorf("got %q", got)
		}
	})
}
