package git

import (
	"context"
	"fmt"
	"io/fs"
	"path"
	"strings"
)

// FileState is a file that is about to come into a folder of the user's, or to change or go there.
type FileState struct {
	Path      string      // beneath the folder
	Old, Mode fs.FileMode // type and permissions before and after; 0 where there is none
	Link      string      // the text of a symbolic link
}

// FileRisks tells what of some files runs on the machine of whoever takes them. A folder that git would take for a
// repository is among it. The receiver is the repository around them, and the zero Repo where there is none.
func (r Repo) FileRisks(ctx context.Context, files []FileState) ([]Risk, error) {
	var named []string
	if r.CommonDir != "" {
		d, err := r.open(ctx)
		if err != nil {
			return nil, err
		}
		named = namedPaths(d.entries)
	}
	var changes []change
	parts := map[string]int{} // a folder, and how many of the three that make it a repository come into it
	for _, f := range files {
		if f.Mode != 0 {
			for dir := f.Path; dir != "."; dir = path.Dir(dir) {
				if is := repositoryPart(path.Base(dir)); is != 0 {
					parts[path.Dir(dir)] |= is
				}
			}
		}
		if !f.Mode.IsDir() {
			changes = append(changes, change{f.Path, treeMode(f.Old), treeMode(f.Mode), f.Link})
		}
	}
	found := risks(changes, named)
	for dir, have := range parts {
		if have == 1|2|4 {
			found = append(found, Risk{dir, bareRepository})
		}
	}
	return sorted(found), nil
}

// repositoryPart numbers what git asks of a repository (is_git_directory in setup.c).
func repositoryPart(name string) int {
	switch strings.ToLower(name) {
	case "head":
		return 1
	case "objects":
		return 2
	case "refs":
		return 4
	}
	return 0
}

// treeMode is a mode as trees have it; empty for none.
func treeMode(m fs.FileMode) string {
	switch {
	case m == 0:
		return ""
	case m&fs.ModeSymlink != 0:
		return "120000"
	case m.Perm()&0o100 != 0:
		return "100755"
	case m.IsRegular():
		return "100644"
	}
	return fmt.Sprintf("%o", m.Perm())
}
