package git

import (
	"os"
	"path/filepath"
	"testing"
)

// TestStaging: the jail's own index says what is staged, and nothing else: a file that it calls unchanged is not hidden.
func TestStaging(t *testing.T) {
	dir := clean(t)
	repo := project(t, filepath.Join(dir, "repo"))
	put(t, filepath.Join(repo.WorkTree, "moved"), "some text to know it by\nand more\n")
	put(t, filepath.Join(repo.WorkTree, "liar"), "x\n")
	commit(t, repo.WorkTree, "second")
	tree := addedTree(t, repo)
	tree.Box, tree.Cache, tree.JailGit = openBox(), filepath.Join(dir, "cache"), filepath.Join(dir, "private")
	w := tree.WorkTree
	if s, err := tree.Status(soon(t)); err != nil || len(s.Incomplete) > 0 || len(s.Entries) > 0 {
		t.Fatalf("without an index of its own: %+v, %v", s, err)
	}
	// The jail's index is another file than that of the work tree.
	mkdir(t, tree.JailGit)
	own := filepath.Join(tree.JailGit, "index")
	text, err := os.ReadFile(filepath.Join(tree.GitDir, "index"))
	if err != nil {
		t.Fatal(err)
	}
	put(t, own, string(text))
	inside := func(args ...string) {
		t.Helper()
		cmd := plainCommand(w, args...)
		cmd.Env = append(cmd.Env, "GIT_INDEX_FILE="+own)
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Fatalf("%q: %v: %s", args, err, out)
		}
	}
	put(t, filepath.Join(w, "a.txt"), "staged\n")
	put(t, filepath.Join(w, "new"), "n\n")
	put(t, filepath.Join(w, "both"), "something else\n")
	put(t, filepath.Join(w, "liar"), "y\n")
	inside("add", "a.txt", "new", "both")
	inside("mv", "moved", "there")
	put(t, filepath.Join(w, "both"), "something else\nand more\n")
	inside("rm", "-q", "--cached", "b.txt")
	inside("update-index", "--assume-unchanged", "liar")
	for range 2 { // the second time from what is remembered
		s, err := tree.Status(soon(t))
		if err != nil || len(s.Incomplete) > 0 {
			t.Fatalf("%v, %q", err, s.Incomplete)
		}
		want := map[string]string{"a.txt": "M.", "new": "A.", "both": "AM", "liar": ".M", "there": "R.", "b.txt": "D."}
		for _, e := range s.Entries {
			if got := string([]byte{e.Index, e.Work}); want[e.Path] != got {
				t.Errorf("%s: got %q, want %q", e.Path, got, want[e.Path])
			}
			delete(want, e.Path)
		}
		if len(want) > 0 || s.Staged != 5 || s.Unstaged != 2 || s.Renamed != 1 || s.Untracked != 0 {
			t.Errorf("missing %q in %+v", want, s)
		}
		if s.Insertions != 5 || s.Deletions != 3 {
			t.Errorf("+%d -%d", s.Insertions, s.Deletions)
		}
	}
	put(t, own, "nonsense")
	if s, err := tree.Status(soon(t)); err != nil || len(s.Incomplete) != 1 || s.Unstaged != 3 {
		t.Errorf("of a broken index: %+v, %v", s, err)
	}
}
