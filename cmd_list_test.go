package main

import (
	"os"
	"path/filepath"
	"testing"

	"jail/state"
	"jail/workspace"
)

// TestGone: a jail whose work tree or whose repository is not where it was is no jail in which merely nothing runs.
func TestGone(t *testing.T) {
	for _, test := range []struct{ missing, want string }{{"", stoppedStatus}, {"tree", "gone"}, {"repo", "gone"}} {
		dir := t.TempDir()
		r := state.Record{ID: "0", Name: "x", Phase: state.Ready, Worktree: filepath.Join(dir, "tree"), CommonDir: filepath.Join(dir, "repo", ".git")}
		for _, path := range []string{r.Worktree, r.CommonDir} {
			if err := os.MkdirAll(path, 0o700); err != nil {
				t.Fatal(err)
			}
		}
		if test.missing != "" {
			if err := os.Rename(filepath.Join(dir, test.missing), filepath.Join(dir, "moved")); err != nil {
				t.Fatal(err)
			}
		}
		jails := workspace.Manager{Store: state.Store{Dir: filepath.Join(dir, "state")}}
		if got := describe(jails, r).Status; got != test.want {
			t.Errorf("without %q: got %q, want %q", test.missing, got, test.want)
		}
	}
}

func TestNothingOf(t *testing.T) {
	if got := nothingOf(nil); got != "nothing was changed" {
		t.Errorf("got %q", got)
	}
	if got, want := nothingOf([]string{"srv c", "[x]"}), `nothing was changed at or below "srv c", "[x]"`; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}
