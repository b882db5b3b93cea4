package workspace

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"jail/state"
)

func TestDestroyLeavesNothing(t *testing.T) {
	w := newWorld(t)
	before := w.snapshot(t)
	w.create(t, "x")
	notices, err := w.Destroy(t.Context(), "x", Safe)
	if err != nil || len(notices) != 0 {
		t.Errorf("got %q, %v", notices, err)
	}
	w.same(t, before)
}

func TestDestroyRefuses(t *testing.T) {
	tests := []struct {
		name    string
		spoil   func(t *testing.T, w world, r state.Record)
		reasons []string // what they contain, in order
		forced  string   // what the notice of a forced removal contains
	}{
		{"dirty", func(t *testing.T, w world, r state.Record) {
			put(t, filepath.Join(r.Worktree, "a.txt"), "changed\n")
			put(t, filepath.Join(r.Worktree, "dir", "new"), "")
		}, []string{"2 files are not committed"}, ""},
		{"ignored files do not count", func(t *testing.T, w world, r state.Record) {
			put(t, filepath.Join(r.Worktree, ".gitignore"), "*\n")
		}, nil, ""},
		{"commits", func(t *testing.T, w world, r state.Record) {
			commit(t, r.Worktree, "one")
			commit(t, r.Worktree, "two")
		}, []string{"2 commits are merged nowhere"}, "stays"},
		{"detached", func(t *testing.T, w world, r state.Record) {
			plain(t, r.Worktree, "checkout", "-q", "--detach")
			commit(t, r.Worktree, "one")
		}, []string{"1 commit is merged nowhere"}, ""},
		{"dirty and commits", func(t *testing.T, w world, r state.Record) {
			commit(t, r.Worktree, "one")
			put(t, filepath.Join(r.Worktree, "new"), "")
		}, []string{"1 file is not committed", "1 commit is merged nowhere"}, "stays"},
		{"changed .git file", func(t *testing.T, w world, r state.Record) {
			put(t, filepath.Join(r.Worktree, ".git"), "gitdir: /elsewhere\n")
		}, []string{"was changed from inside the jail"}, ""},
		{"repository gone", func(t *testing.T, w world, r state.Record) {
			os.RemoveAll(w.repo)
		}, []string{"may be the only copy"}, "was gone already"},
		{"not known to git", func(t *testing.T, w world, r state.Record) {
			os.RemoveAll(r.AdminDir)
		}, []string{"cannot be seen"}, ""},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			r := w.create(t, "x")
			test.spoil(t, w, r)
			_, err := w.Destroy(t.Context(), "x", Safe)
			var unsafe *NotSafeError
			if test.reasons == nil {
				if err != nil {
					t.Errorf("got %v", err)
				}
				return
			}
			if !errors.As(err, &unsafe) || len(unsafe.Reasons) != len(test.reasons) {
				t.Fatalf("got %v", err)
			}
			for i, want := range test.reasons {
				if !strings.Contains(unsafe.Reasons[i], want) {
					t.Errorf("got %q, want %q", unsafe.Reasons[i], want)
				}
			}
			if found, err := w.Find("x"); err != nil || found.Phase != state.Ready || !exists(r.Worktree) {
				t.Errorf("after the refusal: got %+v, %v", found, err)
			}
			notices, err := w.Destroy(t.Context(), "x", Forced)
			if err != nil || !strings.Contains(strings.Join(notices, "\n"), test.forced) {
				t.Errorf("forced: got %q, %v", notices, err)
			}
			if _, err := w.Find("x"); !errors.Is(err, ErrNoSuchJail) || exists(r.Worktree) || exists(r.AdminDir) {
				t.Errorf("forced: something is left, %v", err)
			}
		})
	}
}

// write commits a file of each name in a jail.
func write(t *testing.T, r state.Record, names ...string) {
	t.Helper()
	for _, name := range names {
		put(t, filepath.Join(r.Worktree, name), name+"\n")
		commit(t, r.Worktree, name)
	}
}

