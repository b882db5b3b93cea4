package git

import (
	"context"
	"fmt"
	"io"
	"strings"
)

// diffCommand is the beginning of every diff: no program of the configuration or of .gitattributes, and no look into
// submodules, whose git directories may be planted. -a comes where text is shown: without it the attribute -diff hides.
func diffCommand() []string {
	return []string{"diff", "--no-ext-diff", "--no-textconv", "--ignore-submodules=all", "--no-color", "--find-renames"}
}

// Diff writes what the jail changed since Base, committed or not, in git's format; the untracked files follow as new
// files. What cannot be shown as text is named. The text is as the jail wrote it: escape it for a terminal.
func (w Worktree) Diff(ctx context.Context, out io.Writer) error {
	if !validID(w.Base) {
		return fmt.Errorf("cannot compare with %+q: not a commit id", w.Base)
	}
	d, err := w.open(ctx)
	if err != nil {
		return err
	}
	args := append(diffCommand(), "-a", "--src-prefix=a/", "--dst-prefix=b/", w.Base, "--")
	if _, err := d.run(ctx, call{args: args, stdout: out}); err != nil {
		return err
	}
	list, err := d.read(ctx, "ls-files", "--others", "--exclude-standard", "-z")
	if err != nil {
		return err
	}
	return writeUntracked(ctx, w.WorkTree, parsePaths(list), out)
}

// parsePaths reads a list of paths that each end in NUL.
func parsePaths(out []byte) []string {
	text := strings.TrimSuffix(string(out), "\x00")
	if text == "" {
		return nil
	}
	return strings.Split(text, "\x00")
}
