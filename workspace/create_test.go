package workspace

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"jail/git"
	"jail/state"
)

func TestCreate(t *testing.T) {
	w := newWorld(t)
	entry := []string{"/bin/sh", "-c", "x"}
	r, notices, err := w.Create(t.Context(), CreateRequest{Name: "x", RepoDir: w.repo, Entrypoint: entry})
	if err != nil || len(notices) != 1 || !strings.HasPrefix(notices[0], `it starts from "main", `) {
		t.Fatal(notices, err)
	}
	head := plain(t, w.repo, "rev-parse", "HEAD")
	if r.Name != "x" || r.Repo != w.repo || r.Branch != "jail/x" || r.Base != head || r.BaseRef != "refs/heads/main" ||
		r.Phase != state.Ready || len(r.Sessions) != 0 || len(r.ID) != 32 || !slices.Equal(r.Entrypoint, entry) ||
		r.Worktree != filepath.Join(w.Root, "x") || r.AdminDir != filepath.Join(w.repo, ".git", "worktrees", "x") {
		t.Errorf("got %+v", r)
	}
	if found, err := w.Find("x"); err != nil || found.ID != r.ID || !found.Created.Equal(r.Created) {
		t.Errorf("got %+v, %v", found, err)
	}
	if err := Verify(r); err != nil {
		t.Error(err)
	}
	if got := plain(t, r.Worktree, "symbolic-ref", "HEAD"); got != "refs/heads/jail/x" {
		t.Errorf("got %s", got)
	}
	if list, err := w.List(t.Context()); err != nil || len(list) != 1 {
		t.Errorf("got %+v, %v", list, err)
	}
}

func TestCreateFrom(t *testing.T) {
	tests := map[string]func(t *testing.T, w world) string{
		"subdirectory": func(t *testing.T, w world) string {
			mkdir(t, filepath.Join(w.repo, "sub", "sub"))
			return filepath.Join(w.repo, "sub", "sub")
		},
		"linked work tree": func(t *testing.T, w world) string {
			plain(t, w.repo, "worktree", "add", "-q", filepath.Join(w.dir, "linked"))
			return filepath.Join(w.dir, "linked")
		},
		"bare": func(t *testing.T, w world) string {
			plain(t, w.dir, "clone", "-q", "--bare", w.repo, "bare.git")
			return filepath.Join(w.dir, "bare.git")
		},
		"detached": func(t *testing.T, w world) string {
			plain(t, w.repo, "checkout", "-q", "--detach")
			return w.repo
		},
		"symlink": func(t *testing.T, w world) string {
			if err := os.Symlink(w.repo, filepath.Join(w.dir, "link")); err != nil {
				t.Fatal(err)
			}
			return filepath.Join(w.dir, "link")
		},
		"odd name": func(t *testing.T, w world) string {
			odd := filepath.Join(w.dir, "a b\n\x1b[31m\u202eü")
			plain(t, w.dir, "clone", "-q", w.repo, odd)
			return odd
		},
		"another jail": func(t *testing.T, w world) string { return w.create(t, "other").Worktree },
	}
	for name, from := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			dir := from(t, w)
			r, _, err := w.Create(t.Context(), CreateRequest{Name: "x", RepoDir: dir})
			if err != nil {
				t.Fatal(err)
			}
			if err := Verify(r); err != nil {
				t.Error(err)
			}
			if _, err := w.Destroy(t.Context(), "x", Safe); err != nil {
				t.Error(err)
			}
			if exists(r.Worktree) || exists(r.AdminDir) {
				t.Error("something is left")
			}
		})
	}
}

// TestCreateInsideAJail: a jail may put a repository of its own where the user calls the program.
func TestCreateInsideAJail(t *testing.T) {
	w := newWorld(t)
	r := w.create(t, "x")
	plain(t, r.Worktree, "init", "-q", "planted")
	commit(t, filepath.Join(r.Worktree, "planted"), "hostile")
	y, _, err := w.Create(t.Context(), CreateRequest{Name: "y", RepoDir: filepath.Join(r.Worktree, "planted")})
	if err != nil || y.CommonDir != r.CommonDir {
		t.Errorf("got %+v, %v", y, err)
	}
	put(t, filepath.Join(r.Worktree, ".git"), "gitdir: planted/.git\n")
	var changed *ChangedError
	if _, _, err := w.Create(t.Context(), CreateRequest{Name: "z", RepoDir: r.Worktree}); !errors.As(err, &changed) {
		t.Errorf("got %v", err)
	}
}

