package git

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// lockMark is what an index.lock of ours holds. Whoever has the lock of the Private knows that one is left over.
const lockMark = "jail: moving the index\n"

// ErrIndexLocked means that another git works with the index.
var ErrIndexLocked = errors.New("another git holds the index (index.lock)")

// moveIndex lets the index of the host's work tree follow a branch that was moved. A copy is moved and put in its place, so
// that at no moment an index is there whose gitlinks git would look into. It returns those that are new.
func (p Private) moveIndex(ctx context.Context, d door, old, commit string) (links []string, err error) {
	if p.Host.WorkTree == "" {
		return nil, nil
	}
	index := filepath.Join(p.Host.GitDir, "index")
	unlock, err := lockIndex(index)
	if err != nil {
		return nil, err
	}
	defer unlock()
	temp := index + ".jail-new"
	defer os.Remove(temp)
	defer os.Remove(temp + ".lock")
	if err := copyIndexFile(index, temp); err != nil {
		return nil, err
	}
	known, err := d.gitlinks(ctx, temp)
	if err != nil {
		return nil, err
	}
	if err := d.readTree(ctx, temp, p.Branch == "", old, commit); err != nil {
		return nil, err
	}
	if p.Branch != "" {
		known = nil // no submodule is checked out in a jail's work tree by its user
	}
	if links, err = d.skipGitlinks(ctx, temp, known); err != nil {
		return nil, err
	}
	return links, os.Rename(temp, index)
}

// readTree makes an index that of a commit. Where the user works with it too, what is staged there and the commit does not
// touch stays staged, also where something else that is staged is in the way.
func (d door) readTree(ctx context.Context, index string, users bool, old, commit string) error {
	var staged string
	if users && old != "" {
		_, err := d.run(ctx, call{args: []string{"read-tree", "-i", "-m", old, commit}, access: writes, index: index})
		if err == nil || exitCode(err) < 0 {
			return err
		}
		if staged, err = d.stagedBeside(ctx, index, old, commit); err != nil {
			return err
		}
	}
	_, err := d.run(ctx, call{args: []string{"read-tree", "-i", "--reset", commit}, access: writes, index: index})
	if err != nil || staged == "" {
		return err
	}
	_, err = d.run(ctx, call{args: []string{"update-index", "-z", "--index-info"}, access: writes, index: index, stdin: strings.NewReader(staged)})
	return err
}

// stagedBeside is what an index has other than one commit in paths in which another commit is not other than that, for update-index
// --index-info.
func (d door) stagedBeside(ctx context.Context, index, old, commit string) (string, error) {
	touched, err := d.read(ctx, "diff-tree", "-r", "-z", "--name-only", "--no-renames", old, commit)
	if err != nil {
		return "", err
	}
	taken := map[string]bool{}
	for path := range strings.SplitSeq(string(touched), "\x00") {
		taken[path] = true
	}
	out, err := d.run(ctx, call{args: []string{"diff-index", "--cached", "--raw", "-z", "--no-renames", "--no-abbrev", old}, index: index})
	if err != nil {
		return "", err
	}
	var lines strings.Builder
	fields := strings.Split(string(out), "\x00")
	for ; len(fields) >= 2; fields = fields[2:] { // ":OLDMODE MODE OLDID ID STATUS", path
		meta, path := strings.Fields(fields[0]), fields[1]
		if len(meta) == 5 && meta[4] != "U" && !taken[path] && !taken[filepath.Dir(path)] {
			fmt.Fprintf(&lines, "%s %s\t%s\x00", meta[1], meta[3], path)
		}
	}
	return lines.String(), nil
}

// gitlinks lists the paths of an index that are other repositories' commits.
func (d door) gitlinks(ctx context.Context, index string) ([]string, error) {
	out, err := d.run(ctx, call{args: []string{"ls-files", "--stage", "-z"}, index: index})
	if err != nil {
		return nil, err
	}
	var found []string
	for entry := range bytes.SplitSeq(out, []byte{0}) {
		if meta, path, ok := strings.Cut(string(entry), "\t"); ok && strings.HasPrefix(meta, "160000 ") {
			found = append(found, path)
		}
	}
	return found, nil
}

// skipGitlinks lets git pass over gitlinks: a repository that a jail has made there is otherwise looked into, with its own
// configuration. Those that are known are the user's. It returns the others.
func (d door) skipGitlinks(ctx context.Context, index string, known []string) (links []string, err error) {
	if links, err = d.gitlinks(ctx, index); err != nil {
		return nil, err
	}
	links = slices.DeleteFunc(links, func(path string) bool { return slices.Contains(known, path) })
	return links, d.skipWorktree(ctx, index, links)
}

// skipWorktree marks paths of an index, so that git takes them for what the index has.
func (d door) skipWorktree(ctx context.Context, index string, paths []string, flags ...string) error {
	if len(paths) == 0 {
		return nil
	}
	_, err := d.run(ctx, call{
		flags: flags, args: []string{"update-index", "--skip-worktree", "-z", "--stdin"}, access: writes, index: index,
		stdin: strings.NewReader(strings.Join(paths, "\x00") + "\x00"),
	})
	return err
}

// lockIndex takes git's own lock of an index.
func lockIndex(index string) (unlock func(), err error) {
	path := index + ".lock"
	for range 2 {
		f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o644)
		if err == nil {
			_, err = f.WriteString(lockMark)
			if err = errors.Join(err, f.Close()); err != nil {
				return nil, fmt.Errorf("cannot lock the index: %w", errors.Join(err, os.Remove(path)))
			}
			return func() { os.Remove(path) }, nil
		}
		if !errors.Is(err, os.ErrExist) {
			return nil, fmt.Errorf("cannot lock the index: %w", err)
		}
		if left, err := os.ReadFile(path); err != nil || string(left) != lockMark {
			break
		}
		os.Remove(path) // ours, of a process that was killed
	}
	return nil, ErrIndexLocked
}

// copyIndexFile follows no link: the git directory may be an agent's work.
func copyIndexFile(from, to string) error {
	dir, err := os.Open(filepath.Dir(from))
	if err != nil {
		return err
	}
	defer dir.Close()
	in, err := openBeneath(dir, filepath.Base(from))
	if errors.Is(err, os.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	defer in.Close()
	if err := os.Remove(to); err != nil && !errors.Is(err, os.ErrNotExist) {
		return err
	}
	out, err := os.OpenFile(to, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o644)
	if err != nil {
		return err
	}
	_, err = io.Copy(out, in)
	return errors.Join(err, out.Close())
}
