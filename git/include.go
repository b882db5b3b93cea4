package git

import (
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
)

// IncludeFile names, in the syntax of .gitignore, ignored files that a new work tree gets all the same.
const IncludeFile = ".worktreeinclude"

const maxInclude = 64 << 10

// Included lists the files of the work tree that git ignores and that IncludeFile names.
func (r Repo) Included(ctx context.Context) ([]string, error) {
	dir, err := os.Open(r.WorkTree)
	if err != nil {
		return nil, err
	}
	defer dir.Close()
	f, err := openBeneath(dir, IncludeFile)
	if errors.Is(err, os.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err // a symbolic link, or no file at all
	}
	defer f.Close()
	patterns, err := io.ReadAll(io.LimitReader(f, maxInclude+1))
	if err == nil && len(patterns) > maxInclude {
		err = errors.New("it is larger than 64 KiB")
	}
	if err != nil {
		return nil, err
	}
	// A copy: git opens the file by its name, which may be a FIFO by then.
	temp, err := os.MkdirTemp("", "jail-include-")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(temp)
	list := filepath.Join(temp, "patterns")
	if err := os.WriteFile(list, patterns, 0o600); err != nil {
		return nil, err
	}
	d, err := r.open(ctx)
	if err != nil {
		return nil, err
	}
	others := []string{"ls-files", "-z", "--others", "--ignored"}
	named, err := d.read(ctx, append(others, "--exclude-from="+list)...)
	if err != nil || len(named) == 0 {
		return nil, err
	}
	var ignored []byte
	err = d.unlessWaiting(ctx, func(ctx context.Context) (err error) {
		ignored, err = d.read(ctx, append(others, "--exclude-standard")...)
		return err
	})
	if err != nil {
		return nil, err
	}
	isIgnored := map[string]bool{}
	for _, path := range parsePaths(ignored) {
		isIgnored[path] = true
	}
	var paths []string
	for _, path := range parsePaths(named) {
		if isIgnored[path] && !strings.HasSuffix(path, "/") {
			paths = append(paths, path)
		}
	}
	return paths, nil
}

// Upstream is the branch that another follows.
type Upstream struct {
	Name     string // as "origin/main"; empty without one
	Distance string // as "ahead 1, behind 2", or "gone"; empty if there is none
}

// Upstream finds what a branch, by its full name, follows. Nothing is fetched.
func (r Repo) Upstream(ctx context.Context, ref string) (Upstream, error) {
	if !strings.HasPrefix(ref, "refs/heads/") {
		return Upstream{}, nil
	}
	d, err := r.open(ctx)
	if err != nil {
		return Upstream{}, err
	}
	out, err := d.readLine(ctx, "for-each-ref", "--format=%(upstream:short)%00%(upstream:track,nobracket)", ref)
	name, distance, _ := strings.Cut(out, "\x00")
	return Upstream{name, distance}, err
}
