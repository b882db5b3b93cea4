package workspace

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"

	"jail/git"
	"jail/state"
)

// Carry says what of the user's uncommitted work a new jail gets.
type Carry string

const (
	CarryNothing Carry = ""
	CarryChanges Carry = "changes" // files that are changed, new or gone in the checkout; ignored ones stay
)

// fill brings files into a work tree before its jail is ready, and may change its record.
type fill func(ctx context.Context, tree git.Worktree, r *state.Record) (notices []string, err error)

// carried is the fill of Create: what the user asked for of the checkout, and the ignored files that the file
// .worktreeinclude names.
func carried(repo git.Repo, carry Carry) fill {
	return func(ctx context.Context, tree git.Worktree, _ *state.Record) ([]string, error) {
		if repo.WorkTree == "" {
			return nil, nil
		}
		var notices []string
		if carry == CarryChanges {
			n, skipped, err := carryChanges(ctx, repo, tree)
			if err != nil {
				return nil, fmt.Errorf("cannot carry the uncommitted work of %q over: %w", repo.WorkTree, err)
			}
			notices = append(skipped, fmt.Sprintf("uncommitted files carried over: %d", n))
		}
		included, err := repo.Included(ctx)
		if err != nil {
			return nil, fmt.Errorf("cannot follow %s of %q: %w", git.IncludeFile, repo.WorkTree, err)
		}
		if len(included) == 0 {
			return notices, nil
		}
		skipped, err := copyFiles(ctx, repo.WorkTree, tree.WorkTree, included)
		return append(append(notices, skipped...), fmt.Sprintf("ignored files copied, as %s says: %d", git.IncludeFile, len(included)-len(skipped))), err
	}
}

func carryChanges(ctx context.Context, repo git.Repo, tree git.Worktree) (n int, skipped []string, err error) {
	changes, err := repo.Changes(ctx)
	if err != nil {
		return 0, nil, err
	}
	var files []string
	root, err := os.OpenRoot(tree.WorkTree)
	if err != nil {
		return 0, nil, err
	}
	defer root.Close()
	for _, c := range changes {
		switch {
		case c.Merge:
			return 0, nil, fmt.Errorf("%q has conflicts: conclude the merge first", c.Path)
		case !c.Gone && c.Path[len(c.Path)-1] == '/':
			skipped = append(skipped, fmt.Sprintf("not carried over: %q: a repository of its own", c.Path))
			continue
		case !c.Gone:
			files = append(files, c.Path)
		default:
			if err := root.RemoveAll(c.Path); err != nil {
				return 0, nil, err
			}
		}
		n++
	}
	more, err := copyFiles(ctx, repo.WorkTree, tree.WorkTree, files)
	return n - len(more), append(skipped, more...), err
}

// copyFiles copies files from one work tree to another. Neither side is left over a symbolic link, which is itself
// copied as one.
func copyFiles(ctx context.Context, from, to string, files []string) (skipped []string, err error) {
	reader, writer := io.Pipe()
	var left []git.Skipped
	var packErr error
	done := make(chan struct{})
	go func() {
		defer close(done)
		left, packErr = git.Pack(ctx, from, files, writer)
		writer.CloseWithError(packErr)
	}()
	err = git.Unpack(ctx, reader, to)
	reader.CloseWithError(err)
	<-done
	for _, s := range left {
		skipped = append(skipped, "not copied: "+s.String())
	}
	return skipped, errors.Join(err, packErr)
}

// origin says where a new jail starts, and how far that is from what was fetched last.
func origin(ctx context.Context, repo git.Repo, r state.Record) string {
	text := fmt.Sprintf("it starts from commit %.10s", r.Base)
	u, err := repo.Upstream(ctx, r.BaseRef)
	switch {
	case r.BaseRef == "":
		return text
	case err != nil || u.Name == "":
		return fmt.Sprintf("it starts from %+q, %.10s", short(r.BaseRef), r.Base)
	case u.Distance == "":
		u.Distance = "no commit apart"
	}
	return fmt.Sprintf("it starts from %+q, %.10s: %s from %+q as it was last fetched", short(r.BaseRef), r.Base, u.Distance, u.Name)
}
