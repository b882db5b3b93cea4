package git

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestAddAndRemove(t *testing.T) {
	for _, name := range []string{"repo", "zeile\numbruch \x1b[31mä"} {
		repo := project(t, filepath.Join(clean(t), name))
		before := snapshot(t, repo.CommonDir)
		tree := addedTree(t, repo)
		if got, want := filepath.Dir(tree.GitDir), filepath.Join(repo.CommonDir, "worktrees"); got != want {
			t.Errorf("got %s, want %s", got, want)
		}
		if got := plain(t, tree.WorkTree, "status", "--porcelain=v2", "--branch"); !strings.Contains(got, "branch.head jail/x") {
			t.Errorf("got %s", got)
		}
		put(t, filepath.Join(tree.WorkTree, "new"), "dirty")
		if err := repo.RemoveWorktree(t.Context(), tree.WorkTree); err != nil {
			t.Fatal(err)
		}
		if err := repo.DeleteBranch(t.Context(), "jail/x", tree.Base); err != nil {
			t.Fatal(err)
		}
		if exists(tree.WorkTree) {
			t.Error("the work tree is still there")
		}
		sameSnapshot(t, repo.CommonDir, before)
		if err := repo.RemoveWorktree(t.Context(), tree.WorkTree); err != nil {
			t.Errorf("a second time: %v", err)
		}
	}
}

func TestAddRefuses(t *testing.T) {
	dir := clean(t)
	repo := project(t, filepath.Join(dir, "repo"))
	base := plain(t, repo.WorkTree, "rev-parse", "HEAD")
	plain(t, repo.WorkTree, "branch", "taken")
	before := snapshot(t, repo.CommonDir)
	full := filepath.Join(dir, "full")
	put(t, filepath.Join(full, "kept"), "")
	empty := filepath.Join(dir, "empty")
	mkdir(t, empty)
	tree := filepath.Join(dir, "tree")
	tests := []struct {
		name string
		req  AddRequest
		is   error
	}{
		{"full directory", AddRequest{Path: full, Branch: "jail/x", Base: base}, os.ErrExist},
		{"empty directory", AddRequest{Path: empty, Branch: "jail/x", Base: base}, os.ErrExist},
		{"no parent", AddRequest{Path: filepath.Join(dir, "no", "tree"), Branch: "jail/x", Base: base}, os.ErrNotExist},
		{"relative", AddRequest{Path: "tree", Branch: "jail/x", Base: base}, nil},
		{"branch exists", AddRequest{Path: tree, Branch: "taken", Base: base}, ErrBranchExists},
		{"branch in the way", AddRequest{Path: tree, Branch: "taken/x", Base: base}, nil},
		{"bad branch", AddRequest{Path: tree, Branch: "-x", Base: base}, nil},
		{"bad id", AddRequest{Path: tree, Branch: "jail/x", Base: "main"}, nil},
		{"no commit", AddRequest{Path: tree, Branch: "jail/x", Base: strings.Repeat("1", 40)}, nil},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			_, err := repo.AddWorktree(t.Context(), test.req)
			if err == nil || test.is != nil && !errors.Is(err, test.is) {
				t.Errorf("got %v, want %v", err, test.is)
			}
			sameSnapshot(t, repo.CommonDir, before)
			if exists(tree) || !exists(filepath.Join(full, "kept")) || !exists(empty) {
				t.Error("a directory was added or removed")
			}
		})
	}
}

func TestAddCancelled(t *testing.T) {
	dir := clean(t)
	repo := project(t, filepath.Join(dir, "repo"))
	base := plain(t, repo.WorkTree, "rev-parse", "HEAD")
	before := snapshot(t, repo.CommonDir)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err := repo.AddWorktree(ctx, AddRequest{Path: filepath.Join(dir, "tree"), Branch: "jail/x", Base: base})
	if !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
	sameSnapshot(t, repo.CommonDir, before)
}

