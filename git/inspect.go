package git

import (
	"context"
	"io/fs"
	"os"
	"strings"
	"time"
)

// inspect looks at each file of a status: which kind it is, where a link leads, and when one was changed last. It marks
// those that are big.
func (d door) inspect(ctx context.Context, s *entries) ([]change, error) {
	if len(s.Entries) == 0 {
		return nil, nil
	}
	root, err := os.OpenRoot(d.repo.WorkTree)
	if err != nil {
		return nil, err
	}
	defer root.Close()
	changes := make([]change, 0, len(s.Entries))
	s.stamps = make([]string, len(s.Entries))
	now := time.Now()
	for i, e := range s.Entries {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		c := change{path: strings.TrimSuffix(e.Path, "/"), oldMode: s.heads[i].mode, newMode: s.heads[i].work}
		// What is gone, or cannot be looked at, has no kind and no time.
		if info, err := root.Lstat(c.path); err == nil {
			if t := info.ModTime().UTC(); t.After(s.Activity) {
				s.Activity = t
			}
			s.stamps[i] = fileStamp(info, now)
			s.heads[i].big = info.Mode().IsRegular() && info.Size() > largeFile
			switch {
			case info.Mode()&fs.ModeSymlink != 0:
				c.newMode = "120000"
				c.link, _ = root.Readlink(c.path) // gone by now: no link
			case s.heads[i].work == "" && info.Mode().IsRegular() && info.Mode()&0o100 != 0:
				c.newMode = "100755"
			}
		}
		if e.Work != 'D' {
			changes = append(changes, c)
		}
	}
	return changes, nil
}

// lying is what lies in the work tree and would do harm there, committed or not. A bare repository that the base has
// already, as among a test's data, does not count.
func (d door) lying(ctx context.Context, base string, found []Risk) ([]Risk, error) {
	var kept []Risk
	var bare []string
	for _, r := range found {
		if r.Why == bareRepository {
			bare = append(bare, strings.TrimPrefix(r.Path+"/HEAD", "./"))
		} else {
			kept = append(kept, r)
		}
	}
	if len(bare) == 0 {
		return kept, nil
	}
	known, err := d.read(ctx, append([]string{"ls-tree", "-z", "--name-only", "--full-tree", base, "--"}, bare...)...)
	have := map[string]bool{}
	for _, p := range parsePaths(known) {
		have[p] = true
	}
	for _, p := range bare {
		if !have[p] {
			kept = append(kept, Risk{strings.TrimSuffix(p, "/HEAD"), bareRepository})
		}
	}
	return kept, err
}
