package plan

import (
	"cmp"
	"fmt"
	"path"
	"slices"
	"strings"

	"jail/mounts"
)

// nestedGit is the name by which --unprotect takes the protection from repositories in the project that are not its own.
const nestedGit = ".git"

// maxNested is how many of them, and how many folders of submodules, are protected. Each is a mount, and so are the folders above it.
const maxNested = 200

// nearest sorts paths by how deep they lie, and by name.
func nearest(paths []string) []string {
	slices.SortFunc(paths, func(a, b string) int {
		return cmp.Or(strings.Count(a, "/")-strings.Count(b, "/"), strings.Compare(a, b))
	})
	return paths
}

// WithModules are the .git of repositories whose submodules a plan has to know: Scanned's Empty and Unknown. Of the project's own
// a GitView tells.
func (s Scanned) WithModules(h Host, p Project) []string {
	all := s.Repositories[:min(len(s.Repositories), maxNested)]
	if h.System == MacOS && p.Name == "" {
		all = append(slices.Clone(all), path.Join(p.Dir, ".git"))
	}
	return all
}

// keepNested keeps a run from what git on the host obeys in other repositories in the project: clones, linked work trees, and
// what could be made in the folder of a submodule that is not checked out.
//
// A git directory is read-only as a whole. With less of it a run could lead git elsewhere: by a file "commondir", by a link in
// the index to a repository that the run made (git status runs git there), or by breaking HEAD, after which the folder around
// counts as a repository (gitrepository-layout(5), setup.c).
func (b *builder) keepNested() {
	empty, dotGit := nearest(b.emptyModules()), b.in.Scanned.Repositories
	left := len(empty[min(len(empty), maxNested):]) + len(dotGit[min(len(dotGit), maxNested):])
	var open []string // what cannot be covered
	for _, folder := range empty[:min(len(empty), maxNested)] {
		if real, _, at := b.in.Host.resolve(folder); real != folder || at.Type != Directory || !b.keepFromGit(folder) {
			open = append(open, folder)
		}
	}
	var kept []string
	for _, p := range dotGit[:min(len(dotGit), maxNested)] {
		at := b.in.Host.Files.Lstat(p)
		if at.Type != Directory && at.Type != Regular && at.Type != Link {
			continue // git obeys nothing else
		}
		before := len(b.mounts)
		if at.Type == Link || !b.keepFromGit(p) {
			open = append(open, path.Dir(p))
		}
		for _, dir := range b.gitDirOf(p, at) {
			if !b.keepFromGit(dir) {
				open = append(open, path.Dir(p))
			}
		}
		if at.Type == Directory && len(b.mounts) > before {
			kept = append(kept, path.Dir(p))
		}
	}
	if unknown := b.in.Scanned.Unknown; len(unknown) > 0 {
		b.lose("nested-git", "git on the host obeys a repository that the command makes in the folder of a submodule of %s, whose index cannot be read", b.some(unknown))
	}
	if b.in.Scanned.Unsearched != "" {
		b.lose("nested-git", "%s: repositories were not looked for in all of them, and git on the host obeys what the command makes of those that were not found", b.in.Scanned.Unsearched)
	}
	if left > 0 {
		b.lose("nested-git", "there are more than %d repositories or submodules in %s: git on the host obeys what the command makes of %d of them", maxNested, b.in.Project.Dir, left)
	}
	if len(open) > 0 {
		b.lose("nested-git", "git on the host obeys a repository that the command makes in %s, where it expects one", b.some(open))
	}
	if len(kept) > 0 {
		b.note("git reads repositories in the project and cannot commit in them: %s; --unprotect .git lets it, and git on the host obeys what the command makes there", b.some(kept))
	}
}

// emptyModules are folders of submodules that are not checked out, of the project's repository and of others in it.
func (b *builder) emptyModules() []string {
	all := slices.Clone(b.in.Scanned.Empty)
	if g := b.in.Project.Git; g != nil {
		all = append(all, g.Empty...)
		for _, m := range g.Modules {
			all = append(all, m.Empty...)
		}
	}
	slices.Sort(all)
	return slices.DeleteFunc(slices.Compact(all), func(folder string) bool { return !mounts.Within(folder, b.in.Project.Dir) })
}

// keepFromGit makes a file or folder read-only, and those above it stay where they are. It reports whether the command cannot
// change it now; what the user has mapped there stays as it was asked for.
func (b *builder) keepFromGit(p string) bool {
	at, ok := b.covering(p)
	if !ok || at.Access != mounts.ReadWrite || at.Kind != mounts.Bind || at.Source != at.Target {
		return true
	}
	if at.Target == p {
		return false
	}
	b.pin(p)
	b.add(mounts.Mount{Kind: mounts.Bind, Source: p, Target: p, Why: gitObeys})
	return true
}

// gitDirOf is the git directory in the project that a .git leads to, which is a file or a link.
func (b *builder) gitDirOf(dotGit string, at File) []string {
	to := dotGit
	switch at.Type {
	case Link:
	case Regular:
		line, _, _ := strings.Cut(string(b.in.Host.Files.Head(dotGit, 4096)), "\n")
		dir, ok := strings.CutPrefix(line, "gitdir: ")
		if !ok {
			return nil
		}
		if to = dir; !path.IsAbs(dir) {
			to = path.Join(path.Dir(dotGit), dir)
		}
	default:
		return nil
	}
	real, _, end := b.in.Host.resolve(to)
	if end.Type != Directory || !mounts.Within(real, b.in.Project.Dir) {
		return nil
	}
	return []string{real}
}

// some names a few of many folders.
func (b *builder) some(dirs []string) string {
	const few = 3
	dirs = slices.Compact(slices.Sorted(slices.Values(dirs)))
	var names []string
	for _, dir := range dirs[:min(len(dirs), few)] {
		names = append(names, fmt.Sprintf("%q", strings.TrimPrefix(dir, b.in.Project.Dir+"/")))
	}
	text := strings.Join(names, ", ")
	if more := len(dirs) - len(names); more > 0 {
		text += fmt.Sprintf(" and %d more", more)
	}
	return text
}
