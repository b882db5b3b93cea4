package git

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strings"
)

// TakeBack repairs a work tree in which Move, MoveBack or Stage was cut off, while the branch is still at from: files that are as
// the other tree has them, or that were being written, become as from has them, in the index too. Only such files are touched, so
// nothing is lost. What Stage brought to its end stays.
func (r Repo) TakeBack(ctx context.Context, from, to string) error {
	d, err := r.openFor(ctx, withUser)
	if err != nil || r.WorkTree == "" {
		return err
	}
	if _, err := os.Lstat(filepath.Join(r.GitDir, mergeHead)); err == nil {
		return nil
	}
	return d.takeBack(ctx, from, to)
}

// half is a work tree between two trees.
type half struct {
	d        door
	from, to string
	files    []FileChange
	ids      []string // of each file two
	tree     *os.Root
	dir      string             // for files of ours
	index    map[string]entryOf // of those files that are in the index, once
	notTo    map[string]bool    // see notAs
	begun    map[string]bool    // see begunFiles
}

// entryOf is what the index has of a file.
type entryOf struct {
	mode, id string
	skipped  bool // not in the work tree, as in a sparse checkout
}

func (d door) takeBack(ctx context.Context, from, to string) error {
	h := half{d: d, from: from, to: to}
	var err error
	if h.files, h.ids, err = d.changedIDs(ctx, from, to); err != nil {
		return err
	}
	if h.dir, err = os.MkdirTemp("", "jail-merge-"); err != nil {
		return err
	}
	defer os.RemoveAll(h.dir)
	if h.tree, err = os.OpenRoot(d.repo.WorkTree); err != nil {
		return err
	}
	defer h.tree.Close()
	// First, as the indexes of ours need room that a full disk has not.
	if err := h.newGone(); err != nil {
		return err
	}
	if h.index, err = d.indexEntries(ctx, h.files); err != nil {
		return err
	}
	if h.notTo, err = d.notAs(ctx, filepath.Join(h.dir, "to"), to); err != nil {
		return err
	}
	if h.begun, err = h.begunFiles(ctx); err != nil {
		return err
	}
	if err := h.filesBack(ctx); err != nil {
		return err
	}
	if err := h.indexBack(ctx); err != nil {
		return err
	}
	return d.forgetStaged()
}

// remove takes a file away, and the folders that are empty then.
func (h half) remove(file string) error {
	err := h.tree.Remove(file)
	for at := path.Dir(file); err == nil && at != "." && h.tree.Remove(at) == nil; at = path.Dir(at) {
	}
	return err
}

// filesBack removes what from has not, and then writes what it has: a file can be where there was a folder.
func (h half) filesBack(ctx context.Context) error {
	for _, f := range h.files {
		if f.OldMode != noMode || f.NewMode == submodule || h.index[f.Path].skipped || h.notTo[f.Path] && !h.begun[f.Path] {
			continue
		}
		if _, err := lookBelow(h.tree, f.Path); err != nil {
			continue
		}
		if err := h.remove(f.Path); err != nil {
			return err
		}
	}
	var back strings.Builder
	for _, f := range h.files {
		if f.OldMode == noMode || f.OldMode == submodule || f.NewMode == submodule || h.index[f.Path].skipped {
			continue
		}
		info, err := lookBelow(h.tree, f.Path)
		missing := errors.Is(err, fs.ErrNotExist)
		if missing || err == nil && !info.IsDir() && (h.begun[f.Path] || f.NewMode != noMode && !h.notTo[f.Path]) {
			back.WriteString(f.Path + "\x00")
		}
	}
	args := []string{"checkout-index", "-f", "-z", "--stdin"}
	return h.d.finishWith(ctx, back.String(), call{args: args, limit: addLimit, index: filepath.Join(h.dir, "from")})
}

// indexBack does the same for the index, which git writes as a whole: before it moves the branch.
func (h half) indexBack(ctx context.Context) error {
	var gone, lines strings.Builder
	for i, f := range h.files {
		was, is := h.ids[2*i], h.ids[2*i+1]
		e, ok := h.index[f.Path]
		switch {
		case ok && (e.mode != f.NewMode || e.id != is), !ok && f.NewMode != noMode:
		case f.OldMode == noMode:
			fmt.Fprintf(&gone, "0 %s\t%s\x00", strings.Repeat("0", len(was)), f.Path)
		default:
			fmt.Fprintf(&lines, "%s %s\t%s\x00", f.OldMode, was, f.Path)
		}
	}
	if gone.Len()+lines.Len() == 0 {
		return nil
	}
	return h.d.finishWith(ctx, gone.String()+lines.String(), call{args: []string{"update-index", "-z", "--index-info"}})
}

// indexEntries reads what the index has of files. One that has conflicts is among them as what it cannot be.
func (d door) indexEntries(ctx context.Context, files []FileChange) (map[string]entryOf, error) {
	out, err := d.run(ctx, call{args: []string{"ls-files", "-t", "-s", "-z"}, config: withUser})
	if err != nil {
		return nil, err
	}
	wanted := map[string]bool{}
	for _, f := range files {
		wanted[f.Path] = true
	}
	entries := map[string]entryOf{}
	for _, line := range parsePaths(out) {
		head, path, ok := strings.Cut(line, "\t")
		words := strings.Fields(head)
		if !ok || len(words) != 4 {
			return nil, unexpected("ls-files", line)
		}
		if !wanted[path] {
			continue
		}
		e := entryOf{mode: words[1], id: words[2], skipped: words[0] == "S"}
		if words[3] != "0" {
			e = entryOf{mode: "conflict"}
		}
		entries[path] = e
	}
	return entries, nil
}

// finishWith is finish with a list of files for git. Out of a pipe it would take what has come of a path for the whole of it.
func (d door) finishWith(ctx context.Context, list string, c call) error {
	f, err := namelessFile()
	if err != nil {
		return err
	}
	defer f.Close()
	if _, err := f.WriteAt([]byte(list), 0); err != nil {
		return err
	}
	c.stdin, c.config = f, withUser
	return d.finish(ctx, c)
}

// notAs lists the files of the work tree that are not as a commit has them, without those that the commit has not. The
// index is a file to be made.
func (d door) notAs(ctx context.Context, index, commit string) (map[string]bool, error) {
	if _, err := d.run(ctx, call{args: []string{"read-tree", commit}, access: writes, index: index}); err != nil {
		return nil, err
	}
	_, err := d.run(ctx, call{args: []string{"update-index", "-q", "--refresh"}, access: writes, config: withUser, index: index})
	if err != nil && exitCode(err) < 0 {
		return nil, err
	}
	out, err := d.run(ctx, call{args: []string{"diff-files", "--name-only", "-z", "--ignore-submodules=all"}, config: withUser, index: index})
	other := map[string]bool{}
	for _, path := range parsePaths(out) {
		other[path] = true
	}
	return other, err
}
