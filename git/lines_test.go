package git

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestLinesMatchGit compares the counts with those of plain git.
func TestLinesMatchGit(t *testing.T) {
	text := strings.Repeat("some line of text\n", 20)
	link := func(t *testing.T, target, path string) {
		os.Remove(path)
		if err := os.Symlink(target, path); err != nil {
			t.Fatal(err)
		}
	}
	tests := map[string]func(t *testing.T, w string){
		"nothing":  func(t *testing.T, w string) {},
		"modified": func(t *testing.T, w string) { put(t, w+"/a.txt", "one\n2\n3") },
		"staged":   func(t *testing.T, w string) { put(t, w+"/a.txt", "one\n2\n"); plain(t, w, "add", "-A") },
		"staged and changed": func(t *testing.T, w string) {
			put(t, w+"/a.txt", "2\n")
			plain(t, w, "add", "-A")
			put(t, w+"/a.txt", "one\n3\n")
		},
		"staged and undone": func(t *testing.T, w string) {
			put(t, w+"/a.txt", "2\n")
			plain(t, w, "add", "-A")
			put(t, w+"/a.txt", "one\ntwo\n")
		},
		"deleted":         func(t *testing.T, w string) { os.Remove(w + "/a.txt") },
		"deletion staged": func(t *testing.T, w string) { plain(t, w, "rm", "-q", "a.txt", "big.txt") },
		"added":           func(t *testing.T, w string) { put(t, w+"/new", "1\n2\n3"); plain(t, w, "add", "-A") },
		"added and changed": func(t *testing.T, w string) {
			put(t, w+"/new", "1\n")
			plain(t, w, "add", "-A")
			put(t, w+"/new", text)
		},
		"added and deleted":  func(t *testing.T, w string) { put(t, w+"/new", "1\n"); plain(t, w, "add", "-A"); os.Remove(w + "/new") },
		"intended":           func(t *testing.T, w string) { put(t, w+"/new", "1\n2\n"); plain(t, w, "add", "-N", "new") },
		"added empty":        func(t *testing.T, w string) { put(t, w+"/new", ""); plain(t, w, "add", "-A") },
		"added binary":       func(t *testing.T, w string) { put(t, w+"/new", "1\n\x00\n"); plain(t, w, "add", "-A") },
		"added link":         func(t *testing.T, w string) { link(t, "nowhere", w+"/new"); plain(t, w, "add", "-A") },
		"became a link":      func(t *testing.T, w string) { link(t, "nowhere", w+"/a.txt") },
		"became binary":      func(t *testing.T, w string) { put(t, w+"/a.txt", "\x00") },
		"became executable":  func(t *testing.T, w string) { os.Chmod(w+"/a.txt", 0o755) },
		"became a directory": func(t *testing.T, w string) { os.Remove(w + "/a.txt"); put(t, w+"/a.txt/b", "x\n") },
		"renamed":            func(t *testing.T, w string) { plain(t, w, "mv", "big.txt", "odd\n\tname") },
		"renamed and changed": func(t *testing.T, w string) {
			plain(t, w, "mv", "big.txt", "dir")
			put(t, w+"/dir", "first\n"+text)
		},
		"untracked": func(t *testing.T, w string) { put(t, w+"/new", text) },
		"line endings": func(t *testing.T, w string) {
			plain(t, w, "config", "core.autocrlf", "true")
			put(t, w+"/a.txt", "one\r\ntwo\r\nthree\r\n")
		},
		"attribute": func(t *testing.T, w string) { put(t, w+"/.gitattributes", "* -diff\n"); put(t, w+"/a.txt", "x\n") },
		"unborn submodule": func(t *testing.T, w string) {
			plain(t, w, "update-index", "--add", "--cacheinfo", "160000,"+id+",sub")
			put(t, w+"/a.txt", "x\n")
		},
	}
	for name, change := range tests {
		t.Run(name, func(t *testing.T) {
			repo := project(t, filepath.Join(beside(t), "repo"))
			put(t, filepath.Join(repo.WorkTree, "big.txt"), text)
			commit(t, repo.WorkTree, "second")
			tree := addedTree(t, repo)
			change(t, tree.WorkTree)
			out := plain(t, tree.WorkTree, "diff", "--numstat", "-z", "--find-renames", "--ignore-submodules=all", "HEAD")
			want, err := parseNumstat([]byte(out))
			if err != nil {
				t.Fatal(err)
			}
			s, err := tree.Status(t.Context())
			got := lineCounts{s.Insertions, s.Deletions}
			if err != nil || got != want || len(s.Incomplete) != 0 {
				t.Errorf("got %+v, %v, %q, want %+v", got, err, s.Incomplete, want)
			}
		})
	}
}
