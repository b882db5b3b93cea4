package main

import (
	"os"
	"path/filepath"
	"testing"

	"jail/config"
	"jail/plan"
	"jail/state"
)

// TestHiddenFilesSettle holds that a run which finds too much to look through knows what the one before found in its place, and that
// what the user moves between two runs is forgotten.
func TestHiddenFilesSettle(t *testing.T) {
	dir, err := filepath.EvalSymlinks(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	secret, store := filepath.Join(dir, ".env"), state.Store{Dir: t.TempDir()}
	if err := os.WriteFile(secret, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	run := func() []plan.Remembered {
		t.Helper()
		before, err := recalled(store)
		if err != nil {
			t.Fatal(err)
		}
		found, err := plan.Scan(config.Config{}, plan.Probe("/"), plan.Project{Dir: dir, Cwd: dir, Remembered: before})
		if err != nil {
			t.Fatal(err)
		}
		r, err := remember(store, dir, found, before)
		if err != nil {
			t.Fatal(err)
		}
		r.end()
		after, err := recalled(store)
		if err != nil {
			t.Fatal(err)
		}
		return after
	}
	for range 2 {
		if after := run(); len(after) != 1 || !after[0].Settled || after[0].Path != secret {
			t.Fatalf("known of the run: %+v", after)
		}
	}
	if err := os.Rename(secret, filepath.Join(dir, "plain")); err != nil {
		t.Fatal(err)
	}
	if after := run(); len(after) != 0 {
		t.Errorf("known of what the user moved: %+v", after)
	}
}
