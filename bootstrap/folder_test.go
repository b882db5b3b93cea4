package bootstrap

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestFolder holds how a file is changed: its permissions stay, backups are numbered and private, and nothing is written over.
func TestFolder(t *testing.T) {
	root := t.TempDir()
	if _, err := OpenFolder(root, "a/b", MakeNothing); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("a missing folder: %v", err)
	}
	f, err := OpenFolder(root, "a/b", MakeFolders)
	if err != nil || strings.Join(f.Made, " ") != "a a/b" {
		t.Fatalf("made %q, %v", f.Made, err)
	}
	defer f.Close()
	if was, err := f.Read("x"); was != nil || err != nil {
		t.Errorf("a missing file: %v, %v", was, err)
	}
	if err := f.Write("x", []byte("one"), 0o640, nil); err != nil {
		t.Fatal(err)
	}
	was, err := f.Read("x")
	if err != nil || string(was.Data) != "one" || was.Mode != 0o640 {
		t.Errorf("got %+v, %v", was, err)
	}
	for _, want := range []string{"x.jail-1", "x.jail-2"} {
		name, err := f.Backup("x", was)
		info, statErr := os.Stat(filepath.Join(root, "a/b", want))
		if err != nil || name != want || statErr != nil || info.Mode().Perm() != 0o600 {
			t.Errorf("backup %q, %v; want %q, 0600: %v", name, err, want, statErr)
		}
	}
	for what, act := range map[string]func() error{
		"a file that is there already": func() error { return f.Write("x", []byte("two"), 0o600, nil) },
		"a file that is another now":   func() error { return f.Write("x", []byte("two"), 0o600, &Content{Data: []byte("none")}) },
		"removal of one":               func() error { return f.Remove("x", &Content{Data: []byte("none")}) },
	} {
		if err := act(); err == nil || !strings.Contains(err.Error(), "changed by somebody else") {
			t.Errorf("%s: %v", what, err)
		}
	}
	names, err := os.ReadDir(filepath.Join(root, "a/b"))
	if err != nil || len(names) != 3 {
		t.Errorf("left: %v, %v", names, err)
	}
	RemoveFolders(root, f.Made)
	if _, err := os.Stat(filepath.Join(root, "a/b/x")); err != nil {
		t.Errorf("a folder with files was removed: %v", err)
	}
}

// TestFolderRefuses holds that nothing is reached over a link, and only files are read.
func TestFolderRefuses(t *testing.T) {
	root, elsewhere := t.TempDir(), t.TempDir()
	link := func(to, at string) {
		if err := os.Symlink(to, filepath.Join(root, at)); err != nil {
			t.Fatal(err)
		}
	}
	link(elsewhere, "folder")
	link(filepath.Join(elsewhere, "x"), "file")
	for _, rel := range []string{"folder", "folder/deeper", "../x", "/x"} {
		if f, err := OpenFolder(root, rel, MakeFolders); err == nil {
			f.Close()
			t.Errorf("%s is opened", rel)
		}
	}
	if _, err := OpenFolder("x", ".", MakeNothing); err == nil {
		t.Error("a relative root is opened")
	}
	f, err := OpenFolder(root, ".", MakeNothing)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if _, err := f.Read("file"); err == nil || !strings.Contains(err.Error(), "symbolic link") {
		t.Errorf("a link is read: %v", err)
	}
	if err := os.Mkdir(filepath.Join(root, "dir"), 0o700); err != nil {
		t.Fatal(err)
	}
	if _, err := f.Read("dir"); err == nil {
		t.Error("a folder is read")
	}
	// The control: the very same without links.
	if g, err := OpenFolder(root, "dir/deeper", MakeFolders); err != nil {
		t.Error(err)
	} else {
		g.Close()
	}
	if left, err := os.ReadDir(elsewhere); err != nil || len(left) > 0 {
		t.Errorf("written elsewhere: %v, %v", left, err)
	}
}
