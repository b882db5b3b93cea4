package git

import (
	"crypto/sha256"
	"fmt"
	"hash"
	"os"
	"path/filepath"
	"time"

	"golang.org/x/sys/unix"
)

// settle is how long a file must have been left alone before its time of change proves that nothing changed since: file
// systems round times to a tick of the clock.
const settle = 50 * time.Millisecond

// fingerprint stands for the state of files without their content. Two equal ones mean that nothing was changed: the time
// of change cannot be set (inode(7)). It is empty where that cannot be known.
type fingerprint string

// prints collects what a fingerprint is made of.
type prints struct {
	sum    hash.Hash
	newest int64 // nanoseconds
	left   int   // how many files more are looked at
}

func newPrints() *prints { return &prints{sum: sha256.New(), left: maxRefs} }

// file notes one file or folder, and that there is none.
func (p *prints) file(path string) {
	var st unix.Stat_t
	if unix.Lstat(path, &st) != nil {
		fmt.Fprintf(p.sum, "%q none\n", path)
		return
	}
	p.newest = max(p.newest, st.Ctim.Nano())
	fmt.Fprintf(p.sum, "%q %d %d %d %o\n", path, st.Ino, st.Ctim.Nano(), st.Size, st.Mode)
}

// tree notes a folder and everything below it. No link is followed.
func (p *prints) tree(path string, depth int) {
	p.left--
	p.file(path)
	info, err := os.Lstat(path)
	if err != nil || !info.IsDir() || p.left < 0 || depth > maxRefDepth {
		return
	}
	root, err := os.OpenRoot(path)
	if err != nil {
		return
	}
	entries, _ := listBeneath(root, ".")
	root.Close()
	for _, e := range entries {
		p.tree(filepath.Join(path, e.Name()), depth+1)
	}
}

// done is the fingerprint; none where something was changed just now, or where there is too much.
func (p *prints) done() fingerprint {
	if p.left < 0 || time.Since(time.Unix(0, p.newest)) < settle {
		return ""
	}
	return fingerprint(fmt.Sprintf("%x", p.sum.Sum(nil)))
}

// jailPrint stands for what Import reads.
func (p Private) jailPrint() fingerprint {
	f := newPrints()
	f.file(filepath.Join(p.gitDir(), "HEAD"))
	f.file(filepath.Join(p.gitDir(), "packed-refs"))
	f.tree(filepath.Join(p.gitDir(), "refs"), 0)
	return f.done()
}

// remembers is raised where synced begins to hold more of the repository: what an older jail left is looked at again.
const remembers = 2

// hostPrint stands for what Begin reads of the repository and of the user.
func (p Private) hostPrint() fingerprint {
	f := newPrints()
	fmt.Fprintf(f.sum, "%d %q %q %q\n", remembers, p.Host.GitDir, p.Branch, p.Dir)
	for _, name := range []string{"HEAD", p.indexName(), "config.worktree", "info/sparse-checkout"} {
		f.file(filepath.Join(p.Host.GitDir, name))
	}
	for _, name := range []string{"packed-refs", "config", "shallow", "info/exclude", "info/attributes", "objects/info/alternates"} {
		f.file(filepath.Join(p.Host.CommonDir, name))
	}
	f.tree(filepath.Join(p.Host.CommonDir, "refs"), 0)
	f.tree(filepath.Join(p.Host.CommonDir, "reftable"), 0)
	for _, path := range []string{
		filepath.Join(os.Getenv("HOME"), ".gitconfig"), filepath.Join(configHome(), "git/config"), filepath.Join(configHome(), "git/ignore"), "/etc/gitconfig",
	} {
		f.file(path)
	}
	fmt.Fprintln(f.sum, isFolder(p.gitDir()))
	return f.done()
}
