package workspace

import (
	"fmt"
	"io"
	"os"
	"path/filepath"
	"syscall"

	"jail/git"
	"jail/state"
)

// ChangedError says that a file which ties a work tree to its repository is not as it was made. The jail can write
// the work tree's; a git that follows it would run with the jail's configuration, so none is run.
type ChangedError struct {
	Path string // the file
	Want string // the line that it must hold
	Got  string // what is there instead, for people
}

func (e *ChangedError) Error() string {
	return fmt.Sprintf("%q was changed from inside the jail (%s), so git was not run; "+
		"to restore it, make it a file with the single line %q", e.Path, e.Got, e.Want)
}

// Tree verifies a jail's record and returns its work tree for git. Every use of git on a jail comes through here.
// Errors: those of Verify.
func Tree(r state.Record) (git.Worktree, error) {
	if err := Verify(r); err != nil {
		return git.Worktree{}, err
	}
	repo := git.Repo{CommonDir: r.CommonDir, GitDir: r.AdminDir, WorkTree: r.Worktree}
	return git.Worktree{Repo: repo, Branch: r.Branch, Base: r.Base, BaseRef: r.BaseRef}, nil
}

// Verify checks that the jail's work tree, its admin directory and its repository still belong together, without
// git. Errors: ErrWorktreeGone, ErrRepositoryGone, *ChangedError.
func Verify(r state.Record) error {
	if !isDir(r.CommonDir) {
		return fmt.Errorf("%w: %q", ErrRepositoryGone, r.CommonDir)
	}
	if !isDir(r.Worktree) {
		return fmt.Errorf("%w: %q", ErrWorktreeGone, r.Worktree)
	}
	if filepath.Dir(r.AdminDir) != filepath.Join(r.CommonDir, "worktrees") {
		return fmt.Errorf("the record of jail %q is wrong: %q is not in the repository %q", r.Name, r.AdminDir, r.CommonDir)
	}
	if !isDir(r.AdminDir) {
		return fmt.Errorf("%w: git does not know the work tree any more (%q is not there)", ErrWorktreeGone, r.AdminDir)
	}
	pointer := filepath.Join(r.Worktree, ".git")
	if err := holdsLine(pointer, "gitdir: "+r.AdminDir); err != nil {
		return err
	}
	return holdsLine(filepath.Join(r.AdminDir, "gitdir"), pointer)
}

// holdsLine returns nil if path is a regular file with that line and nothing else.
func holdsLine(path, line string) error {
	changed := func(got string) error { return &ChangedError{Path: path, Want: line, Got: got} }
	info, err := os.Lstat(path)
	if err != nil {
		return changed("it cannot be read")
	}
	if !info.Mode().IsRegular() {
		return changed("it is no regular file")
	}
	f, err := os.OpenFile(path, os.O_RDONLY|syscall.O_NOFOLLOW|syscall.O_NONBLOCK, 0)
	if err != nil {
		return changed("it cannot be read")
	}
	defer f.Close()
	data, err := io.ReadAll(io.LimitReader(f, int64(len(line))+2))
	if err != nil {
		return changed("it cannot be read")
	}
	if string(data) != line+"\n" {
		return changed("its content is another")
	}
	return nil
}
