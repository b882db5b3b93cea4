package git

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path"
	"path/filepath"
	"strings"
)

// Snapshot is what is not committed in a work tree, as a commit on top of HEAD to which no ref leads.
type Snapshot struct {
	Head    string // commit id
	Commit  string // commit id; the same as Head where there is nothing
	Files   []FileChange
	Refused []Skipped // files that must not leave the jail as they are; Commit has them as HEAD has
}

// Snapshot makes a commit of what is not committed. The content passes through the conversions of the repository, as
// for line endings, and through no program but git-lfs. Refused are symbolic links that leave the tree or lead to .git,
// files with the setuid, setgid or sticky bit, what is no regular file, and repositories in the tree. Errors: ErrWaits.
func (w Worktree) Snapshot(ctx context.Context) (Snapshot, error) {
	d, err := w.open(ctx)
	if err != nil {
		return Snapshot{}, err
	}
	var s Snapshot
	if s.Head, err = d.resolve(ctx, "HEAD"); err != nil {
		return Snapshot{}, err
	}
	changes, err := w.Changes(ctx)
	if err != nil || s.Head == "" {
		return Snapshot{}, err
	}
	if err := w.passable(ctx); err != nil {
		return Snapshot{}, err
	}
	temp, err := os.MkdirTemp("", "jail-snapshot-")
	if err != nil {
		return Snapshot{}, err
	}
	defer os.RemoveAll(temp)
	index := filepath.Join(temp, "index")
	if _, err := d.run(ctx, call{args: []string{"read-tree", s.Head}, access: writes, index: index}); err != nil {
		return Snapshot{}, err
	}
	lines, err := d.snapshotLines(ctx, changes, &s)
	if err != nil {
		return Snapshot{}, err
	}
	if _, err := d.run(ctx, call{args: []string{"update-index", "-z", "--index-info"}, access: writes, index: index, stdin: strings.NewReader(lines)}); err != nil {
		return Snapshot{}, err
	}
	s.Commit, err = d.commitIndex(ctx, index, s.Head, "uncommitted in a jail\n")
	if err == nil {
		s.Files, err = d.changes(ctx, s.Head, s.Commit)
	}
	return s, err
}

// snapshotLines is the input of git-update-index(1), --index-info -z.
func (d door) snapshotLines(ctx context.Context, changes []Change, s *Snapshot) (string, error) {
	dir, err := os.Open(d.repo.WorkTree)
	if err != nil {
		return "", err
	}
	defer dir.Close()
	var lines strings.Builder
	for _, c := range changes {
		if c.Gone {
			fmt.Fprintf(&lines, "0 %s\t%s\x00", strings.Repeat("0", len(s.Head)), c.Path)
			continue
		}
		mode, id, refused, err := d.store(ctx, dir, c.Path)
		switch {
		case err != nil:
			return "", fmt.Errorf("cannot read %q: %w", c.Path, err)
		case refused != "":
			s.Refused = append(s.Refused, Skipped{c.Path, refused})
		default:
			fmt.Fprintf(&lines, "%s %s\t%s\x00", mode, id, c.Path)
		}
	}
	return lines.String(), nil
}

// store writes one file of the work tree into the object store, or says why it is refused.
func (d door) store(ctx context.Context, dir *os.File, name string) (mode, id, refused string, err error) {
	if strings.HasSuffix(name, "/") {
		return "", "", "it is a repository of its own", nil
	}
	f, err := openBeneath(dir, name)
	var link errSymlink
	var other errNotRegular
	switch {
	case errors.As(err, &link) && leaves(name, link.target):
		return "", "", "a symbolic link that leaves the tree", nil
	case errors.As(err, &link):
		id, err = d.hash(ctx, strings.NewReader(link.target))
		return "120000", id, "", err
	case errors.As(err, &other):
		return "", "", "it is a " + other.what, nil
	case err != nil:
		return "", "", "", reason(err)
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return "", "", "", err
	}
	if info.Mode()&(os.ModeSetuid|os.ModeSetgid|os.ModeSticky) != 0 {
		return "", "", "it has the setuid, setgid or sticky bit", nil
	}
	mode = "100644"
	if info.Mode()&0o100 != 0 {
		mode = "100755"
	}
	id, err = d.hash(ctx, f, "--path="+name)
	return mode, id, "", err
}

func (d door) hash(ctx context.Context, content io.Reader, options ...string) (string, error) {
	args := append([]string{"hash-object", "-w", "--stdin"}, options...)
	// In the work tree, where git looks for .gitattributes, as it does for a status.
	out, err := d.run(ctx, call{args: args, access: writes, stdin: content, dir: d.repo.WorkTree})
	id := strings.TrimSpace(string(out))
	if err == nil && !validID(id) {
		err = unexpected("hash-object", id)
	}
	return id, err
}

// leaves reports whether a symbolic link leads out of the tree, or into what is git's.
func leaves(name, target string) bool {
	end := path.Join(path.Dir(name), target)
	first, _, _ := strings.Cut(end, "/")
	return path.IsAbs(target) || !filepath.IsLocal(end) || strings.EqualFold(first, ".git")
}

// Patch writes the difference of two commits in a form that git-apply(1) reads, binary files included.
func (r Repo) Patch(ctx context.Context, from, to string, out io.Writer) error {
	if !validID(from) || !validID(to) {
		return fmt.Errorf("cannot compare %+q with %+q: not commit ids", from, to)
	}
	d, err := r.open(ctx)
	if err != nil {
		return err
	}
	_, err = d.run(ctx, call{stdout: out, args: []string{"diff-tree", "-r", "-p", "--binary", "--full-index", "--no-renames", "--no-color",
		"--no-ext-diff", "--no-textconv", "--src-prefix=a/", "--dst-prefix=b/", "--ignore-submodules=none", from, to, "--"}})
	return err
}
