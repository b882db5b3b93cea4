package git

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strconv"
	"strings"
)

// diffCommand is the beginning of every diff: no program of the configuration or of .gitattributes, and no look into
// submodules, whose git directories may be planted. -a comes where text is shown: without it the attribute -diff hides.
func diffCommand() []string {
	return []string{"diff", "--no-ext-diff", "--no-textconv", "--ignore-submodules=all", "--no-color", "--find-renames"}
}

// DiffRequest says what to compare. Commits are named by their ids.
type DiffRequest struct {
	From  string
	To    string   // empty means the work tree, with what is not committed and untracked
	Paths []string // files and folders to look at, from the top of the tree; none means all
}

// largeFile is the size from which a file is named and not shown: for git it is binary.
const largeFile = 32 << 20

func largeFiles() []string { return []string{"-c", fmt.Sprintf("core.bigFileThreshold=%d", largeFile)} }

// Diff writes what differs, in git's format; untracked files follow as new files. What cannot be shown as text is named.
// The text is as the jail wrote it: escape it for a terminal.
func (w Worktree) Diff(ctx context.Context, req DiffRequest, out io.Writer) error {
	d, args, err := w.openDiff(ctx, req)
	if err != nil {
		return err
	}
	changed, ids, err := d.compared(ctx, args, req, nil)
	if err != nil {
		return err
	}
	big, err := d.tooBig(ctx, changed, ids)
	if err != nil {
		return err
	}
	show := []string{"-a", "--src-prefix=a/", "--dst-prefix=b/"}
	for _, name := range big {
		if _, err := io.WriteString(out, header(name, "")+fmt.Sprintf("larger than %d MiB, not shown\n", largeFile>>20)); err != nil {
			return err
		}
	}
	_, err = d.run(ctx, call{flags: largeFiles(), args: slices.Concat(args, show, req.ends(), without(req.Paths, big)), stdout: out, where: req.where()})
	// git gives up at a file that became a FIFO or a device. What is untracked can be shown all the same.
	if exitCode(err) != 128 && err != nil || req.To != "" {
		return err
	}
	list, listErr := d.untracked(ctx, req.Paths)
	if listErr == nil {
		listErr = writeUntracked(ctx, w.WorkTree, list, out)
	}
	return errors.Join(err, listErr)
}

// Compare lists the files that Diff would show, with their lines counted. A renamed file is one that is gone and one that is
// new.
func (w Worktree) Compare(ctx context.Context, req DiffRequest) ([]FileChange, error) {
	d, args, err := w.openDiff(ctx, req)
	if err != nil {
		return nil, err
	}
	files, ids, err := d.compared(ctx, args, req, nil)
	if err != nil {
		return nil, err
	}
	big, err := d.tooBig(ctx, files, ids)
	if err != nil {
		return nil, err
	}
	// git would read them as a whole, to name what it finds.
	counted, _, err := d.compared(ctx, append(args, "--numstat"), req, big)
	if err != nil {
		return nil, err
	}
	numbers := map[string]FileChange{}
	for _, f := range counted {
		numbers[f.Path] = f
	}
	for i, f := range files {
		if n, ok := numbers[f.Path]; ok {
			files[i] = n
		} else {
			files[i].Binary = slices.Contains(big, f.Path)
		}
	}
	if req.To != "" {
		return files, nil
	}
	list, err := d.untracked(ctx, req.Paths)
	if err != nil {
		return nil, err
	}
	more, err := d.newFiles(ctx, list)
	return append(files, more...), err
}

// openDiff prepares the beginning of a git command.
func (w Worktree) openDiff(ctx context.Context, req DiffRequest) (door, []string, error) {
	for _, id := range req.ends()[:len(req.ends())-1] {
		if !validID(id) {
			return door{}, nil, fmt.Errorf("cannot compare with %+q: not a commit id", id)
		}
	}
	r := w.Repo
	if req.To != "" {
		// Objects only: without a work tree git asks no .gitattributes in it.
		r = Repo{CommonDir: w.CommonDir, GitDir: w.CommonDir}
	}
	d, err := r.open(ctx)
	if err == nil && req.To == "" && w.Box != nil {
		seen, _ := walk(ctx, w.WorkTree, w.cache()) // what it could not see is told by the status
		d.blank = waiting(seen.found)
	}
	return d, diffCommand(), err
}

