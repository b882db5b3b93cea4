package git

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

// sides is a repository whose main and a jail's branch have commits of their own.
func sides(t *testing.T) (Repo, Worktree) {
	t.Helper()
	repo := project(t, filepath.Join(clean(t), "repo"))
	plain(t, repo.WorkTree, "config", "user.name", "U Ser")
	plain(t, repo.WorkTree, "config", "user.email", "u@example.com")
	tree := addedTree(t, repo)
	put(t, filepath.Join(repo.WorkTree, "main.txt"), "main\n")
	commit(t, repo.WorkTree, "main goes on")
	return repo, tree
}

func planned(t *testing.T, repo Repo, tree Worktree, style Style) (Merge, error) {
	t.Helper()
	tip, err := repo.BranchTip(t.Context(), tree.Branch)
	if err != nil {
		t.Fatal(err)
	}
	return repo.PlanMerge(soon(t), MergeRequest{Into: "main", Source: tree.Branch, Commit: tip, Style: style})
}

func TestMergeStyles(t *testing.T) {
	tests := []struct {
		style   Style
		parents int
		commits int // of main, afterwards
		subject string
	}{
		{Joined, 2, 5, "Merge branch 'jail/x' into main"},
		{Squash, 1, 3, "Squash of branch 'jail/x'"},
		{Rebase, 1, 4, "two"},
	}
	for _, test := range tests {
		t.Run(string(test.style), func(t *testing.T) {
			repo, tree := sides(t)
			put(t, filepath.Join(tree.WorkTree, "a.txt"), "one\n")
			commit(t, tree.WorkTree, "one")
			put(t, filepath.Join(tree.WorkTree, "new"), "new\n")
			commit(t, tree.WorkTree, "two")
			before := snapshot(t, repo.CommonDir)
			m, err := planned(t, repo, tree, test.style)
			if err != nil || len(m.Commits) != 2 || len(m.Files) != 2 {
				t.Fatalf("got %+v, %v", m, err)
			}
			sameSnapshot(t, repo.CommonDir, before)
			if err := repo.Move(t.Context(), "main", m.Old, m.Result, nil); err != nil {
				t.Fatal(err)
			}
			parents := strings.Fields(plain(t, repo.WorkTree, "log", "-1", "--format=%P"))
			count := len(strings.Fields(plain(t, repo.WorkTree, "rev-list", "HEAD")))
			subject := plain(t, repo.WorkTree, "log", "-1", "--format=%s")
			if len(parents) != test.parents || count != test.commits || subject != test.subject {
				t.Errorf("got %d parents, %d commits, %q", len(parents), count, subject)
			}
			who := plain(t, repo.WorkTree, "log", "-1", "--format=%an,%cn")
			want := "U Ser,U Ser"
			if test.style == Rebase {
				want = "A U Thor,U Ser" // the author stays
			}
			if who != want {
				t.Errorf("got %q, want %q", who, want)
			}
			// As git itself merges it.
			whole := plain(t, repo.WorkTree, "merge-tree", "--write-tree", m.Old, m.Commit)
			if got := plain(t, repo.WorkTree, "rev-parse", "HEAD^{tree}"); got != whole {
				t.Errorf("got tree %s, want %s", got, whole)
			}
			if out := plain(t, repo.WorkTree, "status", "--porcelain"); out != "" {
				t.Errorf("got %q", out)
			}
		})
	}
}

func TestMergeConflicts(t *testing.T) {
	for _, style := range []Style{Joined, Squash, Rebase, Uncommitted} {
		t.Run(string(style), func(t *testing.T) {
			repo, tree := sides(t)
			const odd = "odd\n\x1b[31m\u202ename"
			for _, dir := range []string{repo.WorkTree, tree.WorkTree} {
				put(t, filepath.Join(dir, odd), dir)
				commit(t, dir, "both")
			}
			m, err := planned(t, repo, tree, style)
			if err != nil || !slices.Equal(m.Conflicts, []string{odd}) || m.Result != "" {
				t.Errorf("got %+v, %v", m, err)
			}
			if style == Rebase && m.Stuck.Subject != "both" {
				t.Errorf("stuck at %+v", m.Stuck)
			}
		})
	}
}

// TestMergeDriver: a driver that the repository names is not run; a file that has one and that both sides changed is a
// conflict, as it cannot be told how it would merge.
func TestMergeDriver(t *testing.T) {
	repo, tree := sides(t)
	sprung := filepath.Join(filepath.Dir(repo.WorkTree), "sprung")
	plain(t, repo.WorkTree, "config", "merge.d.driver", "touch '"+sprung+"'; true")
	put(t, filepath.Join(repo.WorkTree, ".gitattributes"), "*.txt merge=d\n")
	put(t, filepath.Join(repo.WorkTree, "a.txt"), "zero\none\ntwo\n")
	commit(t, repo.WorkTree, "main")
	put(t, filepath.Join(tree.WorkTree, "a.txt"), "one\ntwo\nthree\n")
	tip := commit(t, tree.WorkTree, "jail")
	m, err := planned(t, repo, tree, Joined)
	if err != nil || !slices.Equal(m.Conflicts, []string{"a.txt"}) || exists(sprung) {
		t.Errorf("got %+v, %v, sprung %v", m, err, exists(sprung))
	}
	// Control: plain git runs it.
	_ = plainCommand(repo.WorkTree, "merge-tree", "--write-tree", "main", tip).Run()
	if !exists(sprung) {
		t.Error("the driver does not work with plain git")
	}
}

