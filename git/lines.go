package git

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// lineCounts are the lines of a diff. Binary files have none.
type lineCounts struct {
	insertions, deletions int
}

const keptLines = "lines"

// knownLines is changedLines, or what that said before of the same files in a tree of the same state, which it remembers in
// a folder of ours.
func (d door) knownLines(ctx context.Context, e entries, tree, folder string) (lineCounts, error) {
	stamp, ok := e.linesStamp()
	if !ok || tree == "" || e.index == "" {
		return d.changedLines(ctx, e.Entries, e.heads)
	}
	// How files are read and compared.
	rules := fmt.Sprintf("%q %q %q %q", e.index, tree, append(readable(d.entries), d.overrides...), d.repo.attributes())
	sum := sha256.Sum256([]byte(rules + stamp))
	stamp = hex.EncodeToString(sum[:])
	file := filepath.Join(folder, keptLines)
	if known, ok := readLines(file, stamp); ok {
		return known, nil
	}
	lines, err := d.changedLines(ctx, e.Entries, e.heads)
	if err != nil {
		return lineCounts{}, err
	}
	return lines, replace(file, fmt.Appendf(nil, "%s %d %d\n", stamp, lines.insertions, lines.deletions))
}

// readLines reads the counts of a stamp. A file that was cut off has none.
func readLines(file, stamp string) (n lineCounts, ok bool) {
	data, err := os.ReadFile(file)
	if err != nil || !strings.HasSuffix(string(data), "\n") {
		return lineCounts{}, false
	}
	counts, ok := strings.CutPrefix(string(data), stamp+" ")
	if !ok {
		return lineCounts{}, false
	}
	found, err := fmt.Sscanf(counts, "%d %d\n", &n.insertions, &n.deletions)
	return n, err == nil && found == 2
}

// linesStamp stands for the files that count, as they lie there and as they are in HEAD. false: one of them may change and
// nobody would see.
func (e entries) linesStamp() (string, bool) {
	var b strings.Builder
	for i, entry := range e.Entries {
		if entry.Kind == Untracked {
			continue
		}
		if e.stamps[i] == "" && entry.Work != 'D' && entry.Index != 'D' {
			return "", false
		}
		fmt.Fprintf(&b, "%q %s %c%c %s %s %s\n", entry.Path, entry.Kind, entry.Index, entry.Work, e.heads[i].mode, e.heads[i].id, e.stamps[i])
	}
	return b.String(), true
}

// fileStamp changes when a file does. Shortly after a change there is none.
func fileStamp(info os.FileInfo, now time.Time) string {
	st, ok := info.Sys().(*syscall.Stat_t)
	if !ok || now.UnixNano()-changeTime(st) <= int64(fresh) {
		return ""
	}
	return fmt.Sprint(st.Ino, st.Mode, st.Size, changeTime(st))
}

// changedLines compares the files of a status with HEAD, as git diff --numstat HEAD does. That would look at every
// file of the work tree once more, which takes as long as the status itself; so git gets an index that has only these
// files, as they are in HEAD.
func (d door) changedLines(ctx context.Context, entries []Entry, heads []headFile) (lineCounts, error) {
	var list bytes.Buffer
	var added []string
	for i, e := range entries {
		switch mode := heads[i].mode; {
		case e.Kind == Untracked || mode == "160000" || heads[i].big: // submodules are not looked into
		case mode == "000000" && e.Work != 'D' && e.Index != 'D':
			added = append(added, e.Path)
		case mode != "000000" && heads[i].id != "":
			fmt.Fprintf(&list, "%s %s\t%s\x00", mode, heads[i].id, e.Path)
		}
	}
	sum, err := d.addedLines(added)
	if err != nil || list.Len() == 0 {
		return sum, err
	}
	dir, err := os.MkdirTemp("", "jail-status-")
	if err != nil {
		return lineCounts{}, err
	}
	defer os.RemoveAll(dir)
	index := filepath.Join(dir, "index")
	_, err = d.run(ctx, call{args: []string{"update-index", "-z", "--index-info"}, stdin: &list, index: index})
	if err != nil {
		return lineCounts{}, err
	}
	out, err := d.run(ctx, call{index: index, where: inBox, args: []string{"diff-files", "--numstat", "-z", "--no-ext-diff",
		"--no-textconv", "--ignore-submodules=all"}})
	if err != nil {
		return lineCounts{}, err
	}
	changed, err := parseNumstat(out)
	return lineCounts{sum.insertions + changed.insertions, changed.deletions}, err
}

// addedLines counts the lines of files that HEAD does not have.
func (d door) addedLines(paths []string) (lineCounts, error) {
	if len(paths) == 0 {
		return lineCounts{}, nil
	}
	dir, err := os.Open(d.repo.WorkTree)
	if err != nil {
		return lineCounts{}, err
	}
	defer dir.Close()
	var sum lineCounts
	for _, path := range paths {
		n, err := countLines(dir, path)
		if err != nil {
			return lineCounts{}, err
		}
		sum.insertions += n
	}
	return sum, nil
}

// countLines counts as git does: the text of a symlink is a line, and binary files have none.
func countLines(dir *os.File, path string) (int, error) {
	f, err := openBeneath(dir, path)
	var link errSymlink
	var other errNotRegular
	switch {
	case errors.As(err, &link):
		return 1, nil
	case errors.As(err, &other), errors.Is(err, os.ErrNotExist):
		return 0, nil
	case err != nil:
		return 0, err
	}
	defer f.Close()
	if info, err := f.Stat(); err != nil || info.Size() > largeFile {
		return 0, err
	}
	// A file that is still growing ends there.
	content := io.LimitReader(f, largeFile)
	var lines, total int
	last := byte('\n')
	for buffer := make([]byte, 64<<10); ; {
		n, err := content.Read(buffer)
		chunk := buffer[:n]
		if total == 0 && isBinary(chunk) {
			return 0, nil
		}
		total += n
		lines += bytes.Count(chunk, []byte("\n"))
		if n > 0 {
			last = chunk[n-1]
		}
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return 0, err
		}
	}
	if last != '\n' {
		lines++
	}
	return lines, nil
}

// isBinary is git's own test, on the beginning of a file.
func isBinary(content []byte) bool {
	return bytes.IndexByte(content[:min(len(content), 8000)], 0) >= 0
}

// parseNumstat reads git diff --numstat -z: insertions TAB deletions TAB path NUL, and for a renamed file an empty
// path, then NUL, both paths.
func parseNumstat(out []byte) (lineCounts, error) {
	var sum lineCounts
	rest := string(out)
	for rest != "" {
		line, after, ended := strings.Cut(rest, "\x00")
		fields := strings.SplitN(line, "\t", 3)
		if !ended || len(fields) != 3 {
			return lineCounts{}, unexpected("diff --numstat", line)
		}
		rest = after
		if fields[2] == "" {
			paths := strings.SplitN(rest, "\x00", 3)
			if len(paths) != 3 {
				return lineCounts{}, unexpected("diff --numstat", line)
			}
			rest = paths[2]
		}
		if fields[0] == "-" && fields[1] == "-" {
			continue
		}
		insertions, err1 := strconv.ParseUint(fields[0], 10, 31)
		deletions, err2 := strconv.ParseUint(fields[1], 10, 31)
		if err1 != nil || err2 != nil {
			return lineCounts{}, unexpected("diff --numstat", line)
		}
		sum.insertions += int(insertions)
		sum.deletions += int(deletions)
	}
	return sum, nil
}
