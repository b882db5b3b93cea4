package plan

import (
	"path"

	"jail/mounts"
)

// Locate finds the project that a folder belongs to: the git work tree around it, or the folder itself where there is
// none. A work tree that is the home directory or lies above it (dotfiles kept in git) is not meant.
func (h Host) Locate(cwd string) Project {
	real, _, _ := h.resolve(cwd)
	home, _, _ := h.resolve(h.Home)
	for dir := real; !mounts.Within(home, dir); dir = path.Dir(dir) {
		if at := h.Files.Lstat(path.Join(dir, ".git")); at.Type == Directory || at.Type == Regular {
			return Project{Dir: dir, Cwd: real}
		}
	}
	return Project{Dir: real, Cwd: real}
}
