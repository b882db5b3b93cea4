package main

import (
	"testing"
	"time"

	"jail/git"
	"jail/session"
	"jail/state"
)

// TestLastActivityKnowsTheRun holds that status is never behind list, which goes by the run alone.
func TestLastActivityKnowsTheRun(t *testing.T) {
	created := time.Date(2025, 1, 2, 3, 0, 0, 0, time.UTC)
	record := state.Record{Created: created}
	started, ended := created.Add(time.Hour), created.Add(2*time.Hour)
	for _, tt := range []struct {
		name   string
		run    *session.Status
		edited time.Time
		want   time.Time
	}{
		{name: "no run", want: created},
		{name: "started", run: &session.Status{Started: started}, want: started},
		{name: "ended", run: &session.Status{Started: started, Active: ended}, want: ended},
		{name: "edited since", run: &session.Status{Started: started, Active: ended}, edited: ended.Add(time.Hour), want: ended.Add(time.Hour)},
	} {
		if got := lastActivity(record, git.Status{Activity: tt.edited}, tt.run); !got.Equal(tt.want) {
			t.Errorf("%s: got %v, want %v", tt.name, got, tt.want)
		}
	}
}

// TestRenderTellsEqualViews holds that jail list --watch --json writes what has changed, and not the same again.
func TestRenderTellsEqualViews(t *testing.T) {
	document := func(says string) *view {
		return &view{document: struct{ Jails []listed }{[]listed{{Name: "a", Run: &session.Status{Says: says}}}}}
	}
	if a, b := render(document("x")), render(document("x")); a != b {
		t.Errorf("the same seen twice: %q, then %q", a, b)
	}
	if a, b := render(document("x")), render(document("y")); a == b {
		t.Errorf("a change is not told: %q", a)
	}
}
