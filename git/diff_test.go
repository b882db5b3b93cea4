package git

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

func diffOf(t *testing.T, tree Worktree) string {
	t.Helper()
	var out bytes.Buffer
	if err := tree.Diff(soon(t), DiffRequest{From: tree.Base}, &out); err != nil {
		t.Fatal(err)
	}
	return out.String()
}

// TestDiffApplies: applied to the base, the diff gives what is in the work tree.
func TestDiffApplies(t *testing.T) {
	dir := clean(t)
	repo := project(t, filepath.Join(dir, "repo"))
	tree := addedTree(t, repo)
	w := tree.WorkTree
	put(t, filepath.Join(w, "committed.txt"), "c\n")
	commit(t, w, "in the jail")
	put(t, filepath.Join(w, "a.txt"), "one\n")
	os.Remove(filepath.Join(w, "b.txt"))
	names := map[string]string{
		"u.txt": "one line\n", "two": "1\n2\n", "open end": "1\n2", "tab\tnew\nline \"q\" \\ \x1b ü": "x\n", "dir/sub/empty": "", "crlf": "a\r\n",
	}
	for name, text := range names {
		put(t, filepath.Join(w, name), text)
	}
	script(t, filepath.Join(w, "run.sh"), "true")
	if err := os.Symlink("/nowhere", filepath.Join(w, "link")); err != nil {
		t.Fatal(err)
	}
	text := diffOf(t, tree)
	cmd := plainCommand(repo.WorkTree, "apply", "--whitespace=nowarn", "-")
	cmd.Stdin = strings.NewReader(text)
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v: %s\n%s", err, out, text)
	}
	plain(t, w, "add", "-A")
	plain(t, repo.WorkTree, "add", "-A")
	if got, want := plain(t, repo.WorkTree, "write-tree"), plain(t, w, "write-tree"); got != want {
		t.Errorf("got %s, want %s\n%s", got, want, text)
	}
}

func TestDiffOfWhatIsNoText(t *testing.T) {
	dir := clean(t)
	secret := filepath.Join(dir, "secret")
	put(t, filepath.Join(secret, "file"), "do not show")
	tree := addedTree(t, project(t, filepath.Join(dir, "repo")))
	w := tree.WorkTree
	if err := os.Symlink(filepath.Join(secret, "file"), filepath.Join(w, "link")); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink("/dev/zero", filepath.Join(w, "zero")); err != nil {
		t.Fatal(err)
	}
	put(t, filepath.Join(w, "large"), strings.Repeat("x", maxUntracked+1))
	put(t, filepath.Join(w, "limit"), strings.Repeat("y", maxUntracked))
	put(t, filepath.Join(w, "binary"), "a\x00b")
	put(t, filepath.Join(w, ".gitattributes"), "* -diff\n")
	put(t, filepath.Join(w, "a.txt"), "one\nhidden?\n")
	plain(t, w, "init", "-q", "nested")
	put(t, filepath.Join(w, "nested", "file"), "")
	got := diffOf(t, tree)
	for _, want := range []string{
		"+++ b/link\n@@ -0,0 +1 @@\n+" + secret + "/file\n\\ No newline at end of file\n",
		"+/dev/zero\n", "b/large\nnew file mode 100644\nlarger than 1024 KiB, not shown\n", strings.Repeat("y", maxUntracked),
		"Binary files /dev/null and b/binary differ\n", "+hidden?\n", "nested repository, not shown\n",
	} {
		if !strings.Contains(got, want) {
			t.Errorf("%.100q is missing", want)
		}
	}
	if strings.Contains(got, "do not show") {
		t.Error("a symlink was followed")
	}
}

// TestUntrackedSwapped: between git's list and our open, the jail may put anything in place of a file.
func TestUntrackedSwapped(t *testing.T) {
	dir := clean(t)
	put(t, filepath.Join(dir, "secret", "file"), "do not show")
	top := filepath.Join(dir, "top")
	mkdir(t, filepath.Join(top, "dir"))
	if err := syscall.Mkfifo(filepath.Join(top, "fifo"), 0o644); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink("../secret", filepath.Join(top, "sub")); err != nil {
		t.Fatal(err)
	}
	tests := []struct{ path, want string }{
		{"fifo", "FIFO, not shown"},
		{"dir", "directory, not shown"},
		{"gone", "cannot be read: no such file or directory"},
		{"sub/file", "cannot be read: "},
		{"../secret/file", "cannot be read: "},
		{filepath.Join(dir, "secret", "file"), "cannot be read: "},
	}
	for _, test := range tests {
		var out bytes.Buffer
		err := writeUntracked(soon(t), top, []string{test.path}, &out)
		if got := out.String(); err != nil || !strings.Contains(got, test.want) || strings.Contains(got, "do not show") {
			t.Errorf("%s: got %q, %v", test.path, got, err)
		}
	}
}

type full struct{}

var errFull = errors.New("no space")

func (full) Write([]byte) (int, error) { return 0, errFull }

func TestDiffWriterFails(t *testing.T) {
	tree := addedTree(t, project(t, filepath.Join(clean(t), "repo")))
	put(t, filepath.Join(tree.WorkTree, "a.txt"), "changed\n")
	if err := tree.Diff(soon(t), DiffRequest{From: tree.Base}, full{}); !errors.Is(err, errFull) {
		t.Errorf("got %v", err)
	}
}

func FuzzQuote(f *testing.F) {
	f.Add("a\t\"\\\x01ü")
	f.Fuzz(func(t *testing.T, name string) {
		if strings.ContainsAny(quote(name), "\n\x1b\x00") {
			t.Errorf("%q: got %q", name, quote(name))
		}
	})
}
