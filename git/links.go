package git

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
)

// LinkError says that a repository's git directory has a symbolic link where a git that writes would follow it, out of the
// repository. An agent can have made that directory: where there was none, or in a folder above it.
type LinkError struct{ Path string }

func (e *LinkError) Error() string {
	return fmt.Sprintf("%q is a symbolic link, and git would write to where it leads; fix: find out who made it, and put what it stands for in its place", e.Path)
}

// written are folders and files of a git directory that git, or jail, writes to or makes others in. Those named *HEAD come to them.
var written = []string{
	"index", "index.jail-new", "packed-refs", "shallow", "config", "config.worktree", "worktrees", "reftable", "sequencer", "rebase-merge",
	"rebase-apply", "rr-cache", "AUTO_MERGE", "MERGE_MSG", "MERGE_MODE", "MERGE_RR", "SQUASH_MSG", "COMMIT_EDITMSG",
	"refs/heads", "refs/tags", "refs/jail", "logs/HEAD", "logs/refs/heads", "logs/refs/tags", "logs/refs/jail", "objects/pack", "objects/info",
}

// unlinked returns a *LinkError where writing to the repository could write elsewhere. What is missing is made by git.
func (r Repo) unlinked() error {
	for _, dir := range slices.Compact([]string{r.CommonDir, r.GitDir}) {
		entries, err := os.ReadDir(dir)
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
		for _, e := range entries {
			if e.Type()&fs.ModeSymlink != 0 && strings.HasSuffix(e.Name(), "HEAD") {
				return &LinkError{filepath.Join(dir, e.Name())}
			}
		}
		if err := unlinkedBelow(dir, written); err != nil {
			return err
		}
	}
	return nil
}

// unlinkedBelow does it for names in a git directory, each folder on the way to them included.
func unlinkedBelow(dir string, names []string) error {
	for _, name := range names {
		for at := name; at != "."; at = path.Dir(at) {
			file := filepath.Join(dir, at)
			if info, err := os.Lstat(file); err == nil && info.Mode()&fs.ModeSymlink != 0 {
				return &LinkError{file}
			}
		}
	}
	return nil
}

// unlinked does it for the refs of a transaction, and their logs.
func (t *transaction) unlinked(r Repo) error {
	var names []string
	for line := range strings.Lines(t.gone.String() + t.lines.String()) {
		if fields := strings.Fields(line); len(fields) > 1 {
			names = append(names, fields[1], "logs/"+fields[1])
		}
	}
	return unlinkedBelow(r.CommonDir, names)
}
