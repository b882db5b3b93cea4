package plan

import (
	"path"
	"strings"

	"jail/mounts"
)

// macGit shows what git keeps, read-only. A git directory of the jail's own cannot stand in its place, as on Linux, and what can
// be written there git on the host obeys.
func (b *builder) macGit(dotGit string, at File) error {
	switch at.Type {
	case Directory:
		b.add(mounts.Mount{Kind: mounts.Bind, Source: dotGit, Target: dotGit, Why: gitObeys})
	case Regular:
		b.add(mounts.Mount{Kind: mounts.Bind, Source: dotGit, Target: dotGit, Why: gitObeys})
		if common := b.commonDir(dotGit); common != "" {
			if err := b.checkShared(common); err != nil {
				return err
			}
			b.bind(common, "the repository that this work tree belongs to")
		}
	default:
		if bare := path.Dir(dotGit); b.isRepository(bare) {
			b.readOnlyIfThere(gitObeys, bare, "hooks", "config", "info", "worktrees")
			b.lose("git", "a bare repository is the jail's to change, but for its hooks, config, info and worktrees")
		}
		return nil
	}
	b.lose("git", "the repository is read-only, so that git shows everything and commits nothing; and the jail reads its configuration, with tokens if there are some")
	return nil
}

// commonDir is the git directory of the repository that a linked work tree belongs to. It has to name the work tree in turn: a
// .git that somebody else wrote must not show another repository.
func (b *builder) commonDir(dotGit string) string {
	head := func(p string) string {
		line, _, _ := strings.Cut(string(b.in.Host.Files.Head(p, 4096)), "\n")
		return line
	}
	dir, ok := strings.CutPrefix(head(dotGit), "gitdir: ")
	if !ok {
		return ""
	}
	if !path.IsAbs(dir) {
		dir = path.Join(path.Dir(dotGit), dir)
	}
	dir, _, _ = b.in.Host.resolve(dir)
	back, _, _ := b.in.Host.resolve(head(path.Join(dir, "gitdir")))
	common := head(path.Join(dir, "commondir"))
	if back != dotGit || common == "" {
		return ""
	}
	if !path.IsAbs(common) {
		common = path.Join(dir, common)
	}
	common, _, _ = b.in.Host.resolve(common)
	if !b.isRepository(common) || !mounts.Within(dir, path.Join(common, "worktrees")) {
		return ""
	}
	return common
}
