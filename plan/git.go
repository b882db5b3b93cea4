package plan

import (
	"path"
	"slices"

	"jail/mounts"
)

// GitView is where a git directory of the jail's own, made before the plan, appears in place of the repository's. All
// paths are absolute and without symlinks.
type GitView struct {
	Dir, At            string   // the jail's git directory, and the path of the host's own, where it appears
	Common             string   // the repository's git directory, of which nothing else is shown
	Remote             string   // what the remote "host" leads to
	Objects, ObjectsAt string   // the repository's objects, and where they appear
	LFS, LFSAt         string   // its large files; empty where it has none
	Alternates         []string // object folders that it borrows from
	Nested             []string // the .git of nested checkouts that git on the host obeys
	Empty              []string // folders of submodules without a .git, which git on the host would obey; they may not be there
	Modules            []GitModule
}

// GitModule is where a submodule's git directory, made before the plan and read-only, appears: at its own path.
type GitModule struct {
	DotGit, Pointer string // its .git, and the file that leads to Dir and appears there
	GitView
}

// gitView lets git work in the project without giving away what git obeys on the host. The jail writes to a git directory
// of its own; the repository's objects are read-only, and of the rest, with its hooks and the tokens in its config,
// nothing is there. What stays open is named in Lost.
func (b *builder) gitView(dotGit string) error {
	at := b.in.Host.Files.Lstat(dotGit)
	if at.Type == Directory && b.in.Host.Files.Lstat(path.Join(dotGit, "commondir")).Type != Missing {
		return &ProjectError{b.in.Project.Dir, "its .git/commondir sends git to another repository, which only an attack does in a main checkout", "look at it, and remove it: rm .git/commondir"}
	}
	if b.in.Host.System == MacOS {
		return b.macGit(dotGit, at)
	}
	if b.in.Project.Git == nil {
		b.withoutView(dotGit, at)
		return nil
	}
	g := *b.in.Project.Git
	for _, err := range []error{b.checkShared(g.Common), b.checkWritable(g.Common)} {
		if err != nil {
			return err
		}
	}
	if g.At != dotGit {
		b.add(mounts.Mount{Kind: mounts.Bind, Source: dotGit, Target: dotGit, Why: "cannot be pointed elsewhere"})
		b.add(mounts.Mount{Kind: mounts.Tmpfs, Target: g.Common, Size: 1 << 20, Why: "hides the repository's hooks, config and other worktrees"})
	}
	b.add(mounts.Mount{Kind: mounts.Bind, Source: g.Dir, Target: g.At, Access: mounts.ReadWrite, Why: "a git directory of the jail's own"})
	b.lend(g)
	for _, nested := range g.Nested {
		if !slices.ContainsFunc(g.Modules, func(m GitModule) bool { return m.DotGit == nested }) {
			b.nested(nested, nested)
		}
	}
	b.modules(g.Modules)
	return nil
}

// nested shows a file or folder, read-only, at the .git of a checkout inside the project.
func (b *builder) nested(dotGit, shown string) {
	if mounts.Within(dotGit, b.in.Project.Dir) {
		b.pin(dotGit)
		b.add(mounts.Mount{Kind: mounts.Bind, Source: shown, Target: dotGit, Why: gitObeys})
	}
}

// modules lets git look into submodules: it fails in the repository around them where it cannot.
func (b *builder) modules(modules []GitModule) {
	for _, m := range modules {
		if !mounts.Within(m.DotGit, b.in.Project.Dir) {
			continue
		}
		b.nested(m.DotGit, m.Pointer)
		b.add(mounts.Mount{Kind: mounts.Bind, Source: m.Dir, Target: m.Dir, Why: "a submodule's git directory"})
		b.lend(m.GitView)
	}
}

// lend shows what the jail's git directory borrows.
func (b *builder) lend(g GitView) {
	b.add(mounts.Mount{Kind: mounts.Bind, Source: g.Remote, Target: g.Remote, Why: `the remote "host"`})
	b.add(mounts.Mount{Kind: mounts.Bind, Source: g.Objects, Target: g.ObjectsAt, Why: "the repository's commits and files"})
	if g.LFS != "" {
		b.add(mounts.Mount{Kind: mounts.Bind, Source: g.LFS, Target: g.LFSAt, Why: "the repository's large files"})
	}
}

// alternates lets the repository borrow only what the user has asked to show. Where it borrows from is written in a file of the
// repository, which an earlier jail may have made or an archive brought, and which may name any folder: another repository's
// objects, or keys.
func (b *builder) alternates() error {
	if b.in.Project.Git == nil {
		return nil
	}
	for _, dir := range b.in.Project.Git.Alternates {
		if !b.visible(dir) {
			return &ProjectError{b.in.Project.Dir, "its repository borrows objects from " + dir + ", and an earlier jail may have written that", "if you know of it, show them: --map " + dir}
		}
	}
	return nil
}

// withoutView shows the project as it is, with all that git keeps in it read-only.
func (b *builder) withoutView(dotGit string, at File) {
	switch at.Type {
	case Directory, Regular:
		b.lose("git", ".git is not what git makes, or there is no git on this host: it is read-only, and git may not work inside")
		b.add(mounts.Mount{Kind: mounts.Bind, Source: dotGit, Target: dotGit, Why: gitObeys})
	default:
		if !b.reviewed() { // jail apply makes none
			b.lose("git", "a repository that is made here is obeyed by git on the host: even git status may run what it says")
		}
		if bare := path.Dir(dotGit); b.isRepository(bare) {
			b.readOnlyIfThere(gitObeys, bare, "hooks", "config", "info", "worktrees")
		}
	}
}

// checkGit refuses to give away for writing what is kept from the jail: at another place nothing of it would be protected.
// The name of the refused folder is source.
func (b *builder) checkGit(source string, elsewhere bool) error {
	g := b.in.Project.Git
	if g == nil || source == b.in.Project.Dir && !elsewhere || !mounts.Within(g.Common, source) && !mounts.Within(source, g.Common) {
		return nil
	}
	return &ProjectError{source, "the repository's git directory " + g.Common + " would be writable, and git on the host obeys it", "map a folder that does not hold it"}
}

// isRepository checks for what git itself asks of a git directory (is_git_directory in setup.c: HEAD, objects, refs).
func (b *builder) isRepository(dir string) bool {
	files := b.in.Host.Files
	return files.Lstat(path.Join(dir, "HEAD")).Type == Regular &&
		files.Lstat(path.Join(dir, "objects")).Type == Directory && files.Lstat(path.Join(dir, "refs")).Type == Directory
}

// readOnlyIfThere binds entries of a writable directory read-only. What is not there cannot be protected so: no file of
// ours is put into a user's repository.
func (b *builder) readOnlyIfThere(why, dir string, names ...string) {
	for _, name := range names {
		p := path.Join(dir, name)
		if at := b.in.Host.Files.Lstat(p); at.Type == Regular || at.Type == Directory {
			b.add(mounts.Mount{Kind: mounts.Bind, Source: p, Target: p, Why: why})
		}
	}
}

const gitObeys = "git on the host obeys it"
