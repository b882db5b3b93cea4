package git

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"golang.org/x/sys/unix"
)

// RemoveWorktree removes the work tree at path, whatever is in it, and git's record of it. It also removes what a
// killed "worktree add" left, and the record of a folder that is gone already. What is missing is no error.
func (r Repo) RemoveWorktree(ctx context.Context, path string) error {
	if !filepath.IsAbs(path) {
		return fmt.Errorf("cannot remove work tree %q: the path is not absolute", path)
	}
	d, err := r.open(ctx)
	if err != nil {
		return err
	}
	// Twice --force: a work tree that git was still adding is locked. A failure is made up for below: git gives up on
	// very long paths, unreadable directories and a changed .git file.
	if len(adminDirs(r.CommonDir, path)) > 0 {
		_ = d.write(ctx, "worktree", "remove", "--force", "--force", "--", path)
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	if err := RemoveTree(path); err != nil {
		return err
	}
	return r.removeRecords(path)
}

// removeRecords removes the admin directories of a work tree that is gone. Not by "worktree prune": that would also
// forget work trees of the user's that are missing for now, as on a drive that is not mounted.
func (r Repo) removeRecords(path string) error {
	var errs []error
	for _, admin := range append(adminDirs(r.CommonDir, path), r.unfinished(path)...) {
		if err := RemoveTree(admin); err != nil {
			errs = append(errs, err)
		}
	}
	// As git does after the last one; fails if there are others.
	_ = os.Remove(filepath.Join(r.CommonDir, "worktrees"))
	return errors.Join(errs...)
}

// unfinished finds admin directories that were only begun to be made for path, or to be removed: named after it, and without the
// file that says which work tree they are for; git has it locked while it makes one, and HEAD is gone while one is removed.
func (r Repo) unfinished(path string) []string {
	var found []string
	for _, admin := range allAdminDirs(r.CommonDir) {
		// For a second work tree of a name git appends a number.
		number, ok := strings.CutPrefix(filepath.Base(admin), filepath.Base(path))
		if !ok || strings.Trim(number, "0123456789") != "" {
			continue
		}
		_, unlocked := os.Lstat(filepath.Join(admin, "locked"))
		_, headless := os.Lstat(filepath.Join(admin, "HEAD"))
		_, err := os.Lstat(filepath.Join(admin, "gitdir"))
		if errors.Is(err, os.ErrNotExist) && (unlocked == nil || errors.Is(headless, os.ErrNotExist)) {
			found = append(found, admin)
		}
	}
	return found
}

// RemoveTree removes a directory tree, and first makes directories writable where that is needed. Symlinks are not
// followed. A tree that does not exist is no error.
func RemoveTree(path string) error {
	err := os.RemoveAll(path)
	if errors.Is(err, os.ErrPermission) {
		openUp(path)
		err = os.RemoveAll(path)
	}
	if err != nil {
		return fmt.Errorf("cannot remove %q: %w", path, err)
	}
	return nil
}

// readByGit are files that git reads in each folder of a work tree. It would wait for a FIFO of that name.
var readByGit = []string{".gitignore", ".gitattributes", ".mailmap"}

// openUp gives the owner every right to the directories of a tree. What fails shows when the tree is removed.
func openUp(path string) {
	info, err := os.Lstat(path)
	if err != nil || !info.IsDir() {
		return
	}
	parent, err := unix.Open(filepath.Dir(path), unix.O_RDONLY|unix.O_DIRECTORY|unix.O_CLOEXEC, 0)
	if err != nil {
		return
	}
	defer unix.Close(parent)
	openUpIn(parent, filepath.Base(path))
}

// openUpIn works relative to an open directory: a path from the top could be too long, or a symlink by now. It keeps no paths, as an
// os.Root does: a jail can make directories as deep as it likes.
func openUpIn(parent int, name string) {
	_ = giveAll(parent, name)
	fd, err := unix.Openat(parent, name, unix.O_RDONLY|unix.O_DIRECTORY|unix.O_NOFOLLOW|unix.O_CLOEXEC, 0)
	if err != nil {
		return
	}
	defer unix.Close(fd)
	var below []string
	_ = readNames(fd, make([]byte, 32<<10), func(name string, kind fs.FileMode) {
		switch {
		case kind == fs.ModeDir:
			below = append(below, name)
		case kind == fs.ModeNamedPipe && slices.Contains(readByGit, name):
			_ = unix.Unlinkat(fd, name, 0)
		}
	})
	for _, name := range below {
		openUpIn(fd, name)
	}
}
