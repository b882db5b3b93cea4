package git

import (
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
)

// maxStaged is how many staged files are told apart from others; a jail can stage any number.
const maxStaged = 1000

// staging tells in a status which of its changes the jail has staged. The list of changes itself comes from the host's
// index: the jail's own one can claim of any file that it did not change.
func (w Worktree) staging(ctx context.Context, d door, folder string, s *Status, heads *[]headFile) error {
	if w.JailGit == "" || s.Head == "" {
		return nil
	}
	index, err := copyJailIndex(w.JailGit, folder)
	if err != nil || index == "" {
		return err
	}
	out, err := d.stagedIn(ctx, folder, index, s.Head)
	if err != nil || len(out) == 0 {
		return err
	}
	staged, err := parseStaged(out)
	if err != nil {
		return err
	}
	if len(staged) > maxStaged {
		return errors.New("the jail has staged more than can be told apart")
	}
	var paths []string
	for _, e := range staged {
		paths = append(paths, e.Path)
	}
	work, err := d.run(ctx, call{where: inBox, index: index, args: append([]string{"diff-files", "--name-status", "-z", "--no-renames", "--ignore-submodules=all", "--"}, literal(paths)...)})
	if err != nil {
		return err
	}
	fields := parsePaths(work)
	for i := range staged {
		for at := 0; at+1 < len(fields); at += 2 {
			if fields[at+1] == staged[i].Path && fields[at] != "" && staged[i].Kind != Conflicted {
				staged[i].Work = fields[at][0]
			}
		}
	}
	s.overlay(staged, heads)
	return nil
}

// copyJailIndex copies an index that a jail can write to where a box can read it; "" where there is none.
func copyJailIndex(gitDir, folder string) (string, error) {
	dir, err := os.Open(gitDir)
	if errors.Is(err, os.ErrNotExist) {
		return "", nil
	}
	if err != nil {
		return "", err
	}
	defer dir.Close()
	source, err := openBeneath(dir, "index")
	if errors.Is(err, os.ErrNotExist) {
		return "", nil
	}
	if err != nil {
		return "", err
	}
	defer source.Close()
	info, err := source.Stat()
	if err != nil {
		return "", err
	}
	if info.Size() > outputLimit {
		return "", errors.New("the jail's index is larger than 256 MiB")
	}
	if err := os.MkdirAll(filepath.Join(folder, "staged"), 0o700); err != nil {
		return "", err
	}
	index, stamp := filepath.Join(folder, "staged", "index"), filepath.Join(folder, "staged-stamp")
	if old, err := os.ReadFile(stamp); err == nil && string(old) == indexStamp(info) {
		return index, nil
	}
	for _, stale := range []string{stamp, filepath.Join(folder, "staged-list")} {
		if err := os.Remove(stale); err != nil && !errors.Is(err, os.ErrNotExist) {
			return "", err
		}
	}
	if err := replaceIndex(folder, index, io.LimitReader(source, outputLimit), info); err != nil {
		return "", err
	}
	return index, os.WriteFile(stamp, []byte(indexStamp(info)), 0o600)
}

// stagedIn lists what is staged, and remembers it as long as index and HEAD are the same.
func (d door) stagedIn(ctx context.Context, folder, index, head string) ([]byte, error) {
	list := filepath.Join(folder, "staged-list")
	old, err := os.ReadFile(list)
	if known, out, _ := strings.Cut(string(old), "\x00"); err == nil && known == head {
		return []byte(out), nil
	}
	out, err := d.run(ctx, call{where: inBox, index: index, args: []string{"diff-index", "--cached", "--name-status", "-z", "-M", "--ignore-submodules=all", head, "--"}})
	if err != nil {
		return nil, err
	}
	return out, os.WriteFile(list, []byte(head+"\x00"+string(out)), 0o600)
}

// parseStaged reads git diff-index --name-status -z: LETTER NUL PATH NUL, and for a rename the former path before it.
func parseStaged(out []byte) ([]Entry, error) {
	var found []Entry
	fields := parsePaths(out)
	for len(fields) > 1 && fields[0] != "" {
		e := Entry{Index: fields[0][0], Work: '.', Kind: Changed, Path: fields[1]}
		rest := fields[2:]
		switch e.Index {
		case 'R', 'C':
			if len(rest) == 0 {
				return nil, unexpected("diff-index", fields[0])
			}
			e.Kind, e.OrigPath, e.Path, rest = Renamed, fields[1], rest[0], rest[1:]
		case 'U':
			e.Kind, e.Work = Conflicted, 'U'
		}
		found = append(found, e)
		fields = rest
	}
	if len(fields) > 0 {
		return nil, unexpected("diff-index", fields[0])
	}
	return found, nil
}

// overlay puts staged changes in the place of those that they are part of.
func (s *Status) overlay(staged []Entry, heads *[]headFile) {
	at := map[string]int{}
	for i, e := range s.Entries {
		at[e.Path] = i
	}
	gone := map[int]bool{}
	for _, e := range staged {
		head := headFile{mode: "000000"}
		if i, ok := at[e.OrigPath]; ok && e.Index == 'R' && s.Entries[i].Work == 'D' {
			head, gone[i] = headFile{mode: (*heads)[i].mode, id: (*heads)[i].id}, true
		}
		if i, ok := at[e.Path]; ok {
			if old := (*heads)[i]; e.Kind != Renamed && old.mode != "" {
				head = old
			}
			s.Entries[i], (*heads)[i] = e, head
			continue
		}
		if e.Index != 'D' && e.Work == '.' {
			e.Work = 'M' // the work tree is as HEAD, and so not as the index
		}
		s.Entries, *heads = append(s.Entries, e), append(*heads, head)
	}
	entries, old := s.Entries, *heads
	s.Entries, *heads = nil, nil
	s.Staged, s.Unstaged, s.Renamed, s.Untracked, s.Conflicted = 0, 0, 0, 0, 0
	for i, e := range entries {
		if !gone[i] {
			s.add(e)
			*heads = append(*heads, old[i])
		}
	}
}