func TestCreateRefuses(t *testing.T) {
	w := newWorld(t)
	w.create(t, "taken")
	plain(t, w.repo, "branch", "there")
	mkdir(t, filepath.Join(w.dir, "empty"))
	mkdir(t, filepath.Join(w.Root, "folder"))
	unborn := filepath.Join(w.dir, "unborn")
	plain(t, w.dir, "init", "-q", unborn)
	before := w.snapshot(t)
	var unknown *git.UnknownRefError
	tests := []struct {
		name string
		req  CreateRequest
		is   error
		as   any
		says string
	}{
		{"name", CreateRequest{Name: "../x", RepoDir: w.repo}, state.ErrName, nil, ""},
		{"taken", CreateRequest{Name: "taken", RepoDir: w.repo}, ErrExists, nil, "taken"},
		{"no directory", CreateRequest{Name: "x", RepoDir: filepath.Join(w.dir, "none")}, os.ErrNotExist, nil, "none"},
		{"no repository", CreateRequest{Name: "x", RepoDir: filepath.Join(w.dir, "empty")}, git.ErrNotRepository, nil, "empty"},
		{"unborn", CreateRequest{Name: "x", RepoDir: unborn}, git.ErrUnborn, nil, "make a first one"},
		{"base", CreateRequest{Name: "x", RepoDir: w.repo, Base: "none"}, nil, &unknown, `"none"`},
		{"branch exists", CreateRequest{Name: "x", RepoDir: w.repo, Branch: "there"}, git.ErrBranchExists, nil, "there"},
		{"branch in the way", CreateRequest{Name: "x", RepoDir: w.repo, Branch: "there/x"}, git.ErrBranchExists, nil, "there"},
		{"branches in the way", CreateRequest{Name: "x", RepoDir: w.repo, Branch: "jail"}, git.ErrBranchExists, nil, "jail/taken"},
		{"branch name", CreateRequest{Name: "x", RepoDir: w.repo, Branch: "a..b"}, nil, nil, "a..b"},
		{"folder", CreateRequest{Name: "folder", RepoDir: w.repo}, nil, nil, "in the way"},
		{"entrypoint", CreateRequest{Name: "x", RepoDir: w.repo, Entrypoint: []string{"sh"}}, nil, nil, "absolute"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			_, _, err := w.Create(t.Context(), test.req)
			if err == nil || test.is != nil && !errors.Is(err, test.is) || test.as != nil && !errors.As(err, test.as) ||
				!strings.Contains(err.Error(), test.says) {
				t.Errorf("got %v, want %v", err, test.is)
			}
			w.same(t, before)
		})
	}
}

func TestCreateBranchSuffix(t *testing.T) {
	w := newWorld(t)
	plain(t, w.repo, "branch", "jail/x")
	plain(t, w.repo, "branch", "jail/x-2/sub")
	if got := w.create(t, "x").Branch; got != "jail/x-3" {
		t.Errorf("got %s", got)
	}
	if got := w.create(t, "x-3").Branch; got != "jail/x-3-2" {
		t.Errorf("got %s", got)
	}
	r, _, err := w.Create(t.Context(), CreateRequest{Name: "y", RepoDir: w.repo, Branch: "feature/y"})
	if err != nil || r.Branch != "feature/y" {
		t.Errorf("got %+v, %v", r, err)
	}
}

func TestCreateTellsWhatStaysBehind(t *testing.T) {
	w := newWorld(t)
	put(t, filepath.Join(w.repo, "a.txt"), "changed\n")
	put(t, filepath.Join(w.repo, "new"), "new\n")
	_, notices, err := w.Create(t.Context(), CreateRequest{Name: "x", RepoDir: w.repo})
	if err != nil || len(notices) != 2 || !strings.HasPrefix(notices[1], "2 uncommitted files stay behind in ") {
		t.Errorf("got %q, %v", notices, err)
	}
}

// TestCompetingCreates: of several processes that create a jail of one name, one wins; all of other names do.
func TestCompetingCreates(t *testing.T) {
	w := newWorld(t)
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	names := []string{"same", "same", "same", "other", "same-2"}
	var processes []*exec.Cmd
	for _, name := range names {
		cmd := exec.Command(self, "create", w.Store.Dir, w.Root, w.repo, name)
		cmd.Stderr = os.Stderr
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		processes = append(processes, cmd)
	}
	won := map[string]int{}
	for i, cmd := range processes {
		_ = cmd.Wait()
		switch code := cmd.ProcessState.ExitCode(); code {
		case 0:
			won[names[i]]++
		case 10:
		default:
			t.Errorf("%s: exit code %d", names[i], code)
		}
	}
	for _, name := range []string{"same", "other", "same-2"} {
		if won[name] != 1 {
			t.Errorf("%d processes created %q", won[name], name)
		}
		r, err := w.Find(name)
		if err != nil || r.Branch != "jail/"+name || Verify(r) != nil {
			t.Errorf("got %+v, %v", r, err)
		}
	}
}
