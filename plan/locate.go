package plan

import (
	"path"

	"jail/mounts"
)

// Locate finds the project that a folder belongs to: the git work tree around it, or the folder itself where there is
// none. A work tree that is the home directory or lies above it (dotfiles kept in git) is not meant.
func (h Host) Locate(cwd string) Project {
	real, links, _ := h.resolve(cwd)
	p := Project{Dir: real, Cwd: real}
	if top := h.workTree(real); top != "" {
		p.Dir = top
	}
	for _, link := range links {
		if top := h.workTree(path.Dir(link)); top != "" && !mounts.Within(real, top) {
			p.Via = link
		}
	}
	return p
}

// workTree returns the innermost git work tree around a folder without symlinks, and "" where there is none below the home
// directory and what lies above it.
func (h Host) workTree(dir string) string {
	home, _, _ := h.resolve(h.Home)
	for ; !mounts.Within(home, dir); dir = path.Dir(dir) {
		if at := h.Files.Lstat(path.Join(dir, ".git")); at.Type == Directory || at.Type == Regular {
			return dir
		}
	}
	return ""
}
