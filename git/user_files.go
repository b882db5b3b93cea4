package git

import (
	"os"
	"path/filepath"
	"strings"
)

// configHome is the folder of the user's configuration (git(1), XDG_CONFIG_HOME).
func configHome() string {
	if dir := os.Getenv("XDG_CONFIG_HOME"); filepath.IsAbs(dir) {
		return dir
	}
	return filepath.Join(os.Getenv("HOME"), ".config")
}

// userPath is the path that a setting of the user's names, or where git looks without one; empty where it cannot be known.
func userPath(setting, fallback string) string {
	path := setting
	if rest, ok := strings.CutPrefix(path, "~/"); ok {
		path = filepath.Join(os.Getenv("HOME"), rest)
	}
	if path == "" {
		path = filepath.Join(configHome(), "git", fallback)
	}
	if !filepath.IsAbs(path) {
		return ""
	}
	return filepath.Clean(path)
}

// excludesFile is the user's own list of ignored files (gitignore(5)); empty where it cannot be known.
func excludesFile(overrides []setting, entries []entry) string {
	file := ""
	for _, e := range entries {
		if e.key == "core.excludesfile" && !e.fromUser() {
			file = e.value
		}
	}
	for _, s := range overrides {
		if s.key == "core.excludesfile" {
			file = s.value
		}
	}
	return userPath(file, "ignore")
}

// userFile is a file that the user's own configuration names, or that lies where git looks for it; empty where there is none.
func userFile(entries []entry, key, fallback string) string {
	named := ""
	for _, e := range entries {
		if e.key == key && e.fromUser() {
			named = e.value
		}
	}
	path := userPath(named, fallback)
	if info, err := os.Stat(path); err != nil || !info.Mode().IsRegular() {
		return ""
	}
	return path
}
