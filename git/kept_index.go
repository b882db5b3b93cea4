package git

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"syscall"
)

// kept is a copy of a work tree's index that git may write to in the box. In the copy it keeps what it has found out of
// each folder (git-update-index(1), untracked cache), which halves the time of the next status. Only such boxes read it:
// if the content of a work tree should ever get the better of git, all that it wins is a wrong status.
//
// A jail cannot hide files from it: what its own git has marked to be taken for unchanged is marked so no more.
type kept struct {
	dir    string   // that the box may write to
	index  string   // in it
	hidden []string // files that were marked
	stamp  string   // of the index that was copied
}

// The folder of a kept index has the folder that the box sees, and beside it, out of its reach, what was copied.
const (
	keptBox   = "box"
	keptStamp = "stamp"
)

// claim takes a folder for one status. While another has it, or where there is none, a folder that vanishes serves.
func claim(folder string) (claimed string, release func(), err error) {
	if folder != "" {
		lock, err := os.OpenFile(filepath.Join(folder, "lock"), os.O_RDWR|os.O_CREATE|syscall.O_CLOEXEC, 0o600)
		if err == nil {
			if syscall.Flock(int(lock.Fd()), syscall.LOCK_EX|syscall.LOCK_NB) == nil {
				return folder, func() { lock.Close() }, nil
			}
			lock.Close()
		}
	}
	temp, err := os.MkdirTemp("", "jail-status-")
	return temp, func() { os.RemoveAll(temp) }, err
}

// keepIndex brings the copy up to date. Without a box there is none.
//
// Preconditions: the folder is claimed.
func (d door) keepIndex(ctx context.Context, folder string) (kept, error) {
	if d.repo.Box == nil {
		return kept{}, nil
	}
	k := kept{dir: filepath.Join(folder, keptBox)}
	k.index = filepath.Join(k.dir, "index")
	if err := os.MkdirAll(k.dir, 0o700); err != nil {
		return kept{}, err
	}
	// Of a git that was killed: nobody else works here.
	if err := os.Remove(k.index + ".lock"); err != nil && !errors.Is(err, os.ErrNotExist) {
		return kept{}, err
	}
	source, err := os.Open(filepath.Join(d.repo.GitDir, "index"))
	if err != nil {
		return kept{}, err
	}
	defer source.Close()
	info, err := source.Stat()
	if err != nil {
		return kept{}, err
	}
	stamp := indexStamp(info)
	k.stamp = stamp
	old, err := os.ReadFile(filepath.Join(folder, keptStamp))
	if have, hidden, _ := strings.Cut(string(old), "\x00"); err == nil && have == stamp {
		k.hidden = parsePaths([]byte(hidden))
		return k, nil
	}
	if err := replaceIndex(folder, k.index, source, info); err != nil {
		return kept{}, err
	}
	if k.hidden, err = d.unhide(ctx, k); err != nil {
		return kept{}, err
	}
	return k, os.WriteFile(filepath.Join(folder, keptStamp), []byte(stamp+"\x00"+strings.Join(k.hidden, "\x00")), 0o600)
}

// indexStamp changes when the index does: git puts a new file in its place.
func indexStamp(info os.FileInfo) string {
	inode := uint64(0)
	if st, ok := info.Sys().(*syscall.Stat_t); ok {
		inode = st.Ino
	}
	return fmt.Sprintf("1 %d %d %d", inode, info.Size(), info.ModTime().UnixNano())
}

// replaceIndex copies an index, and puts the copy in place by a rename: what the box may have put there is not followed.
func replaceIndex(folder, path string, source io.Reader, info os.FileInfo) error {
	// Whatever fails from here on, the next one copies again.
	if err := os.Remove(filepath.Join(folder, keptStamp)); err != nil && !errors.Is(err, os.ErrNotExist) {
		return err
	}
	temp, err := os.CreateTemp(folder, "index-")
	if err != nil {
		return err
	}
	defer os.Remove(temp.Name())
	_, err = io.Copy(temp, source)
	if err = errors.Join(err, temp.Close()); err != nil {
		return err
	}
	// By the time of its index git knows which files may have changed since without a trace (racy git).
	if err := os.Chtimes(temp.Name(), info.ModTime(), info.ModTime()); err != nil {
		return err
	}
	return os.Rename(temp.Name(), path)
}

// unhide clears the marks by which git would take files for unchanged without a look, and names those files. In a sparse
// checkout, and for submodules, which are not looked into, one of the marks has its meaning.
func (d door) unhide(ctx context.Context, k kept) ([]string, error) {
	out, err := d.run(ctx, call{args: []string{"ls-files", "-v", "-z"}, where: inBox, index: k.index})
	if err != nil {
		return nil, err
	}
	root, err := os.OpenRoot(d.repo.WorkTree)
	if err != nil {
		return nil, err
	}
	defer root.Close()
	var hidden []string
	for _, line := range parsePaths(out) {
		tag, path, ok := strings.Cut(line, " ")
		if !ok || len(tag) != 1 {
			return nil, unexpected("ls-files", line)
		}
		switch {
		case tag >= "a" && tag <= "z":
			hidden = append(hidden, path)
		case tag == "S" && !d.sparse():
			if info, err := root.Lstat(path); err != nil || !info.IsDir() {
				hidden = append(hidden, path)
			}
		}
	}
	if len(hidden) == 0 {
		return nil, nil
	}
	list := strings.Join(hidden, "\x00") + "\x00"
	for _, clear := range []string{"--no-assume-unchanged", "--no-skip-worktree"} {
		_, err := d.run(ctx, call{args: []string{"update-index", "-z", clear, "--stdin"}, where: inBox, index: k.index, keep: k.dir, stdin: strings.NewReader(list)})
		if err != nil {
			return nil, err
		}
	}
	return hidden, nil
}

// untrackedStamp stands for all that decides, beside the index, which untracked files there are. Without the state of the
// tree it is empty: they are not known.
func (d door) untrackedStamp(k kept, tree string) string {
	if tree == "" {
		return ""
	}
	stamp := k.stamp + "|" + tree
	for _, file := range []string{filepath.Join(d.repo.CommonDir, "info", "exclude"), excludesFile(d.overrides, d.entries)} {
		stamp += "|" + file
		if info, err := os.Stat(file); err == nil {
			stamp += " " + indexStamp(info)
		}
	}
	return stamp
}

const keptUntracked = "untracked"

// untracked returns the untracked files of an earlier status, if they are still the same.
func (k kept) untracked(stamp string) ([]string, bool) {
	data, err := os.ReadFile(filepath.Join(filepath.Dir(k.dir), keptUntracked))
	have, list, ok := strings.Cut(string(data), "\x00")
	return parsePaths([]byte(list)), err == nil && ok && stamp != "" && have == stamp
}

func (k kept) keepUntracked(stamp string, all []Entry) error {
	if stamp == "" {
		return nil
	}
	var text strings.Builder
	text.WriteString(stamp + "\x00")
	for _, e := range all {
		if e.Kind == Untracked {
			text.WriteString(e.Path + "\x00")
		}
	}
	return replace(filepath.Join(filepath.Dir(k.dir), keptUntracked), []byte(text.String()))
}

func (d door) sparse() bool {
	sparse := false
	for _, e := range d.entries {
		if e.key == "core.sparsecheckout" {
			sparse = e.value == "true"
		}
	}
	return sparse
}
