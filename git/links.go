package git

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strings"
)

// LinkError says that a repository's git directory has a symbolic link where a git that writes would follow it, out of the
// repository. An agent can have made that directory: where there was none, or in a folder above it.
type LinkError struct{ Path string }

func (e *LinkError) Error() string {
	return fmt.Sprintf("%q is a symbolic link, and git would write to where it leads; fix: find out who made it, and put what it stands for in its place", e.Path)
}

// mayLead are entries of a git directory that may be links: nothing is written there.
var mayLead = map[string]bool{"hooks": true, "info": true, "modules": true, "description": true}

// written are folders and files further down that git writes to, or makes others in.
var written = []string{"refs/heads", "refs/tags", "refs/jail", "logs/HEAD", "logs/refs", "logs/refs/heads", "logs/refs/tags", "logs/refs/jail",
	"objects/pack", "objects/info"}

// unlinked returns a *LinkError where writing to the repository could write elsewhere. What is missing is made by git.
func (r Repo) unlinked() error {
	for _, dir := range []string{r.CommonDir, r.GitDir} {
		entries, err := os.ReadDir(dir)
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
		for _, e := range entries {
			if e.Type()&fs.ModeSymlink != 0 && !mayLead[e.Name()] {
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
