package git

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"syscall"
	"time"
)

// alone waits until no other process of ours adds a work tree to the repository: git reads the records of all others meanwhile,
// and fails at one that is half written.
func (r Repo) alone(ctx context.Context) (release func(), err error) {
	dir, err := lockFolder(ctx, r.CommonDir)
	if err != nil {
		return nil, err
	}
	return func() { dir.Close() }, nil
}

// Alone waits until no other process of ours changes a checkout of the repository, and keeps others from it until release. Each git
// that outlives us gets the lock of the repository that it returns: who comes next waits for that git too.
func (r Repo) Alone(ctx context.Context) (locked Repo, release func(), err error) {
	// Not the lock of alone: a checkout may take long, and other jails are made meanwhile.
	dir, err := lockFolder(ctx, filepath.Join(r.CommonDir, "refs"))
	if err != nil {
		return r, nil, err
	}
	r.lock = dir
	return r, func() {
		// By itself: what a filter of the user's has left running still has the descriptor.
		_ = syscall.Flock(int(dir.Fd()), syscall.LOCK_UN)
		dir.Close()
	}, nil
}

// lockFolder locks a folder itself, so that nothing is left in it.
func lockFolder(ctx context.Context, path string) (*os.File, error) {
	dir, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	for {
		err = syscall.Flock(int(dir.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
		switch {
		case err == nil:
			return dir, nil
		case errors.Is(err, syscall.EWOULDBLOCK) && ctx.Err() == nil:
			time.Sleep(5 * time.Millisecond)
		case errors.Is(err, syscall.EINTR):
		default:
			dir.Close()
			return nil, errors.Join(fmt.Errorf("cannot lock %q: %w", path, err), ctx.Err())
		}
	}
}
