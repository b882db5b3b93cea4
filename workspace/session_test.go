package workspace

import (
	"errors"
	"fmt"
	"os"
	"strings"
	"testing"

	"jail/state"
)

func TestSessions(t *testing.T) {
	w := newWorld(t)
	r := w.create(t, "x")
	dead := ended(t)
	if _, err := w.Begin("x", dead); err != nil {
		t.Fatal(err)
	}
	var ends []func() error
	for range 2 {
		end, err := w.Begin("x", self(t))
		if err != nil {
			t.Fatal(err)
		}
		ends = append(ends, end)
	}
	count := func(want int) {
		t.Helper()
		if r, err := w.Find("x"); err != nil || len(r.Sessions) != want {
			t.Errorf("got %+v, %v, want %d sessions", r.Sessions, err, want)
		}
	}
	count(2) // the dead one is gone
	for _, mode := range []Mode{Safe, Forced} {
		_, err := w.Destroy(t.Context(), "x", mode)
		var unsafe *NotSafeError
		if !errors.As(err, &unsafe) || !strings.Contains(err.Error(), fmt.Sprint(os.Getpid())) {
			t.Errorf("%q: got %v", mode, err)
		}
	}
	for i, end := range ends {
		if err := end(); err != nil {
			t.Error(err)
		}
		count(1 - i)
	}
	if err := ends[0](); err != nil {
		t.Error(err)
	}
	if _, err := w.Begin("x", dead); err != nil {
		t.Fatal(err)
	}
	if _, err := w.Destroy(t.Context(), "x", Safe); err != nil {
		t.Errorf("with a dead session: %v", err)
	}
	if err := ends[0](); err != nil {
		t.Errorf("end after destroy: %v", err)
	}
	if exists(r.Worktree) {
		t.Error("the work tree is still there")
	}
}

func TestBeginRefuses(t *testing.T) {
	w := newWorld(t)
	r := w.create(t, "x")
	if _, err := w.Begin("y", self(t)); !errors.Is(err, ErrNoSuchJail) {
		t.Errorf("got %v", err)
	}
	if err := os.Rename(r.Worktree, r.Worktree+"-away"); err != nil {
		t.Fatal(err)
	}
	if _, err := w.Begin("x", self(t)); !errors.Is(err, ErrWorktreeGone) || !strings.Contains(err.Error(), "jail destroy x") {
		t.Errorf("got %v", err)
	}
	if err := os.Rename(r.Worktree+"-away", r.Worktree); err != nil {
		t.Fatal(err)
	}
	if err := w.change(r.ID, func(f *state.File, i int) { f.Jails[i].Phase = state.Destroying }); err != nil {
		t.Fatal(err)
	}
	if _, err := w.Begin("x", self(t)); !errors.Is(err, ErrBusy) {
		t.Errorf("got %v", err)
	}
}
