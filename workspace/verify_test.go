package workspace

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"

	"jail/state"
)

func TestVerify(t *testing.T) {
	tests := []struct {
		name    string
		change  func(t *testing.T, r *state.Record)
		is      error
		changed bool
	}{
		{"other content", func(t *testing.T, r *state.Record) {
			put(t, filepath.Join(r.Worktree, ".git"), "gitdir: /evil\n")
		}, nil, true},
		{"more content", func(t *testing.T, r *state.Record) {
			put(t, filepath.Join(r.Worktree, ".git"), "gitdir: "+r.AdminDir+"\n\n")
		}, nil, true},
		{"less content", func(t *testing.T, r *state.Record) {
			put(t, filepath.Join(r.Worktree, ".git"), "gitdir: "+r.AdminDir)
		}, nil, true},
		{"symlink", func(t *testing.T, r *state.Record) {
			os.Rename(filepath.Join(r.Worktree, ".git"), filepath.Join(r.Worktree, "x"))
			os.Symlink("x", filepath.Join(r.Worktree, ".git"))
		}, nil, true},
		{"directory", func(t *testing.T, r *state.Record) {
			os.Remove(filepath.Join(r.Worktree, ".git"))
			os.Mkdir(filepath.Join(r.Worktree, ".git"), 0o755)
		}, nil, true},
		{"FIFO", func(t *testing.T, r *state.Record) {
			os.Remove(filepath.Join(r.Worktree, ".git"))
			syscall.Mkfifo(filepath.Join(r.Worktree, ".git"), 0o644)
		}, nil, true},
		{"no file", func(t *testing.T, r *state.Record) { os.Remove(filepath.Join(r.Worktree, ".git")) }, nil, true},
		{"admin directory of another", func(t *testing.T, r *state.Record) {
			put(t, filepath.Join(r.AdminDir, "gitdir"), "/elsewhere/.git\n")
		}, nil, true},
		{"admin directory elsewhere", func(t *testing.T, r *state.Record) { r.AdminDir = r.Worktree + "/admin" }, nil, false},
		{"admin directory gone", func(t *testing.T, r *state.Record) { os.RemoveAll(r.AdminDir) }, ErrWorktreeGone, false},
		{"work tree gone", func(t *testing.T, r *state.Record) { os.RemoveAll(r.Worktree) }, ErrWorktreeGone, false},
		{"work tree is a link", func(t *testing.T, r *state.Record) {
			os.Rename(r.Worktree, r.Worktree+"-")
			os.Symlink(r.Worktree+"-", r.Worktree)
		}, ErrWorktreeGone, false},
		{"repository gone", func(t *testing.T, r *state.Record) { os.RemoveAll(r.CommonDir) }, ErrRepositoryGone, false},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			r := w.create(t, "x")
			if _, err := Tree(r); err != nil {
				t.Fatal(err)
			}
			test.change(t, &r)
			_, err := Tree(r)
			if err == nil || test.is != nil && !errors.Is(err, test.is) {
				t.Fatalf("got %v, want %v", err, test.is)
			}
			var changed *ChangedError
			if got := errors.As(err, &changed); got != test.changed {
				t.Errorf("got %v", err)
			}
			if test.changed && !strings.Contains(err.Error(), "to restore it") {
				t.Errorf("got %v", err)
			}
		})
	}
}

func TestFindNamesWhatThereIs(t *testing.T) {
	w := newWorld(t)
	want := []string{"backend", "frontend"}
	for _, name := range want {
		w.create(t, name)
	}
	for _, name := range []string{"frontent", "\x1b[31m", strings.Repeat("x", 9999)} {
		_, err := w.Find(name)
		var missing *NoSuchJailError
		if !errors.As(err, &missing) || !errors.Is(err, ErrNoSuchJail) || !slices.Equal(missing.Known, want) || strings.Contains(err.Error(), "\x1b") {
			t.Errorf("%q: got %v", name, err)
		}
	}
}
