package git

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
)

// NamedIndex is what file, a value of GIT_INDEX_FILE, names in the git directory of a repository: git commit with -a or with
// paths lets its hooks see the index of the commit that is being made so (git-commit(1), githooks(5)). It is empty where that
// is the ordinary index. A relative path begins at the top of the work tree, where git goes before it looks.
func (r Repo) NamedIndex(file string) (string, error) {
	if file == "" {
		return "", nil
	}
	path := file
	if !filepath.IsAbs(path) {
		path = filepath.Join(r.WorkTree, path)
	}
	dir, err := filepath.EvalSymlinks(filepath.Dir(path))
	if err != nil {
		return "", err
	}
	own, err := filepath.EvalSymlinks(r.GitDir)
	if err != nil {
		return "", err
	}
	name := filepath.Base(path)
	switch {
	case dir != own:
		return "", fmt.Errorf("it does not lie in this repository's git directory %q", r.GitDir)
	case name == "index":
		return "", nil
	}
	admin, err := os.Open(own)
	if err != nil {
		return "", err
	}
	defer admin.Close()
	f, err := openBeneath(admin, name)
	if err != nil {
		return "", err
	}
	return name, f.Close()
}

// indexName is the file in the repository's git directory that the jail's index is made from.
func (p Private) indexName() string {
	if p.Index == "" {
		return "index"
	}
	return p.Index
}

// unseen says that the index which was named is not the jail's; nil where it is, or where none was named.
func (p Private) unseen() error {
	if p.Index == "" {
		return nil
	}
	if host, _ := p.indexPrints(); p.load().Copied == host {
		return nil
	}
	return errors.New("another run works here, or the jail has staged something itself")
}

// copyIndex gives the jail the host's index: with equal times and inodes, so that its first status reads no file. Where the jail is
// at another commit than the host, it is made that of this one.
func (p Private) copyIndex(ctx context.Context, d door, root *os.Root, commit string, s *synced) error {
	made, err := p.madeIndex(ctx, d, commit)
	if commit != "" && exitCode(err) > 0 {
		return nil // a commit that was not taken over: the jail's index stays
	}
	if err != nil {
		return err
	}
	admin, err := os.Open(p.Host.GitDir)
	if err != nil {
		return err
	}
	defer admin.Close()
	if made != nil {
		if err := replaceBeneath(root, "index", made); err != nil {
			return err
		}
	}
	names := []string{p.indexName()}
	if made != nil {
		names = nil
	}
	shared, _ := filepath.Glob(filepath.Join(quoteGlob(p.Host.GitDir), "sharedindex.*"))
	for _, path := range shared {
		names = append(names, filepath.Base(path))
	}
	for _, name := range names {
		data, err := readBeneath(admin, name, 1<<30)
		if errors.Is(err, os.ErrNotExist) {
			continue
		}
		to := name
		if name == p.indexName() {
			to = "index"
		}
		if err == nil {
			err = replaceBeneath(root, to, data)
		}
		if err != nil {
			return err
		}
	}
	if err := root.RemoveAll("index.lock"); err != nil {
		return err
	}
	s.Copied, s.Ours = p.indexPrints()
	s.Hidden = p.Hidden
	return nil
}

// indexPrints stand for the host's index and for the jail's.
func (p Private) indexPrints() (host, jail fingerprint) {
	of := func(index string) fingerprint {
		f := newPrints()
		f.file(index)
		f.newest = 0 // compared for being the very same file, not for being unchanged since
		return f.done()
	}
	return of(filepath.Join(p.Host.GitDir, p.indexName())), of(filepath.Join(p.gitDir(), "index"))
}
