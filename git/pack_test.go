package git

import (
	"archive/tar"
	"bytes"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
)

func TestPack(t *testing.T) {
	top, to := t.TempDir(), t.TempDir()
	outside := filepath.Join(t.TempDir(), "secret")
	put(t, outside, "secret\n")
	put(t, filepath.Join(top, "dir", "file"), "file\n")
	put(t, filepath.Join(top, "nest", ".git", "HEAD"), "ref\n")
	put(t, filepath.Join(top, "suid"), "s\n")
	put(t, filepath.Join(top, "closed"), "c\n")
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	must(os.Chmod(filepath.Join(top, "suid"), 0o755|os.ModeSetuid))
	must(os.Chmod(filepath.Join(top, "closed"), 0))
	must(os.Symlink(outside, filepath.Join(top, "link")))
	must(syscall.Mkfifo(filepath.Join(top, "nest", "fifo"), 0o600))
	var packed bytes.Buffer
	skipped, err := Pack(soon(t), top, []string{"dir/file", "nest/", "suid", "closed", "link", "vanished"}, &packed)
	if err != nil || !slices.Equal(skipped, []Skipped{{"nest/fifo", "FIFO"}, {"vanished", "it has vanished"}}) {
		t.Fatalf("got %v, %v", skipped, err)
	}
	if strings.Contains(packed.String(), "secret\n") {
		t.Error("a link was followed")
	}
	// Over what is there: a link in place of the file, which is not written through.
	must(os.Symlink(outside, filepath.Join(to, "suid")))
	if err := Unpack(soon(t), &packed, to); err != nil {
		t.Fatal(err)
	}
	for name, mode := range map[string]os.FileMode{"dir/file": 0o644, "nest/.git/HEAD": 0o644, "suid": 0o755, "closed": 0} {
		info, err := os.Lstat(filepath.Join(to, name))
		if err != nil || info.Mode() != mode {
			t.Errorf("%s: got %v, %v", name, info, err)
		}
	}
	if target, err := os.Readlink(filepath.Join(to, "link")); err != nil || target != outside {
		t.Errorf("got %q, %v", target, err)
	}
	if text, _ := os.ReadFile(outside); string(text) != "secret\n" {
		t.Errorf("written outside: %q", text)
	}
	// A folder on the way is a link.
	must(os.RemoveAll(filepath.Join(top, "dir")))
	must(os.Symlink(filepath.Dir(outside), filepath.Join(top, "dir")))
	packed.Reset()
	if _, err := Pack(soon(t), top, []string{"dir/secret"}, &packed); err == nil || strings.Contains(packed.String(), "secret\n") {
		t.Errorf("a link was followed: %v", err)
	}
}

// TestPackedCanBeUnpacked holds that no name that a jail chooses makes an archive one that cannot be unpacked.
func TestPackedCanBeUnpacked(t *testing.T) {
	top, to := clean(t), clean(t)
	names := []string{"plain", ".GIT/config", ".Git", "a/.GIT/config", "..a", "-", "new\nline", "\xff"}
	for _, name := range names {
		put(t, filepath.Join(top, name), "text")
	}
	var packed bytes.Buffer
	skipped, err := Pack(soon(t), top, names, &packed)
	if err != nil || len(skipped) != 2 {
		t.Fatalf("skipped %v, %v", skipped, err)
	}
	if err := Unpack(soon(t), &packed, to); err != nil {
		t.Fatal(err)
	}
	for _, name := range names {
		left := slices.ContainsFunc(skipped, func(s Skipped) bool { return s.Path == name })
		if exists(filepath.Join(to, name)) == left {
			t.Errorf("%q: skipped %v, unpacked %v", name, left, !left)
		}
	}
}

// TestPackOfDeepFolders holds that a jail's folders within folders, deeper than a path can say, end an archive soon: it would need
// every path of theirs in memory at once, and on the disk.
func TestPackOfDeepFolders(t *testing.T) {
	name := strings.Repeat("d", 200)
	for _, test := range []struct {
		depth int
		works bool
	}{{10, true}, {1000, false}} {
		top := filepath.Join(clean(t), "top")
		if err := os.Mkdir(top, 0o755); err != nil {
			t.Fatal(err)
		}
		at, err := os.OpenRoot(top)
		for range test.depth {
			if err == nil {
				err = at.Mkdir(name, 0o755)
			}
			if err != nil {
				t.Fatal(err)
			}
			above := at
			at, err = above.OpenRoot(name)
			above.Close()
		}
		if err == nil {
			err = at.Close()
		}
		if err != nil {
			t.Fatal(err)
		}
		var packed bytes.Buffer
		_, err = Pack(soon(t), top, []string{name + "/"}, &packed)
		if (err == nil) != test.works || packed.Len() > 1<<20 || err != nil && len(err.Error()) > 1000 {
			t.Errorf("%d folders: %d bytes, %.200v", test.depth, packed.Len(), err)
		}
	}
}

