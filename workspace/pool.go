package workspace

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"golang.org/x/sys/unix"

	"jail/git"
	"jail/state"
)

// Trees says what becomes of the files of a work tree that is removed.
type Trees string

const (
	TreesRemoved  Trees = ""
	TreesRecycled Trees = "recycled" // the next jail of the repository is made of them
)

const (
	// poolPrefix begins the name of a recycled work tree, below Root; that of its repository follows.
	poolPrefix = ".recycled-"
	// maxPooled is how many there are at most, one of a repository.
	maxPooled = 3
	// pooledFor is how long one waits to be used.
	pooledFor = 7 * 24 * time.Hour
)

// Pooled is a work tree that waits for the next jail of its repository.
type Pooled struct {
	Path  string
	Since time.Time
	Bytes int64 // of disk
}

// Pooled lists them.
func (m Manager) Pooled() []Pooled {
	all := m.waiting()
	for i, p := range all {
		all[i].Bytes = DiskUse(p.Path)
	}
	return all
}

// waiting is Pooled without a look at what they hold.
func (m Manager) waiting() []Pooled {
	entries, _ := os.ReadDir(m.Root) // none before the first jail
	var all []Pooled
	for _, e := range entries {
		if info, err := e.Info(); err == nil && strings.HasPrefix(e.Name(), poolPrefix) {
			all = append(all, Pooled{Path: filepath.Join(m.Root, e.Name()), Since: info.ModTime()})
		}
	}
	return all
}

// Unpool removes one.
func (m Manager) Unpool(p Pooled) error { return git.RemoveTree(p.Path) }

// pooled is where the one of a jail's repository waits.
func (m Manager) pooled(r state.Record) string {
	sum := sha256.Sum256([]byte(r.CommonDir))
	return filepath.Join(m.Root, poolPrefix+hex.EncodeToString(sum[:16]))
}

// pool keeps a work tree that is removed for the next jail of its repository. What goes wrong leaves it where it is, to be
// removed.
//
// Preconditions: nothing runs in the jail, and its work is archived.
func (m Manager) pool(ctx context.Context, r state.Record, dir string) {
	if m.Trees != TreesRecycled || scarce(m.Root) {
		return
	}
	repo := repository(r).Steady()
	commit, err := repo.BranchTip(ctx, r.Branch)
	if err != nil || repo.Strip(ctx, dir, commit) != nil {
		return
	}
	m.at("destroy: stripped")
	now := time.Now()
	_ = os.Chtimes(dir, now, now) // it waits from now on
	if git.RemoveTree(m.pooled(r)) == nil && os.Rename(dir, m.pooled(r)) == nil {
		m.evict()
	}
}

// evict removes all but the youngest few, and what has waited for too long.
func (m Manager) evict() {
	waiting := m.waiting()
	slices.SortFunc(waiting, func(a, b Pooled) int { return b.Since.Compare(a.Since) })
	for i, p := range waiting {
		if i >= maxPooled || time.Since(p.Since) > pooledFor {
			_ = m.Unpool(p)
		}
	}
}

// recycled takes the work tree that waits for a jail of a repository out of the pool; empty where there is none. Two jails
// never get the same one.
func (m Manager) recycled(r state.Record) string {
	if os.Rename(m.pooled(r), trash(r)) != nil {
		return ""
	}
	return trash(r)
}

// scarce reports whether less than a tenth of a disk is free.
func scarce(dir string) bool {
	var st unix.Statfs_t
	return unix.Statfs(dir, &st) != nil || st.Bavail < st.Blocks/10
}