func TestMergeRefuses(t *testing.T) {
	t.Run("merge commits cannot be rebased", func(t *testing.T) {
		repo, tree := sides(t)
		commit(t, tree.WorkTree, "one")
		plain(t, tree.WorkTree, "merge", "-q", "-m", "join", "main")
		commit(t, repo.WorkTree, "later")
		if _, err := planned(t, repo, tree, Rebase); !errors.Is(err, ErrMergesInside) {
			t.Errorf("got %v", err)
		}
	})
	t.Run("not a fast-forward", func(t *testing.T) {
		repo, tree := sides(t)
		commit(t, tree.WorkTree, "one")
		if _, err := planned(t, repo, tree, FastForward); !errors.Is(err, ErrNotFastForward) {
			t.Errorf("got %v", err)
		}
	})
	t.Run("no identity", func(t *testing.T) {
		repo, tree := sides(t)
		commit(t, tree.WorkTree, "one")
		plain(t, repo.WorkTree, "config", "--unset", "user.email")
		if _, err := planned(t, repo, tree, Joined); !errors.Is(err, ErrNoIdentity) {
			t.Errorf("got %v", err)
		}
	})
	t.Run("an old git", func(t *testing.T) {
		repo, tree := sides(t)
		commit(t, tree.WorkTree, "one")
		bin := filepath.Join(filepath.Dir(repo.WorkTree), "bin")
		real, err := find()
		if err != nil {
			t.Fatal(err)
		}
		put(t, filepath.Join(bin, "git"), "#!/bin/sh\ncase \" $* \" in *' --write-tree '*) exit 129;; esac\nexec '"+real+"' \"$@\"\n")
		if err := os.Chmod(filepath.Join(bin, "git"), 0o755); err != nil {
			t.Fatal(err)
		}
		t.Setenv("PATH", bin+":"+os.Getenv("PATH"))
		if _, err := planned(t, repo, tree, Joined); !errors.Is(err, ErrNoMergeTree) {
			t.Errorf("got %v", err)
		}
	})
	t.Run("moved meanwhile", func(t *testing.T) {
		repo, tree := sides(t)
		commit(t, tree.WorkTree, "one")
		m, err := planned(t, repo, tree, Joined)
		if err != nil {
			t.Fatal(err)
		}
		tip := commit(t, repo.WorkTree, "meanwhile")
		if err := repo.Move(t.Context(), "main", m.Old, m.Result, nil); !errors.Is(err, ErrMoved) {
			t.Errorf("got %v", err)
		}
		// And where it is checked out nowhere.
		plain(t, repo.WorkTree, "checkout", "-q", "--detach")
		bare := Repo{CommonDir: repo.CommonDir, GitDir: repo.CommonDir}
		if err := bare.Move(t.Context(), "main", m.Old, m.Result, nil); !errors.Is(err, ErrMoved) {
			t.Errorf("got %v", err)
		}
		if got := plain(t, repo.WorkTree, "rev-parse", "main"); got != tip {
			t.Errorf("main is at %s", got)
		}
	})
}

// TestMoveBackPastTouchedFiles: a file whose times alone have changed does not stand in the way of an undo.
func TestMoveBackPastTouchedFiles(t *testing.T) {
	repo, tree := sides(t)
	put(t, filepath.Join(tree.WorkTree, "a.txt"), "changed\n")
	commit(t, tree.WorkTree, "one")
	m, err := planned(t, repo, tree, Joined)
	if err != nil {
		t.Fatal(err)
	}
	if err := repo.Move(t.Context(), "main", m.Old, m.Result, nil); err != nil {
		t.Fatal(err)
	}
	put(t, filepath.Join(repo.WorkTree, "b.txt"), "the user's\n")
	long := time.Now().Add(-time.Hour)
	if err := os.Chtimes(filepath.Join(repo.WorkTree, "a.txt"), long, long); err != nil {
		t.Fatal(err)
	}
	if err := repo.MoveBack(t.Context(), "main", m.Result, m.Old, nil); err != nil {
		t.Fatal(err)
	}
	if got := plain(t, repo.WorkTree, "status", "--porcelain"); got != " M b.txt" {
		t.Errorf("got %q", got)
	}
}