func (r DiffRequest) ends() []string {
	if r.To == "" {
		return []string{r.From, "--"}
	}
	return []string{r.From, r.To, "--"}
}

func (r DiffRequest) where() place {
	if r.To == "" {
		return inBox
	}
	return onHost
}

// compared lists the files that differ, without untracked ones and those that are left out.
func (d door) compared(ctx context.Context, args []string, req DiffRequest, but []string) ([]FileChange, []string, error) {
	out, err := d.run(ctx, call{where: req.where(), flags: largeFiles(), args: slices.Concat(args, []string{"--raw", "-z", "--no-abbrev", "--no-renames"}, req.ends(), without(req.Paths, but))})
	if err != nil && exitCode(err) != 128 {
		return nil, nil, err
	}
	files, ids, parseErr := parseChanges(out)
	if err != nil && parseErr != nil {
		return nil, nil, err
	}
	return files, ids, parseErr
}

// untracked lists the files that git does not know and does not ignore.
func (d door) untracked(ctx context.Context, paths []string) ([]string, error) {
	list, err := d.readWork(ctx, slices.Concat([]string{"ls-files", "--others", "--exclude-standard", "-z", "--"}, literal(paths))...)
	return parsePaths(list), err
}

// newFiles describes untracked files.
func (d door) newFiles(ctx context.Context, paths []string) ([]FileChange, error) {
	dir, err := os.Open(d.repo.WorkTree)
	if err != nil {
		return nil, err
	}
	defer dir.Close()
	var files []FileChange
	for _, name := range paths {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		f := FileChange{Path: name, OldMode: "000000", NewMode: "100644"}
		f.Added, err = countLines(dir, name)
		f.Binary = err != nil // its size is all that could be told
		files = append(files, f)
	}
	return files, nil
}

// tooBig names those files that are too large on one of the sides to be compared line by line.
func (d door) tooBig(ctx context.Context, files []FileChange, ids []string) ([]string, error) {
	if len(files) == 0 {
		return nil, nil
	}
	out, err := d.run(ctx, call{args: []string{"cat-file", "--batch-check=%(objectsize)"}, stdin: strings.NewReader(strings.Join(ids, "\n") + "\n")})
	if err != nil {
		return nil, err
	}
	sizes := strings.Split(string(out), "\n")
	if len(sizes) != 2*len(files)+1 {
		return nil, unexpected("cat-file", string(out))
	}
	isBig := func(text string) bool {
		size, err := strconv.ParseInt(text, 10, 64) // else "ID missing": gone, or not hashed yet
		return err == nil && size > largeFile
	}
	var root *os.Root
	if d.repo.WorkTree != "" {
		if root, err = os.OpenRoot(d.repo.WorkTree); err != nil {
			return nil, err
		}
		defer root.Close()
	}
	var big []string
	for i, f := range files {
		large := isBig(sizes[2*i]) || isBig(sizes[2*i+1])
		if root != nil && !large {
			info, err := root.Lstat(f.Path)
			large = err == nil && info.Mode().IsRegular() && info.Size() > largeFile
		}
		if large {
			big = append(big, f.Path)
		}
	}
	return big, nil
}

// without is literal for paths of which some files are left out.
func without(paths, but []string) []string {
	specs := literal(paths)
	if len(but) > 0 && len(specs) == 0 {
		specs = []string{":(top)"}
	}
	for _, name := range but {
		specs = append(specs, ":(top,exclude,literal)"+name)
	}
	return specs
}

// literal makes pathspecs that mean what they say, from the top of the tree.
func literal(paths []string) []string {
	specs := make([]string, len(paths))
	for i, p := range paths {
		specs[i] = ":(top,literal)" + p
	}
	return specs
}

// parsePaths reads a list of paths that each end in NUL.
func parsePaths(out []byte) []string {
	text := strings.TrimSuffix(string(out), "\x00")
	if text == "" {
		return nil
	}
	return strings.Split(text, "\x00")
}
