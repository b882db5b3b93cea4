package git

import (
	"errors"
	"path/filepath"
	"slices"
	"testing"
	"time"
)

func TestLog(t *testing.T) {
	repo := project(t, filepath.Join(clean(t), "repo"))
	tree := addedTree(t, repo)
	if got, err := repo.Log(t.Context(), tree.Base, "jail/x"); err != nil || len(got) != 0 {
		t.Errorf("got %+v, %v", got, err)
	}
	one := commit(t, tree.WorkTree, "one\nsame paragraph\n\nbody")
	two := commit(t, tree.WorkTree, "two \x1b[31m \u202e ü")
	got, err := repo.Log(t.Context(), tree.Base, "jail/x")
	at := time.Unix(1700000000, 0).UTC()
	want := []Commit{
		{ID: two, Subject: "two \x1b[31m \u202e ü", Author: "A U Thor", Time: at, Email: "a@example.com"},
		{ID: one, Subject: "one same paragraph", Author: "A U Thor", Time: at, Email: "a@example.com", Body: "body"},
	}
	if err != nil || !slices.Equal(got, want) {
		t.Errorf("got %+v, %v, want %+v", got, err, want)
	}
	if _, err := repo.Log(t.Context(), tree.Base, "none"); !errors.Is(err, ErrNoBranch) {
		t.Errorf("got %v", err)
	}
	if _, err := repo.Log(t.Context(), "--all", "jail/x"); err == nil {
		t.Error("an option was taken for a commit")
	}
}

func TestUnmerged(t *testing.T) {
	repo := project(t, filepath.Join(clean(t), "repo"))
	tree := addedTree(t, repo)
	count := func(want int, what string, req UnmergedRequest) {
		t.Helper()
		if got, err := repo.Unmerged(t.Context(), req); err != nil || got != want {
			t.Errorf("%s: got %d, %v, want %d", what, got, err, want)
		}
	}
	branch := UnmergedRequest{Branch: "jail/x"}
	count(0, "new", branch)
	commit(t, tree.WorkTree, "one")
	tip := commit(t, tree.WorkTree, "two")
	count(2, "two commits", branch)
	plain(t, repo.WorkTree, "update-ref", "refs/jail/x/head", tip)
	count(2, "the jail's own refs do not count", branch)
	plain(t, tree.WorkTree, "checkout", "-q", "--detach")
	loose := commit(t, tree.WorkTree, "three")
	count(3, "detached", UnmergedRequest{Branch: "jail/x", Heads: []string{loose}})
	plain(t, repo.WorkTree, "tag", "kept", tip)
	count(0, "tagged", branch)
	count(1, "detached, tagged before", UnmergedRequest{Branch: "jail/x", Heads: []string{loose}})
	count(0, "since", UnmergedRequest{Branch: "jail/x", Heads: []string{loose}, Since: loose})
	plain(t, repo.WorkTree, "tag", "-d", "kept")
	plain(t, repo.WorkTree, "merge", "-q", "jail/x")
	count(0, "merged", branch)
	count(0, "branch gone", UnmergedRequest{Branch: "none"})
	if _, err := repo.Unmerged(t.Context(), UnmergedRequest{Branch: "jail/x", Heads: []string{"--all"}}); err == nil {
		t.Error("an option was taken for a commit")
	}
}
