package state

import (
	"os"
	"testing"
)

// TestHiddenAfterAPowerFailure: a file that is there by its name only, as on file systems that write content later, stops no
// run.
func TestHiddenAfterAPowerFailure(t *testing.T) {
	s := Open(t.TempDir())
	run := HiddenRun{Session: Session{PID: 1}, Root: "/p", Files: []HiddenFile{{Path: "/p/.env", Inode: 7}}}
	add := func(runs []HiddenRun) []HiddenRun { return append(runs, run) }
	for _, text := range []string{"", "\x00\x00\x00"} {
		if err := s.UpdateHidden(add); err != nil {
			t.Fatal(err)
		}
		if runs, err := s.Hidden(); err != nil || len(runs) != 1 {
			t.Fatalf("got %v, %v", runs, err)
		}
		if err := os.WriteFile(s.hiddenPath(), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if runs, err := s.Hidden(); err != nil || len(runs) != 0 {
			t.Errorf("%q: got %v, %v", text, runs, err)
		}
	}
	if err := os.WriteFile(s.hiddenPath(), []byte("{"), 0o600); err != nil {
		t.Fatal(err)
	}
	if runs, err := s.Hidden(); err == nil {
		t.Errorf("half a file says %v", runs)
	}
}
