package state

import (
	"errors"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"syscall"
	"testing"
)

// TestFullDisk lets the write fail half way, by a limit on the size of files: as on a full disk, the first bytes are
// written and the rest is not.
func TestFullDisk(t *testing.T) {
	s := Open(t.TempDir())
	if err := s.Update(add("a")); err != nil {
		t.Fatal(err)
	}
	before := read(t, s.Path())
	if err := role(t, "full-disk", s.Dir).Run(); err != nil {
		t.Error(err)
	}
	if got := read(t, s.Path()); got != before {
		t.Errorf("the file was changed to %q", got)
	}
	entries, err := os.ReadDir(s.Dir)
	if err != nil || len(entries) != 2 {
		t.Errorf("a temporary file stayed: %v, %v", entries, err)
	}
	if err := s.Update(add("b")); err != nil {
		t.Errorf("with space again: %v", err)
	}
}

func fullDisk(dir string) int {
	signal.Ignore(syscall.SIGXFSZ)
	limit := syscall.Rlimit{Cur: 100, Max: 100}
	if err := syscall.Setrlimit(syscall.RLIMIT_FSIZE, &limit); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	if err := Open(dir).Update(add("b")); !errors.Is(err, syscall.EFBIG) {
		fmt.Fprintf(os.Stderr, "got %v, want EFBIG\n", err)
		return 1
	}
	return 0
}

func TestLeftoverOfACrashIsReplaced(t *testing.T) {
	s := Open(t.TempDir())
	victim := filepath.Join(t.TempDir(), "victim")
	write(t, victim, "kept")
	if err := os.Symlink(victim, s.Path()+".tmp"); err != nil {
		t.Fatal(err)
	}
	if err := s.Update(add("a")); err != nil {
		t.Fatal(err)
	}
	if got := read(t, victim); got != "kept" {
		t.Errorf("written through the link: %q", got)
	}
}
