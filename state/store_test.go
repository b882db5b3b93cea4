package state

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"testing"
)

func TestViewTouchesNothing(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "none")
	f, err := Open(dir).View()
	if err != nil || len(f.Jails) != 0 || f.SchemaVersion != SchemaVersion {
		t.Errorf("got %+v, %v", f, err)
	}
	if _, err := os.Lstat(dir); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("the directory was created: %v", err)
	}
}

func TestUpdateSortsAndIsPrivate(t *testing.T) {
	s := Open(filepath.Join(t.TempDir(), "a", "jail"))
	for _, name := range []string{"b", "c", "a"} {
		if err := s.Update(add(name)); err != nil {
			t.Fatal(err)
		}
	}
	f, err := s.View()
	if err != nil {
		t.Fatal(err)
	}
	got := []string{}
	for _, r := range f.Jails {
		got = append(got, r.Name)
	}
	if want := []string{"a", "b", "c"}; !slices.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
	modes := map[string]os.FileMode{s.Dir: 0o700 | os.ModeDir, s.Path(): 0o600, s.lockPath(): 0o600}
	for path, want := range modes {
		info, err := os.Stat(path)
		if err != nil || info.Mode() != want {
			t.Errorf("%s: got %v, %v, want %v", path, info.Mode(), err, want)
		}
	}
}

func TestUpdateWritesOnlyChanges(t *testing.T) {
	s := Open(t.TempDir())
	nothing := func(*File) error { return nil }
	if err := s.Update(nothing); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Lstat(s.Path()); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("an empty list was written: %v", err)
	}
	if err := s.Update(add("a")); err != nil {
		t.Fatal(err)
	}
	before, _ := os.Stat(s.Path())
	refused := errors.New("refused")
	err := s.Update(func(f *File) error { f.Jails = nil; return refused })
	if !errors.Is(err, refused) {
		t.Errorf("got %v", err)
	}
	if err := s.Update(nothing); err != nil {
		t.Fatal(err)
	}
	if err := s.Update(add("a")); err == nil {
		t.Error("a second jail of that name was written")
	}
	after, _ := os.Stat(s.Path())
	if !os.SameFile(before, after) {
		t.Error("the file was replaced without a change")
	}
}

func TestSymlinksAreNotFollowed(t *testing.T) {
	for _, name := range []string{"jails.json", "jails.lock"} {
		s := Open(t.TempDir())
		target := filepath.Join(t.TempDir(), "target")
		write(t, target, `{"schema_version":1,"jails":[]}`)
		if err := os.Symlink(target, filepath.Join(s.Dir, name)); err != nil {
			t.Fatal(err)
		}
		if err := s.Update(add("a")); err == nil {
			t.Errorf("%s: the link was followed", name)
		}
		if _, err := s.View(); err == nil {
			t.Errorf("%s: the link was followed by View", name)
		}
		if got := read(t, target); got != `{"schema_version":1,"jails":[]}` {
			t.Errorf("%s: the target was changed to %s", name, got)
		}
	}
}

// TestCompetingProcesses is the promise of the package: 50 processes at once, each of which creates a jail and creates
// and destroys another, lose no update.
func TestCompetingProcesses(t *testing.T) {
	s := Open(t.TempDir())
	const n = 50
	wait := make([]func() error, n)
	for i := range n {
		cmd := role(t, "compete", s.Dir, fmt.Sprint(i))
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		wait[i] = cmd.Wait
	}
	for i := range n {
		if err := wait[i](); err != nil {
			t.Errorf("process %d: %v", i, err)
		}
	}
	f, err := s.View()
	if err != nil {
		t.Fatal(err)
	}
	if len(f.Jails) != n {
		t.Errorf("got %d jails, want %d", len(f.Jails), n)
	}
	for i := range n {
		if f.Find(fmt.Sprintf("kept-%d", i)) < 0 || f.Find(fmt.Sprintf("gone-%d", i)) >= 0 {
			t.Errorf("the updates of process %d were lost", i)
		}
	}
}

func compete(dir, i string) int {
	s := Open(dir)
	remove := func(f *File) error {
		at := f.Find("gone-" + i)
		if at < 0 {
			return errors.New("the jail was lost")
		}
		f.Jails = slices.Delete(f.Jails, at, at+1)
		return nil
	}
	for _, change := range []func(*File) error{add("gone-" + i), add("kept-" + i), remove} {
		if err := s.Update(change); err != nil {
			fmt.Fprintln(os.Stderr, err)
			return 1
		}
	}
	return 0
}