func TestBranchStaysUnlessMerged(t *testing.T) {
	tests := map[string]struct {
		prepare  func(t *testing.T, w world, r state.Record)
		stays    bool
		unmerged int
	}{
		"new": {func(*testing.T, world, state.Record) {}, false, 0},
		"merged": {func(t *testing.T, w world, r state.Record) {
			commit(t, r.Worktree, "one")
			plain(t, w.repo, "merge", "-q", "jail/x")
		}, false, 0},
		"tagged": {func(t *testing.T, w world, r state.Record) {
			commit(t, r.Worktree, "one")
			plain(t, w.repo, "tag", "v1", "jail/x")
		}, false, 0},
		"not merged": {func(t *testing.T, w world, r state.Record) { commit(t, r.Worktree, "one") }, true, 1},
		"squashed": {func(t *testing.T, w world, r state.Record) {
			write(t, r, "one", "two")
			commit(t, w.repo, "meanwhile")
			plain(t, w.repo, "merge", "-q", "--squash", "jail/x")
			commit(t, w.repo, "squashed")
			put(t, filepath.Join(w.repo, "later"), "later\n")
			commit(t, w.repo, "later")
		}, false, 0},
		"squashed, and more since": {func(t *testing.T, w world, r state.Record) {
			write(t, r, "one")
			plain(t, w.repo, "merge", "-q", "--squash", "jail/x")
			commit(t, w.repo, "squashed")
			write(t, r, "two")
		}, true, 1},
		"picked": {func(t *testing.T, w world, r state.Record) {
			write(t, r, "one", "two")
			commit(t, w.repo, "meanwhile")
			plain(t, w.repo, "cherry-pick", "jail/x~1", "jail/x")
			put(t, filepath.Join(w.repo, "one"), "changed since\n")
			commit(t, w.repo, "changed since")
		}, false, 0},
		"picked in part": {func(t *testing.T, w world, r state.Record) {
			write(t, r, "one", "two")
			plain(t, w.repo, "cherry-pick", "jail/x")
		}, true, 1},
		"reverted in the jail": {func(t *testing.T, w world, r state.Record) {
			write(t, r, "one")
			plain(t, r.Worktree, "revert", "--no-edit", "HEAD")
		}, true, 2},
		"base on no branch": {func(t *testing.T, w world, r state.Record) {
			plain(t, w.repo, "commit", "-q", "--amend", "-m", "other")
		}, true, 0},
		"checked out elsewhere": {func(t *testing.T, w world, r state.Record) {
			plain(t, r.Worktree, "checkout", "-q", "--detach")
			plain(t, w.repo, "worktree", "add", "-q", filepath.Join(w.dir, "elsewhere"), "jail/x")
		}, true, 0},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			r := w.create(t, "x")
			test.prepare(t, w, r)
			if n, err := w.Unmerged(t.Context(), r); err != nil || n != test.unmerged {
				t.Errorf("got %d commits not merged, %v, want %d", n, err, test.unmerged)
			}
			notices, err := w.Destroy(t.Context(), "x", Forced)
			if err != nil {
				t.Fatal(err)
			}
			stays := plain(t, w.repo, "for-each-ref", "refs/heads/jail") != ""
			if stays != test.stays || stays != strings.Contains(strings.Join(notices, " "), `branch "jail/x" stays`) {
				t.Errorf("got %v, want %v, notices %q", stays, test.stays, notices)
			}
		})
	}
}

func TestDestroyOfWhatIsGone(t *testing.T) {
	tests := map[string]struct {
		lose func(w world, r state.Record)
		says []string
	}{
		"work tree":            {func(w world, r state.Record) { os.RemoveAll(r.Worktree) }, []string{"work tree"}},
		"work tree and record": {func(w world, r state.Record) { os.RemoveAll(r.Worktree); os.RemoveAll(r.AdminDir) }, []string{"work tree"}},
		"both":                 {func(w world, r state.Record) { os.RemoveAll(r.Worktree); os.RemoveAll(w.repo) }, []string{"work tree", "repository"}},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			r := w.create(t, "x")
			test.lose(w, r)
			notices, err := w.Destroy(t.Context(), "x", Safe)
			if err != nil || len(notices) != len(test.says) {
				t.Fatalf("got %q, %v", notices, err)
			}
			for i, want := range test.says {
				if !strings.Contains(notices[i], want) || !strings.Contains(notices[i], "gone already") {
					t.Errorf("got %q, want %q", notices[i], want)
				}
			}
			if list, err := w.List(t.Context()); err != nil || len(list) != 0 {
				t.Errorf("got %+v, %v", list, err)
			}
		})
	}
}

