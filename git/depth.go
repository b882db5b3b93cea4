package git

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"path/filepath"
)

// maxTreeDepth is how many folders deep a file of a commit may lie. git's own limit is 2048 since 2.43, core.maxTreeDepth;
// before it a deeper tree ends git with a segmentation fault wherever it is checked out or compared.
const maxTreeDepth = 1000

// errTooDeep means that a commit has folders within folders beyond maxTreeDepth.
var errTooDeep = fmt.Errorf("it has a file more than %d folders deep", maxTreeDepth)

// notTooDeep looks at every path that new commits bring: each folder came into the history by one of them. Tags of what is
// no commit are not looked at, as nothing checks them out.
func (d door) notTooDeep(ctx context.Context, quarantine string, ids []string) error {
	args := append([]string{"log", "-z", "-m", "-r", "-t", "--root", "--format=", "--name-only", "--no-renames", "--no-ext-diff", "--no-textconv",
		"--ignore-submodules=all"}, ids...)
	_, err := d.run(ctx, call{
		args: append(args, "--not", "--all", "--"), stdout: &depthWriter{}, limit: fetchLimit, env: quarantined(filepath.Join(d.repo.CommonDir, "objects"), quarantine),
	})
	if errors.Is(err, errTooDeep) {
		return errTooDeep // and not what git said when it lost its reader
	}
	return err
}

// depthWriter takes names that end in NUL, and fails at one that is too deep.
type depthWriter struct{ depth int }

func (w *depthWriter) Write(p []byte) (int, error) {
	for rest := p; len(rest) > 0; {
		name, after, ended := bytes.Cut(rest, []byte{0})
		if w.depth += bytes.Count(name, []byte("/")); w.depth > maxTreeDepth {
			return 0, errTooDeep
		}
		if ended {
			w.depth = 0
		}
		rest = after
	}
	return len(p), nil
}
