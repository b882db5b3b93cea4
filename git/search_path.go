package git

import (
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
)

// SearchPath is what of a search path programs of the host may be taken from: its absolute folders that lie in no work tree and not
// below the current folder, where a jail may have written them, as those of an activated virtual environment. A relative one would
// mean the work tree. Where the current folder is nobody's project, because the home directory or the system lies there, it does not count.
func SearchPath(searchPath string) string {
	project := currentProject()
	var kept []string
	for _, dir := range filepath.SplitList(searchPath) {
		if !filepath.IsAbs(dir) {
			continue
		}
		real, err := filepath.EvalSymlinks(dir)
		if err != nil {
			continue
		}
		if !slices.ContainsFunc([]string{filepath.Clean(dir), real}, func(d string) bool { return inWorkTree(d) || project != "" && within(d, project) }) {
			kept = append(kept, dir)
		}
	}
	return strings.Join(kept, string(filepath.ListSeparator))
}

// Program finds a program of the host in a search path as SearchPath has it; a name with a slash is its path. Errors: *exec.Error.
func Program(name, searchPath string) (string, error) {
	if strings.Contains(name, "/") {
		return name, nil
	}
	for _, dir := range filepath.SplitList(SearchPath(searchPath)) {
		path := filepath.Join(dir, name)
		if info, err := os.Stat(path); err == nil && info.Mode().IsRegular() && info.Mode()&0o111 != 0 {
			return path, nil
		}
	}
	return "", &exec.Error{Name: name, Err: exec.ErrNotFound}
}

// currentProject is the current folder, and empty where no project can be.
func currentProject() string {
	cwd, err := os.Getwd()
	if err == nil {
		cwd, err = filepath.EvalSymlinks(cwd)
	}
	if err != nil {
		return ""
	}
	home, err := filepath.EvalSymlinks(os.Getenv("HOME"))
	system := []string{"/usr", "/bin", "/sbin", "/opt", "/nix"}
	if cwd == "/" || err == nil && within(home, cwd) || slices.ContainsFunc(system, func(dir string) bool { return within(cwd, dir) }) {
		return ""
	}
	return cwd
}

func within(path, dir string) bool { return path == dir || strings.HasPrefix(path, dir+"/") }

// inWorkTree reports whether a directory is the top of a git work tree or lies below one.
func inWorkTree(dir string) bool {
	for {
		if _, err := os.Lstat(filepath.Join(dir, ".git")); err == nil {
			return true
		}
		parent := filepath.Dir(dir)
		if parent == dir {
			return false
		}
		dir = parent
	}
}
