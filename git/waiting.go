package git

import (
	"context"
	"errors"
	"fmt"
	"path"
	"slices"
)

// ErrWaits means that a file for which git looks in each folder is a FIFO, so that git would wait for ever.
var ErrWaits = errors.New("git would wait for ever for what comes out of a FIFO")

// waiting chooses the files that git reads wherever it meets them, and waits for. They are sorted, for a message names the first
// and a folder has no order.
func waiting(lying []Risk) []string {
	var names []string
	for _, r := range lying {
		if name := path.Base(r.Path); r.Why == "FIFO" && slices.Contains([]string{".gitignore", ".gitattributes", ".gitmodules"}, name) {
			names = append(names, r.Path)
		}
	}
	slices.Sort(names)
	return names
}

// blame names the files that git hangs on, where there are any.
func blame(names []string) string {
	if len(names) == 0 {
		return ""
	}
	return fmt.Sprintf(": it waits for a FIFO, %q", names)
}

// passOver finds the files that git would wait for, so that one in the box takes them for empty.
func (d *door) passOver(ctx context.Context) error {
	if d.repo.Box == nil {
		return nil
	}
	seen, err := walk(ctx, d.repo.WorkTree, "")
	d.blank = waiting(seen.found)
	return err
}

// unlessWaiting runs what reads the work tree on the host, and ends it where the work tree has a file that it would wait
// for. In the box it is passed over. Errors: ErrWaits.
func (d door) unlessWaiting(ctx context.Context, read func(context.Context) error) error {
	if d.repo.Box != nil {
		return read(ctx)
	}
	ctx, stop := context.WithCancelCause(ctx)
	defer stop(nil)
	go func() {
		if err := d.repo.passable(ctx); errors.Is(err, ErrWaits) {
			stop(err)
		}
	}()
	err := read(ctx)
	if cause := context.Cause(ctx); err != nil && errors.Is(cause, ErrWaits) {
		return cause
	}
	return err
}

// passable looks for what git would wait for in the work tree. Errors: ErrWaits.
func (r Repo) passable(ctx context.Context) error {
	seen, err := walk(ctx, r.WorkTree, "")
	if names := waiting(seen.found); len(names) > 0 {
		return fmt.Errorf("%w: %q in %q", ErrWaits, names[0], r.WorkTree)
	}
	return err
}
