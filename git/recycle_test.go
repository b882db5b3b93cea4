package git

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// spoiled is a work tree of a commit after a jail has done to it what it can, moved to where the pool would have it.
func spoiled(t *testing.T, repo Repo, commit string) string {
	t.Helper()
	dir := filepath.Join(filepath.Dir(repo.WorkTree), "spoiled")
	plain(t, repo.WorkTree, "worktree", "add", "-q", "--detach", dir, commit)
	at := func(name string) string { return filepath.Join(dir, name) }
	check := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	// The same size and times, other content.
	info, err := os.Stat(at("same"))
	check(err)
	check(os.WriteFile(at("same"), []byte("evil"), 0o644))
	check(os.Chtimes(at("same"), info.ModTime(), info.ModTime()))
	check(os.Chmod(at("mode"), 0o4777))
	check(os.Link(at("linked"), at("../second-name")))
	if err := unix.Setxattr(at("attribute"), "user.x", []byte("y"), 0); err != nil {
		t.Log(err) // not on every file system
	}
	for _, name := range []string{"fifo", "d/fifo"} {
		check(os.RemoveAll(at(name)))
		check(syscall.Mkfifo(at(name), 0o600))
	}
	check(syscall.Mkfifo(at(".gitignore"), 0o600))
	check(os.RemoveAll(at("away")))
	check(os.Symlink(filepath.Dir(repo.WorkTree), at("away")))
	check(os.Remove(at("file-or-folder")))
	put(t, at("file-or-folder/x"), "")
	put(t, at("untracked/deep/x"), "")
	put(t, at("shut/y"), "")
	put(t, at(".gitattributes"), "* text eol=crlf\n")
	check(os.Remove(at(".git")))
	plain(t, dir, "init", "-q", "-b", "x")
	put(t, at(".git/hooks/post-checkout"), "#!/bin/sh\ntouch "+at("../hook-ran"))
	check(os.Chmod(at(".git/hooks/post-checkout"), 0o755))
	check(os.Chmod(at("shut"), 0))
	old := time.Unix(1, 0)
	check(os.Chtimes(at("kept"), old, old))
	return dir
}

// A recycled work tree is like a fresh one, whatever a jail has done to it, and the files that nobody touched are the same ones.
func TestRecycled(t *testing.T) {
	dir := clean(t)
	repo := project(t, filepath.Join(dir, "repo"))
	for _, name := range []string{"same", "mode", "linked", "attribute", "fifo", "d/fifo", "away/f", "file-or-folder", "shut/x", "kept", "d/kept", "goes", "changes"} {
		put(t, filepath.Join(repo.WorkTree, name), "good")
	}
	put(t, filepath.Join(repo.WorkTree, "run"), "#!/bin/sh")
	if err := os.Chmod(filepath.Join(repo.WorkTree, "run"), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink("kept", filepath.Join(repo.WorkTree, "link")); err != nil {
		t.Fatal(err)
	}
	commit(t, repo.WorkTree, "first")
	first := plain(t, repo.WorkTree, "rev-parse", "HEAD")
	put(t, filepath.Join(repo.WorkTree, "changes"), "other")
	put(t, filepath.Join(repo.WorkTree, "new"), "new")
	if err := os.Remove(filepath.Join(repo.WorkTree, "goes")); err != nil {
		t.Fatal(err)
	}
	commit(t, repo.WorkTree, "second")
	base := plain(t, repo.WorkTree, "rev-parse", "HEAD")

	old := spoiled(t, repo, first)
	inode := func(path string) uint64 {
		info, err := os.Lstat(path)
		if err != nil {
			t.Fatal(err)
		}
		return info.Sys().(*syscall.Stat_t).Ino
	}
	kept := inode(filepath.Join(old, "kept"))
	if err := repo.Strip(t.Context(), old, first); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"untracked", "fifo", ".gitignore", ".gitattributes", "away", "file-or-folder", "linked"} {
		if exists(filepath.Join(old, name)) {
			t.Errorf("%s was left", name)
		}
	}
	path := filepath.Join(dir, "tree")
	tree, err := repo.AddWorktree(t.Context(), AddRequest{Path: path, Branch: "jail/x", Base: base, Recycled: old})
	if err != nil {
		t.Fatal(err)
	}
	fresh := filepath.Join(dir, "fresh")
	plain(t, repo.WorkTree, "worktree", "add", "-q", "--detach", fresh, base)
	if got, want := treeListing(t, tree.WorkTree), treeListing(t, fresh); !slices.Equal(got, want) {
		t.Errorf("got  %q\nwant %q", got, want)
	}
	if got := plain(t, path, "status", "--porcelain", "--ignored"); got != "" {
		t.Errorf("got %s", got)
	}
	if got := inode(filepath.Join(path, "kept")); got != kept {
		t.Error("a file that nobody touched was written anew")
	}
	if exists(old) || exists(filepath.Join(dir, "hook-ran")) || !exists(filepath.Join(dir, "second-name")) {
		t.Error("more or less was touched than the folder")
	}
}

// treeListing is all of a tree but .git, with kinds, permissions and contents.
func treeListing(t *testing.T, dir string) []string {
	t.Helper()
	var all []string
	err := filepath.WalkDir(dir, func(path string, d os.DirEntry, err error) error {
		name := strings.TrimPrefix(path, dir)
		if err != nil || name == "/.git" || name == "" {
			return err
		}
		info, err := d.Info()
		if err != nil {
			return err
		}
		text := ""
		switch {
		case info.Mode().IsRegular():
			data, err := os.ReadFile(path)
			if err != nil {
				return err
			}
			text = string(data)
		case d.Type() == os.ModeSymlink:
			text, _ = os.Readlink(path)
		}
		all = append(all, name+" "+info.Mode().String()+" "+text)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return all
}

// Where a folder is none that Strip has left, every file is written anew.
func TestRecycledWithoutAnIndex(t *testing.T) {
	dir := clean(t)
	repo := project(t, filepath.Join(dir, "repo"))
	base := plain(t, repo.WorkTree, "rev-parse", "HEAD")
	for i, index := range []string{"", "no index"} {
		old := filepath.Join(dir, "old")
		put(t, filepath.Join(old, "stale"), "")
		if index != "" {
			put(t, filepath.Join(old, ".git"), index)
		}
		name := fmt.Sprint("tree-", i)
		tree, err := repo.AddWorktree(t.Context(), AddRequest{Path: filepath.Join(dir, name), Branch: name, Base: base, Recycled: old})
		if err != nil {
			t.Fatal(err)
		}
		if got := plain(t, tree.WorkTree, "status", "--porcelain"); got != "" || exists(filepath.Join(tree.WorkTree, "stale")) || exists(old) {
			t.Errorf("got %q", got)
		}
	}
}
