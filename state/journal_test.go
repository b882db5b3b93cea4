package state

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

func TestJournal(t *testing.T) {
	s := Open(filepath.Join(t.TempDir(), "state[1]"))
	j := s.Journal("a")
	if runs, err := j.Runs(); err != nil || len(runs) != 0 {
		t.Fatal(runs, err)
	}
	first, second := Run{ID: "1", Command: "go test"}, Run{ID: "2", Command: "shell"}
	ended := time.Unix(5, 0).UTC()
	done := first
	done.Ended, done.Code, done.Denied = &ended, 3, []string{"a.example:443 (x2)"}
	for _, r := range []Run{first, second, done} {
		if err := j.Write(r); err != nil {
			t.Fatal(err)
		}
	}
	if f, err := os.OpenFile(j.path, os.O_WRONLY|os.O_APPEND, 0); err != nil {
		t.Fatal(err)
	} else {
		_, _ = f.WriteString(`{"id":"3","comm`) // of a full disk
		f.Close()
	}
	runs, err := j.Runs()
	if err != nil || len(runs) != 2 || runs[0].Code != 3 || !runs[0].Ended.Equal(ended) || runs[1].Ended != nil || !slices.Equal(runs[0].Denied, done.Denied) {
		t.Errorf("got %+v, %v", runs, err)
	}
	other := s.Journal("b")
	if err := other.Write(first); err != nil {
		t.Fatal(err)
	}
	if err := s.SweepJournals([]Record{{ID: "b"}}); err != nil {
		t.Fatal(err)
	}
	if runs, _ := j.Runs(); len(runs) != 0 {
		t.Error("the journal of a jail that is gone is still there")
	}
	if runs, _ := other.Runs(); len(runs) != 1 {
		t.Error("the journal of a jail that is there is gone")
	}
}

func TestJournalIsBounded(t *testing.T) {
	j := Open(t.TempDir()).Journal("a")
	r := Run{Command: strings.Repeat("x", 10<<10)}
	for range 250 {
		r.ID = NewID()
		if err := j.Write(r); err != nil {
			t.Fatal(err)
		}
	}
	info, err := os.Stat(j.path)
	if err != nil || info.Size() > maxJournal+20<<10 {
		t.Error(info.Size(), err)
	}
	if runs, err := j.Runs(); err != nil || len(runs) < 50 || runs[len(runs)-1].ID != r.ID {
		t.Error(len(runs), err)
	}
}

func TestCommandNameHoldsNoSecret(t *testing.T) {
	for _, test := range []struct {
		argv []string
		want string
	}{
		{nil, "shell"},
		{[]string{"/usr/bin/go", "test", "./..."}, "go test …"},
		{[]string{"npm", "run", "build"}, "npm run build"},
		{[]string{"a", "b", "c", "d", "e"}, "a b c d …"},
		{[]string{"curl", "-H", "Authorization: x"}, "curl …"},
		{[]string{"login", "hunter2"}, "login …"},
		{[]string{"login", "--token=abc"}, "login …"},
		{[]string{"login", "abcdefghijklm"}, "login …"},
	} {
		if got := CommandName(test.argv); got != test.want {
			t.Errorf("%q: got %q, want %q", test.argv, got, test.want)
		}
	}
}
