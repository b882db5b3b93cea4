package git

import (
	"context"
	"path/filepath"
	"strings"
)

// harden makes plain git, as a person or an editor runs it in a jail's work tree, look past what the jail can put there.
// What no setting of ours can do is for Worktree.Hooks to tell.
func (r Repo) harden(ctx context.Context) error {
	d, err := r.openFor(ctx, withUser)
	if err != nil {
		return err
	}
	if _, err := d.skipGitlinks(ctx, "", nil); err != nil {
		return err
	}
	if !d.has("extensions.worktreeconfig", "true") {
		return nil // switching it on would lock out programs that do not know it, as go-git
	}
	settings := append([]setting{{"core.hooksPath", "/dev/null"}, {"core.fsmonitor", "false"}}, d.overrides...)
	file := filepath.Join(r.GitDir, "config.worktree")
	for _, s := range settings {
		if err := d.write(ctx, "config", "--file", file, "--replace-all", s.key, s.value); err != nil {
			return err
		}
	}
	return nil
}

// has reports whether a setting has a value in the end.
func (d door) has(key, value string) bool {
	return strings.EqualFold(d.setting(key), value)
}

// setting is what a setting is in the end, without ours.
func (d door) setting(key string) string {
	value := ""
	for _, e := range d.entries {
		if e.key == key && e.level != "command" {
			value = e.value
		}
	}
	return value
}

// hooksInTree is where the configuration looks for hooks, if that is in the work tree; else empty.
func (d door) hooksInTree() string {
	path := d.setting("core.hookspath")
	if path == "" || filepath.IsAbs(path) || strings.HasPrefix(path, "~") {
		return ""
	}
	return path
}