// TestStageLeavesNothing: where the merge cannot be staged there is no sign of it. With MERGE_HEAD alone the user's next commit
// would take the jail's work for merged, and have none of it.
func TestStageLeavesNothing(t *testing.T) {
	for _, test := range []struct {
		name   string
		hinder func(t *testing.T, repo Repo)
	}{
		{"the message cannot be written", func(t *testing.T, repo Repo) { put(t, filepath.Join(repo.GitDir, "MERGE_MSG", "x"), "") }},
		{"a file is in the way", func(t *testing.T, repo Repo) { put(t, filepath.Join(repo.WorkTree, "new"), "the user's\n") }},
		{"an ignored file is in the way", func(t *testing.T, repo Repo) {
			put(t, filepath.Join(repo.GitDir, "info", "exclude"), "new\n")
			put(t, filepath.Join(repo.WorkTree, "new"), "the user's\n")
		}},
	} {
		t.Run(test.name, func(t *testing.T) {
			repo, tree := sides(t)
			put(t, filepath.Join(tree.WorkTree, "new"), "new\n")
			commit(t, tree.WorkTree, "one")
			m, err := planned(t, repo, tree, Uncommitted)
			if err != nil {
				t.Fatal(err)
			}
			test.hinder(t, repo)
			before := snapshot(t, repo.CommonDir)
			if err := repo.Stage(t.Context(), m, nil); err == nil {
				t.Error("it was staged all the same")
			}
			sameSnapshot(t, repo.CommonDir, before)
			if text, err := os.ReadFile(filepath.Join(repo.WorkTree, "new")); err == nil && string(text) != "the user's\n" {
				t.Errorf("a file has %q", text)
			}
			if got := plain(t, repo.WorkTree, "diff", "--cached", "--name-only"); got != "" {
				t.Errorf("staged: %s", got)
			}
		})
	}
}

// TestStageMakesAMerge: the commit that concludes a staged merge has both sides as parents, also where the branch could have been
// moved forward to the jail's, and leaves no merge behind.
func TestStageMakesAMerge(t *testing.T) {
	repo, tree := sides(t)
	put(t, filepath.Join(tree.WorkTree, "new"), "new\n")
	theirs := commit(t, tree.WorkTree, "one")
	m, err := planned(t, repo, tree, Uncommitted)
	if err != nil {
		t.Fatal(err)
	}
	if err := repo.Stage(t.Context(), m, nil); err != nil {
		t.Fatal(err)
	}
	plain(t, repo.WorkTree, "commit", "-q", "--no-edit")
	if got, want := plain(t, repo.WorkTree, "log", "-1", "--format=%P"), m.Old+" "+theirs; got != want {
		t.Errorf("the parents are %q, want %q", got, want)
	}
	if got := plain(t, repo.WorkTree, "diff", "--name-only", "HEAD^"); got != "new" {
		t.Errorf("the commit changes %q", got)
	}
	for _, name := range []string{"MERGE_HEAD", "MERGE_MODE", "MERGE_MSG"} {
		if _, err := os.Lstat(filepath.Join(repo.GitDir, name)); err == nil {
			t.Errorf("%s is left", name)
		}
	}
}

// TestDropSymbolicRef: a symbolic ref is deleted itself, never the branch that it leads to.
func TestDropSymbolicRef(t *testing.T) {
	repo := project(t, filepath.Join(clean(t), "repo"))
	if err := repo.PointTo(t.Context(), "refs/jail/x/into", "main"); err != nil {
		t.Fatal(err)
	}
	if into, err := repo.PointsTo(t.Context(), "refs/jail/x/into"); err != nil || into != "main" {
		t.Errorf("got %q, %v", into, err)
	}
	if err := repo.SetRefs(t.Context(), "test", map[string]string{"refs/jail/x/into": ""}); err != nil {
		t.Fatal(err)
	}
	if got := plain(t, repo.WorkTree, "for-each-ref", "--format=%(refname)"); got != "refs/heads/main" {
		t.Errorf("got %q", got)
	}
}

func TestParseChanges(t *testing.T) {
	id := strings.Repeat("0", 40)
	out := ":000000 100755 " + id + " " + id + " A\x00a\tb\nc\x00:100644 000000 " + id + " " + id + " D\x00gone\x00" +
		"3\t0\ta\tb\nc\x00-\t-\tgone\x00"
	got, _, err := parseChanges([]byte(out))
	want := []FileChange{{"a\tb\nc", "000000", "100755", 3, 0, false}, {"gone", "100644", "000000", 0, 0, true}}
	if err != nil || !slices.Equal(got, want) {
		t.Errorf("got %+v, %v", got, err)
	}
}

func FuzzParseChanges(f *testing.F) {
	f.Add([]byte(":000000 100755 0 0 A\x00a\x003\t0\ta\x00"))
	f.Add([]byte(":\x00"))
	f.Fuzz(func(t *testing.T, out []byte) {
		files, _, err := parseChanges(out)
		if err != nil && files != nil {
			t.Error("both a result and an error")
		}
	})
}