// TestRemoveWhatGitCannot covers the work trees that "git worktree remove" gives up on.
func TestRemoveWhatGitCannot(t *testing.T) {
	tests := map[string]func(t *testing.T, tree Worktree){
		"folder gone": func(t *testing.T, tree Worktree) { os.RemoveAll(tree.WorkTree) },
		".git file changed": func(t *testing.T, tree Worktree) {
			put(t, filepath.Join(tree.WorkTree, ".git"), "gitdir: /elsewhere\n")
		},
		".git file gone": func(t *testing.T, tree Worktree) { os.Remove(filepath.Join(tree.WorkTree, ".git")) },
		"git was still adding": func(t *testing.T, tree Worktree) {
			put(t, filepath.Join(tree.GitDir, "locked"), "initializing")
		},
		"git had begun": func(t *testing.T, tree Worktree) {
			put(t, filepath.Join(tree.GitDir, "locked"), "initializing")
			os.Remove(filepath.Join(tree.GitDir, "gitdir"))
		},
		"unreadable directory": func(t *testing.T, tree Worktree) {
			deep := filepath.Join(tree.WorkTree, "a", "b")
			put(t, filepath.Join(deep, "c"), "")
			os.Chmod(deep, 0)
			os.Chmod(filepath.Dir(deep), 0)
		},
		"very deep": func(t *testing.T, tree Worktree) { deepTree(t, tree.WorkTree) },
	}
	for name, spoil := range tests {
		t.Run(name, func(t *testing.T) {
			repo := project(t, filepath.Join(clean(t), "repo"))
			outside := filepath.Join(filepath.Dir(repo.WorkTree), "outside")
			put(t, filepath.Join(outside, "kept"), "")
			os.Chmod(outside, 0o755)
			before := snapshot(t, repo.CommonDir)
			tree := addedTree(t, repo)
			if err := os.Symlink(outside, filepath.Join(tree.WorkTree, "link")); err != nil {
				t.Fatal(err)
			}
			spoil(t, tree)
			if err := repo.RemoveWorktree(t.Context(), tree.WorkTree); err != nil {
				t.Fatal(err)
			}
			if exists(tree.WorkTree) || !exists(filepath.Join(outside, "kept")) {
				t.Error("too little or too much was removed")
			}
			if err := repo.DeleteBranch(t.Context(), "jail/x", tree.Base); err != nil {
				t.Error(err)
			}
			sameSnapshot(t, repo.CommonDir, before)
		})
	}
}

// deepTree makes a path that is longer than the system takes in one call.
func deepTree(t *testing.T, dir string) {
	t.Helper()
	name := strings.Repeat("d", 200)
	root, err := os.OpenRoot(dir)
	if err != nil {
		t.Fatal(err)
	}
	for range 50 {
		if err := root.Mkdir(name, 0o755); err != nil {
			t.Fatal(err)
		}
		next, err := root.OpenRoot(name)
		if err != nil {
			t.Fatal(err)
		}
		root.Close()
		root = next
	}
	root.Close()
}

// TestOtherMissingTreesAreKept: a work tree of the user's on a drive that is not mounted must not be forgotten.
func TestOtherMissingTreesAreKept(t *testing.T) {
	dir := clean(t)
	repo := project(t, filepath.Join(dir, "repo"))
	users := filepath.Join(dir, "users")
	plain(t, repo.WorkTree, "worktree", "add", "-q", users)
	if err := os.Rename(users, users+"-away"); err != nil {
		t.Fatal(err)
	}
	tree := addedTree(t, repo)
	if err := repo.RemoveWorktree(t.Context(), tree.WorkTree); err != nil {
		t.Fatal(err)
	}
	if err := os.Rename(users+"-away", users); err != nil {
		t.Fatal(err)
	}
	plain(t, users, "status")
}

