package workspace

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"jail/git"
	"jail/state"
)

// TestAdopt holds that a work tree of somebody else's becomes a jail as it is, once.
func TestAdopt(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	tree := filepath.Join(w.dir, "elsewhere", "old")
	plain(t, w.repo, "worktree", "add", "-q", "-b", "robojail/old-1", tree)
	put(t, filepath.Join(tree, "b.txt"), "b\n")
	commit(t, tree, "inside")
	put(t, filepath.Join(tree, "a.txt"), "changed\n")
	before := plain(t, tree, "status", "--porcelain")
	created := time.Date(2025, 11, 1, 10, 0, 0, 5, time.UTC)
	req := AdoptRequest{Name: "old", Repo: w.repo, Worktree: tree, Branch: "robojail/old-1", Created: created, Entrypoint: []string{"/bin/sh"}}
	r, err := w.Adopt(context.Background(), req)
	if err != nil {
		t.Fatal(err)
	}
	found, err := w.Find("old")
	if err != nil || found.Worktree != tree || found.Branch != req.Branch || found.Phase != state.Ready || !found.Created.Equal(created.Truncate(time.Second)) || found.BaseRef != "refs/heads/main" {
		t.Errorf("recorded as %+v, %v", found, err)
	}
	if want := strings.TrimSpace(plain(t, w.repo, "rev-parse", "main")); r.Base != want || strings.TrimSpace(plain(t, w.repo, "rev-parse", "refs/jail/old/base")) != want {
		t.Errorf("base %s, want %s, with a ref", r.Base, want)
	}
	if err := Verify(r); err != nil {
		t.Error(err)
	}
	if after := plain(t, tree, "status", "--porcelain"); after != before || !strings.Contains(after, "a.txt") {
		t.Errorf("status was %q and is %q", before, after)
	}
	if _, err := w.Adopt(context.Background(), req); !errors.Is(err, ErrAdopted) {
		t.Errorf("a second time: %v", err)
	}
}

// TestDestroyAdopted: nothing of a jail stays in the folder of somebody else's that its work tree lay in.
func TestDestroyAdopted(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.Trees = TreesRecycled
	folder := filepath.Join(w.dir, "elsewhere")
	plain(t, w.repo, "worktree", "add", "-q", "-b", "robojail/old", filepath.Join(folder, "old"))
	if _, err := w.Adopt(t.Context(), AdoptRequest{Name: "old", Repo: w.repo, Worktree: filepath.Join(folder, "old"), Branch: "robojail/old"}); err != nil {
		t.Fatal(err)
	}
	w.create(t, "x") // so that there is a Root
	if _, err := w.Destroy(t.Context(), "old", Safe); err != nil {
		t.Fatal(err)
	}
	if entries, err := os.ReadDir(folder); err != nil || len(entries) > 0 {
		t.Errorf("left: %v, %v", entries, err)
	}
	if len(w.Pooled()) != 1 {
		t.Error("the files were not kept for the next jail")
	}
	if w.create(t, "y"); len(w.Pooled()) != 0 {
		t.Error("the next jail was not made of them")
	}
}

// TestAdoptRefuses holds what is not taken over, and that the record stays as it is.
func TestAdoptRefuses(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	tree := func(name string) AdoptRequest {
		path := filepath.Join(w.dir, "elsewhere", name)
		plain(t, w.repo, "worktree", "add", "-q", "-b", "robojail/"+name, path)
		return AdoptRequest{Name: name, Repo: w.repo, Worktree: path, Branch: "robojail/" + name}
	}
	change := func(req AdoptRequest, change func(*AdoptRequest)) AdoptRequest {
		change(&req)
		return req
	}
	forged := tree("forged")
	put(t, filepath.Join(forged.Worktree, ".git"), "gitdir: /elsewhere\n")
	switched := tree("switched")
	plain(t, switched.Worktree, "switch", "-q", "--detach")
	forgotten := tree("forgotten")
	if err := os.RemoveAll(filepath.Join(w.repo, ".git", "worktrees", "forgotten")); err != nil {
		t.Fatal(err)
	}
	linked := tree("linked")
	if err := os.Symlink(linked.Worktree, filepath.Join(w.dir, "link")); err != nil {
		t.Fatal(err)
	}
	if _, _, err := w.Create(context.Background(), CreateRequest{Name: "there", RepoDir: w.repo}); err != nil {
		t.Fatal(err)
	}
	good := tree("good")
	var changed *ChangedError
	for _, c := range []struct {
		what string
		req  AdoptRequest
		is   func(error) bool
	}{
		{"a forged .git", forged, func(err error) bool { return errors.As(err, &changed) }},
		{"another branch", switched, says("not on its branch")},
		{"a branch that is none", change(good, func(r *AdoptRequest) { r.Branch = "robojail/none" }), says("not on its branch")},
		{"git has forgotten it", forgotten, says("has 0 records of it")},
		{"a link", change(linked, func(r *AdoptRequest) { r.Worktree = filepath.Join(w.dir, "link") }), is(ErrWorktreeGone)},
		{"the repository itself", change(good, func(r *AdoptRequest) { r.Name, r.Worktree, r.Branch = "repo", w.repo, "main" }), says("has 0 records of it")},
		{"it is gone", change(good, func(r *AdoptRequest) { r.Worktree += "x" }), is(ErrWorktreeGone)},
		{"no repository", change(good, func(r *AdoptRequest) { r.Repo = filepath.Join(w.dir, "none") }), is(ErrRepositoryGone)},
		{"no git there", change(good, func(r *AdoptRequest) { r.Repo = w.dir }), is(git.ErrNotRepository)},
		{"another name than the folder's", change(good, func(r *AdoptRequest) { r.Name = "other" }), says("not the work tree of a jail")},
		{"a name that is taken", change(good, func(r *AdoptRequest) { r.Name = "there" }), is(ErrExists)},
		{"no name", change(good, func(r *AdoptRequest) { r.Name = "../x" }), is(state.ErrName)},
		{"a relative entrypoint", change(good, func(r *AdoptRequest) { r.Entrypoint = []string{"sh"} }), says("not an absolute path")},
	} {
		if _, err := w.Adopt(context.Background(), c.req); err == nil || !c.is(err) {
			t.Errorf("%s: %v", c.what, err)
		}
	}
	if f, err := w.Store.View(); err != nil || len(f.Jails) != 1 {
		t.Errorf("recorded: %+v, %v", f.Jails, err)
	}
	if refs := plain(t, w.repo, "for-each-ref", "--format=%(refname)", "refs/jail"); refs != "refs/jail/there/base" {
		t.Errorf("refs left: %s", refs)
	}
	if _, err := w.Adopt(context.Background(), good); err != nil {
		t.Errorf("the control is not taken over: %v", err)
	}
}

func says(part string) func(error) bool {
	return func(err error) bool { return strings.Contains(err.Error(), part) }
}

func is(target error) func(error) bool { return func(err error) bool { return errors.Is(err, target) } }
