package jail

import (
	"os"
	"path/filepath"
	"slices"
	"strings"

	"jail/mounts"
)

const (
	mostLeft     = 5    // names that are told
	mostLookedAt = 1000 // entries of the folder that are looked at
)

// usualLeft are not hidden, and nobody's work: the go command's folder and snap's.
var usualLeft = []string{"go", "snap"}

// leftBehind names, sorted, what the command left in the folder that is gone after the run: a user may look for it. Hidden names are
// programs' own, what is mounted was there before, and what is empty holds nothing.
func leftBehind(s Spec) (names []string) {
	if s.Passing == "" {
		return nil
	}
	f, err := os.Open(s.Passing)
	if err != nil {
		return nil
	}
	defer f.Close()
	entries, _ := f.ReadDir(mostLookedAt) // of a folder that cannot be read to its end, as far as it could
	for _, entry := range entries {
		name := entry.Name()
		p := filepath.Join(s.Passing, name)
		mounted := func(m mounts.Mount) bool { return mounts.Within(m.Target, p) }
		if strings.HasPrefix(name, ".") || slices.Contains(usualLeft, name) || slices.ContainsFunc(s.Mounts, mounted) || isEmpty(p, entry) {
			continue
		}
		names = append(names, name)
	}
	slices.Sort(names)
	return names[:min(len(names), mostLeft)]
}

// isEmpty reports whether a file or folder has nothing in it, or is neither.
func isEmpty(p string, entry os.DirEntry) bool {
	if entry.IsDir() {
		f, err := os.Open(p)
		if err != nil {
			return true
		}
		defer f.Close()
		names, _ := f.Readdirnames(1)
		return len(names) == 0
	}
	info, err := entry.Info()
	return err != nil || !info.Mode().IsRegular() || info.Size() == 0
}
