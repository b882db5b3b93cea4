package git

import (
	"os"
	"path"
	"strings"
)

// maxLockFolders is in how many folders of refs lock files are looked for.
const maxLockFolders = 1000

// clearLocks removes the lock files of gits that ended with their jail: nobody is left who would, and no git there goes on before.
//
// Preconditions: the lock is held, and no jail works with the directory.
func (p Private) clearLocks() error {
	root, err := os.OpenRoot(p.gitDir())
	if err != nil {
		return err
	}
	defer root.Close()
	folders := []string{".", "refs"}
	for n := 0; n < len(folders) && n < maxLockFolders; n++ {
		entries, err := listBeneath(root, folders[n])
		if err != nil {
			continue // what is no folder has no locks
		}
		for _, e := range entries {
			name := path.Join(folders[n], e.Name())
			switch {
			case strings.HasSuffix(name, ".lock") && !e.IsDir():
				if err := root.Remove(name); err != nil {
					return err
				}
			case e.IsDir() && n > 0:
				folders = append(folders, name)
			}
		}
	}
	return nil
}
