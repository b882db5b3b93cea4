package plan

import (
	"path"
	"strings"

	"jail/mounts"
)

// gitView makes git work in the project without giving away what git runs on the host: hooks and configuration are
// read-only, and .git cannot be replaced because it is a mount point. What stays open is named in Lost.
func (b *builder) gitView(dotGit string) error {
	if !b.locked() {
		b.lose("git", "git on the host obeys much of what can be written here (.git, nested repositories): even git status may run it; look with jail status, or work in a named jail and merge its branch")
	}
	switch b.in.Host.Files.Lstat(dotGit).Type {
	case Directory:
		// Bound onto itself: renaming a mount point is refused (rename(2), EBUSY).
		b.add(mounts.Mount{Kind: mounts.Bind, Source: dotGit, Target: dotGit, Access: mounts.ReadWrite, Why: "cannot be replaced"})
		if b.in.Host.Files.Lstat(path.Join(dotGit, "commondir")).Type != Missing {
			return &ProjectError{b.in.Project.Dir, "its .git/commondir sends git to another repository, which only an attack does in a main checkout", "look at it, and remove it: rm .git/commondir"}
		}
		b.readOnlyIfThere(dotGit, "hooks", "config", "config.worktree", "modules", "info", "worktrees")
	case Regular:
		return b.linkedWorktree(dotGit)
	case Missing:
		if bare := path.Dir(dotGit); b.isRepository(bare) {
			b.readOnlyIfThere(bare, "hooks", "config", "info", "worktrees")
		}
	}
	return nil
}

// linkedWorktree shows the main repository of a linked worktree (gitrepository-layout(5)): what a commit needs is
// writable, everything else is not. The pointers are read as data and believed only where they point at each other; an
// agent can write them, and must not choose what the next run mounts.
func (b *builder) linkedWorktree(dotGit string) error {
	text, ok := strings.CutPrefix(string(b.in.Host.Files.Head(dotGit, 4096)), "gitdir: ")
	admin := strings.TrimSuffix(text, "\n")
	if !path.IsAbs(admin) {
		admin = path.Join(path.Dir(dotGit), admin)
	}
	admin = path.Clean(admin)
	common := path.Dir(path.Dir(admin))
	back := strings.TrimSuffix(string(b.in.Host.Files.Head(path.Join(admin, "gitdir"), 4096)), "\n")
	if !path.IsAbs(back) {
		back = path.Join(admin, back)
	}
	real, _, at := b.in.Host.resolve(admin)
	b.add(mounts.Mount{Kind: mounts.Bind, Source: dotGit, Target: dotGit, Why: "cannot be pointed elsewhere"})
	switch {
	case !ok, at.Type != Directory, real != admin, path.Base(path.Dir(admin)) != "worktrees":
		return nil // a submodule, or not git's: nothing of it is given
	case path.Clean(back) != dotGit, !b.isRepository(common), mounts.Within(common, b.in.Project.Dir):
		return nil
	}
	for _, err := range []error{b.checkShared(common), b.checkWritable(common)} {
		if err != nil {
			return err
		}
	}
	b.add(mounts.Mount{Kind: mounts.Bind, Source: common, Target: common, Why: "the repository of this worktree"})
	for _, name := range []string{"objects", "refs", "logs"} {
		if p := path.Join(common, name); b.in.Host.Files.Lstat(p).Type == Directory {
			b.add(mounts.Mount{Kind: mounts.Bind, Source: p, Target: p, Access: mounts.ReadWrite, Why: "a commit needs it"})
		}
	}
	b.add(mounts.Mount{Kind: mounts.Bind, Source: admin, Target: admin, Access: mounts.ReadWrite, Why: "HEAD and index of this worktree"})
	b.readOnlyIfThere(path.Join(common, "objects"), "info") // alternates would lend another repository's objects
	b.readOnlyIfThere(admin, "commondir", "gitdir", "config.worktree")
	return nil
}

// isRepository checks for what git itself asks of a git directory (is_git_directory in setup.c: HEAD, objects, refs).
func (b *builder) isRepository(dir string) bool {
	files := b.in.Host.Files
	return files.Lstat(path.Join(dir, "HEAD")).Type == Regular &&
		files.Lstat(path.Join(dir, "objects")).Type == Directory && files.Lstat(path.Join(dir, "refs")).Type == Directory
}

// readOnlyIfThere binds entries of a writable directory read-only. What is not there cannot be protected so: no file of
// ours is put into a user's repository.
func (b *builder) readOnlyIfThere(dir string, names ...string) {
	for _, name := range names {
		p := path.Join(dir, name)
		if at := b.in.Host.Files.Lstat(p); at.Type == Regular || at.Type == Directory {
			b.add(mounts.Mount{Kind: mounts.Bind, Source: p, Target: p, Why: "git on the host obeys it"})
		}
	}
}