func TestUnpackStaysInside(t *testing.T) {
	type member struct {
		name, link string
		kind       byte
	}
	file := func(name string) member { return member{name, "", tar.TypeReg} }
	tests := map[string][]member{
		"up":             {file("../out")},
		"up below":       {file("a/../../out")},
		"absolute":       {file("/out")},
		"git":            {file(".git/config")},
		"git, other way": {file(".GIT")},
		"through a link": {{"l", "OUTSIDE", tar.TypeSymlink}, file("l/out")},
		"link up":        {{"l", "..", tar.TypeSymlink}, file("l/out")},
		"device":         {{"d", "", tar.TypeChar}},
		"hard link":      {{"h", "OUTSIDE/kept", tar.TypeLink}},
	}
	for name, members := range tests {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			put(t, filepath.Join(dir, "outside", "kept"), "kept")
			mkdir(t, filepath.Join(dir, "to", "inner"))
			var packed bytes.Buffer
			w := tar.NewWriter(&packed)
			for _, m := range members {
				link := strings.ReplaceAll(m.link, "OUTSIDE", filepath.Join(dir, "outside"))
				h := &tar.Header{Name: m.name, Linkname: link, Typeflag: m.kind, Mode: 0o644}
				if m.kind == tar.TypeReg {
					h.Size = 4
				}
				if err := w.WriteHeader(h); err != nil {
					t.Fatal(err)
				}
				if m.kind == tar.TypeReg {
					if _, err := w.Write([]byte("evil")); err != nil {
						t.Fatal(err)
					}
				}
			}
			if err := w.Close(); err != nil {
				t.Fatal(err)
			}
			if err := Unpack(soon(t), &packed, filepath.Join(dir, "to", "inner")); err == nil {
				t.Error("no error")
			}
			for _, path := range []string{"out", "to/out", "outside/out", "to/inner/.git", "to/inner/.GIT"} {
				if exists(filepath.Join(dir, path)) {
					t.Errorf("%s was written", path)
				}
			}
		})
	}
}

func TestLeaves(t *testing.T) {
	for _, test := range []struct {
		name, target string
		want         bool
	}{
		{"l", "a", false}, {"l", "./a/../b", false}, {"d/l", "../a", false}, {"d/e/l", "../../a", false},
		{"l", "..", true}, {"l", "../a", true}, {"d/l", "../../a", true}, {"l", "/a", true}, {"l", "a/../../b", true},
		{"l", ".git", true}, {"l", ".git/config", true}, {"d/l", "../.GIT/x", true}, {"d/l", ".github", false},
	} {
		if got := leaves(test.name, test.target); got != test.want {
			t.Errorf("%s -> %s: got %v", test.name, test.target, got)
		}
	}
}

// TestSnapshotConverts: what is not committed goes through the conversions that a commit of it would go through.
func TestSnapshotConverts(t *testing.T) {
	repo := project(t, filepath.Join(clean(t), "repo"))
	put(t, filepath.Join(repo.WorkTree, ".gitattributes"), "*.crlf text eol=crlf\n")
	put(t, filepath.Join(repo.WorkTree, "old.crlf"), "one\n")
	commit(t, repo.WorkTree, "attributes")
	tree := addedTree(t, repo)
	put(t, filepath.Join(tree.WorkTree, "old.crlf"), "one\r\ntwo\r\n")
	put(t, filepath.Join(tree.WorkTree, "new.crlf"), "new\r\n")
	put(t, filepath.Join(tree.WorkTree, "plain"), "kept\r\n")
	s, err := tree.Snapshot(soon(t))
	if err != nil || len(s.Refused) != 0 || len(s.Files) != 3 {
		t.Fatalf("got %+v, %v", s, err)
	}
	if f := s.Files[1]; f.Path != "old.crlf" || f.Added != 1 || f.Deleted != 0 {
		t.Errorf("got %+v", f)
	}
	for name, want := range map[string]string{"old.crlf": "one\ntwo", "new.crlf": "new", "plain": "kept\r"} {
		if got := plain(t, repo.WorkTree, "cat-file", "-p", s.Commit+":"+name); got != want {
			t.Errorf("%s: got %q, want %q", name, got, want)
		}
	}
}