// TestUnusualRepositories: from each, a work tree can be made and looked at.
func TestUnusualRepositories(t *testing.T) {
	tests := map[string]func(t *testing.T, repo Repo) string{
		"bare": func(t *testing.T, repo Repo) string {
			bare := filepath.Join(filepath.Dir(repo.WorkTree), "bare.git")
			plain(t, repo.WorkTree, "clone", "-q", "--bare", ".", bare)
			return bare
		},
		"linked": func(t *testing.T, repo Repo) string {
			linked := filepath.Join(filepath.Dir(repo.WorkTree), "linked")
			plain(t, repo.WorkTree, "worktree", "add", "-q", linked)
			return linked
		},
		"detached": func(t *testing.T, repo Repo) string {
			plain(t, repo.WorkTree, "checkout", "-q", "--detach")
			return repo.WorkTree
		},
		"shallow": func(t *testing.T, repo Repo) string {
			commit(t, repo.WorkTree, "second")
			shallow := filepath.Join(filepath.Dir(repo.WorkTree), "shallow")
			plain(t, repo.WorkTree, "clone", "-q", "--depth=1", "file://"+repo.WorkTree, shallow)
			return shallow
		},
		"sha256": func(t *testing.T, repo Repo) string {
			dir := filepath.Join(filepath.Dir(repo.WorkTree), "sha256")
			mkdir(t, dir)
			plain(t, dir, "init", "-q", "--object-format=sha256")
			put(t, filepath.Join(dir, "a.txt"), "one\ntwo\n")
			commit(t, dir, "first")
			return dir
		},
		"worktree config": func(t *testing.T, repo Repo) string {
			plain(t, repo.WorkTree, "config", "extensions.worktreeConfig", "true")
			return repo.WorkTree
		},
		"split index": func(t *testing.T, repo Repo) string {
			plain(t, repo.WorkTree, "config", "core.splitIndex", "true")
			return repo.WorkTree
		},
	}
	for name, make := range tests {
		t.Run(name, func(t *testing.T) {
			dir := make(t, project(t, filepath.Join(clean(t), "repo")))
			repo, err := Discover(t.Context(), dir)
			if err != nil {
				t.Fatal(err)
			}
			tree := addedTree(t, repo)
			put(t, filepath.Join(tree.WorkTree, "a.txt"), "one\n")
			s, err := tree.Status(t.Context())
			if err != nil || s.Unstaged != 1 || s.Deletions != 1 || s.Branch != "jail/x" || len(s.Incomplete) != 0 {
				t.Errorf("got %+v, %v", s, err)
			}
			if err := repo.RemoveWorktree(t.Context(), tree.WorkTree); err != nil {
				t.Error(err)
			}
		})
	}
}

// TestReadmitWholeOrNot: a record of a work tree that could not be completed is none, and can be made the next time.
func TestReadmitWholeOrNot(t *testing.T) {
	repo := project(t, filepath.Join(clean(t), "repo"))
	tree := addedTree(t, repo)
	if err := os.RemoveAll(tree.GitDir); err != nil {
		t.Fatal(err)
	}
	root := plain(t, repo.WorkTree, "rev-parse", "jail/x^{tree}")
	object := filepath.Join(repo.CommonDir, "objects", root[:2], root[2:])
	if err := os.Rename(object, object+".away"); err != nil {
		t.Fatal(err)
	}
	if err := repo.Readmit(t.Context(), tree.GitDir, tree.WorkTree, "jail/x"); err == nil || exists(tree.GitDir) {
		t.Errorf("got %v; the record is there: %v", err, exists(tree.GitDir))
	}
	if err := os.Rename(object+".away", object); err != nil {
		t.Fatal(err)
	}
	if err := repo.Readmit(t.Context(), tree.GitDir, tree.WorkTree, "jail/x"); err != nil {
		t.Fatal(err)
	}
	if got := plain(t, tree.WorkTree, "status", "--porcelain"); got != "" {
		t.Errorf("got %s", got)
	}
}

// TestRemainsOfRecordsGo holds that what a removal that was cut off left of git's record goes with the next one of that path.
func TestRemainsOfRecordsGo(t *testing.T) {
	repo := project(t, filepath.Join(clean(t), "repo"))
	tree := addedTree(t, repo)
	for _, name := range []string{"gitdir", "HEAD"} {
		if err := os.Remove(filepath.Join(tree.GitDir, name)); err != nil {
			t.Fatal(err)
		}
	}
	if err := repo.RemoveWorktree(t.Context(), tree.WorkTree); err != nil {
		t.Fatal(err)
	}
	if exists(tree.GitDir) {
		t.Error("it is left")
	}
}