// TestDestroyGuardsThePath: a record that was written by hand must not lead to the removal of another directory.
func TestDestroyGuardsThePath(t *testing.T) {
	w := newWorld(t)
	r := w.create(t, "repo") // so that the names agree
	other := filepath.Join(w.dir, "other")
	put(t, filepath.Join(other, "kept"), "")
	for _, path := range []string{other, w.repo, w.dir, "/"} {
		if err := w.change(r.ID, func(f *state.File, i int) { f.Jails[i].Worktree = path }); err != nil {
			t.Fatal(err)
		}
		if _, err := w.Destroy(t.Context(), "repo", Forced); err == nil {
			t.Errorf("%s: no error", path)
		}
		if !exists(filepath.Join(other, "kept")) || !exists(filepath.Join(w.repo, "a.txt")) {
			t.Fatalf("%s was removed", path)
		}
	}
}

// TestDestroyCutOff: what a cancelled removal has begun, the next command finishes.
func TestDestroyCutOff(t *testing.T) {
	w := newWorld(t)
	before := w.snapshot(t)
	w.create(t, "x")
	ctx, cancel := context.WithCancel(t.Context())
	r, err := w.Find("x")
	if err != nil {
		t.Fatal(err)
	}
	if r, err = w.claim(r.ID, func(state.Record) bool { return true }); err != nil {
		t.Fatal(err)
	}
	cancel()
	if _, err := w.finish(ctx, r); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
	if list, err := w.List(t.Context()); err != nil || len(list) != 0 {
		t.Errorf("got %+v, %v", list, err)
	}
	w.same(t, before)
}

// TestDestroyRunsNothing: the jail's files and the repository's configuration name programs; none is started.
func TestDestroyRunsNothing(t *testing.T) {
	w := newWorld(t)
	r := w.create(t, "x")
	sprung := filepath.Join(w.dir, "sprung")
	command := filepath.Join(w.dir, "command")
	put(t, command, "#!/bin/sh\ntouch '"+sprung+"'\n")
	if err := os.Chmod(command, 0o755); err != nil {
		t.Fatal(err)
	}
	put(t, filepath.Join(r.Worktree, ".gitattributes"), "*.txt filter=x\n")
	put(t, filepath.Join(r.Worktree, "a.txt"), "b\n")
	for _, key := range []string{"filter.x.clean", "core.fsmonitor"} {
		plain(t, w.repo, "config", key, command)
	}
	for _, hook := range []string{"post-checkout", "reference-transaction", "post-index-change"} {
		put(t, filepath.Join(w.repo, ".git", "hooks", hook), "#!/bin/sh\nexec '"+command+"'\n")
		os.Chmod(filepath.Join(w.repo, ".git", "hooks", hook), 0o755)
	}
	plain(t, r.Worktree, "status")
	if !exists(sprung) {
		t.Fatal("the traps do not work with plain git")
	}
	os.Remove(sprung)
	if _, err := w.Destroy(t.Context(), "x", Safe); err == nil {
		t.Error("no error")
	}
	if _, err := w.Destroy(t.Context(), "x", Forced); err != nil {
		t.Error(err)
	}
	w.create(t, "y")
	if exists(sprung) {
		t.Error("a trap was sprung")
	}
}

// TestDestroyInterrupted: before the archive is there everything is as it was, after it everything is done.
func TestDestroyInterrupted(t *testing.T) {
	for step, done := range map[string]bool{"destroy: claimed": false, "archive: begun": false, "archive: complete": true, "destroy: moved aside": true} {
		t.Run(step, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			r := w.create(t, "x")
			put(t, filepath.Join(r.Worktree, "work"), "work\n")
			ctx, cancel := context.WithCancel(t.Context())
			w.step = func(what string) {
				if what == step {
					cancel()
				}
			}
			notices, err := w.Destroy(ctx, "x", Forced)
			_, findErr := w.Find("x")
			if archives, _, _ := w.Archives(); done != (err == nil) || done == (findErr == nil) || done == exists(r.Worktree) || done != (len(archives) == 1) {
				t.Errorf("got %v, %v, %q", err, findErr, notices)
			}
			if done && !strings.Contains(strings.Join(notices, " "), "jail restore x") {
				t.Errorf("the archive is not named: %q", notices)
			}
		})
	}
}
