package plan

import (
	"path"
	"slices"
	"strings"

	"jail/config"
	"jail/mounts"
)

// Remembered is a file or folder that a run hid. A command cannot open, rename or link it, but it can move a folder that it lies
// in to where no rule holds, for another run to read.
type Remembered struct {
	Root   string // the project of that run
	Path   string
	ID     FileID
	Hiding Hiding
	Why    string
	Moved  bool // no rule hides it at this path: a jail has moved it there
	// It was in its place when that run ended. Where it is not any more, the user has moved it.
	Settled bool
}

// FileID tells a file from every other one, later ones with the same inode number among them.
type FileID struct {
	Inode uint64
	Born  int64 // nanoseconds since 1970; 0 where the file system does not say (statx(2), STATX_BTIME)
}

// recall finds what was hidden before and has been moved. The user's own exceptions count at the new place. What is gone is
// nowhere in its project any more, and can be forgotten.
func recall(c config.Config, h Host, p Project, hits []Hit) (found []Hit, gone []FileID) {
	hidden := func(name string) bool {
		return slices.ContainsFunc(hits, func(hit Hit) bool { return mounts.Within(name, hit.Path) })
	}
	lost := map[FileID]Remembered{}
	for _, r := range p.Remembered {
		if r.Why == whySecret && c.Secrets == config.SecretsShow {
			continue
		}
		id, ok := h.identify(r.Path)
		switch {
		case r.Settled: // see settled
		case !ok || id != r.ID:
			lost[r.ID] = r
		case r.Moved && !hidden(r.Path) && !excepted(c, h, p, r.Path):
			found = append(found, Hit{r.Path, r.Hiding, r.Why, id})
		}
	}
	if len(lost) == 0 {
		return found, nil
	}
	moved, missing := findMoved(h, p.Dir, lost)
	for _, hit := range moved {
		if !hidden(hit.Path) && !excepted(c, h, p, hit.Path) {
			found = append(found, hit)
		}
	}
	for _, r := range missing {
		if mounts.Within(r.Root, p.Dir) {
			gone = append(gone, r.ID)
		}
	}
	return found, gone
}

// settled lists what earlier runs hid unasked, and found in its place when they ended. It is for a run that finds more names than it
// looks at, as a jail can make any number of them.
func settled(c config.Config, h Host, p Project) (found []Hit) {
	for _, r := range p.Remembered {
		id, ok := h.identify(r.Path)
		if r.Settled && ok && id == r.ID && c.Secrets != config.SecretsShow && !strings.HasPrefix(r.Why, byRule) && !excepted(c, h, p, r.Path) {
			found = append(found, Hit{r.Path, r.Hiding, r.Why, id})
		}
	}
	return found
}

// remember lists hits that a jail around the project could move.
func remember(h Host, p Project, hits, moved []Hit) []Remembered {
	var all []Remembered
	for _, hit := range hits {
		id, ok := hit.ID, hit.ID.Born != 0
		if !ok {
			id, ok = h.identify(hit.Path)
		}
		if ok && mounts.Within(hit.Path, p.Dir) {
			all = append(all, Remembered{p.Dir, hit.Path, id, hit.Hiding, hit.Why, slices.Contains(moved, hit), false})
		}
	}
	return all
}

// excepted reports whether the user says of a file, or of a folder that it lies in, that it is to be shown.
func excepted(c config.Config, h Host, p Project, name string) bool {
	for _, pattern := range slices.Concat(c.Mask, c.Deny) {
		root, glob := h.rootOf(pattern, p.Dir)
		if !pattern.Except || !mounts.Within(name, root) || name == root {
			continue
		}
		at := glob.start()
		for part := range strings.SplitSeq(strings.ToLower(strings.TrimPrefix(name, strings.TrimSuffix(root, "/")+"/")), "/") {
			var matched bool
			if matched, at = glob.next(at, part); matched {
				return true
			}
		}
	}
	return false
}

// whyMoved is the reason for what is hidden where a jail has moved it.
func whyMoved(r Remembered) string { return "it was hidden as " + path.Base(r.Path) + ", and moved" }
