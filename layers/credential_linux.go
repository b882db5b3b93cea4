package layers

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// maxCredential is the largest file that is taken for a login.
const maxCredential = 1 << 20

// WriteBack puts a login that the jail has refreshed into the host's file, in one step and under a lock, so that of several
// jails the latest wins. Nothing is written unless it is a regular file of the user's, newer than the host's, and of what it
// holds no more than Values. Errors: *RefusedError, *LeftOutError, and those of reading and writing.
func (c Credential) WriteBack(lockPath string) (written bool, err error) {
	fresh, modified, err := c.fresh()
	if err != nil || fresh == nil {
		return false, err
	}
	release, err := wait(lockPath)
	if err != nil {
		return false, err
	}
	defer release()
	dir, err := openRoot(filepath.Dir(c.Host))
	if err != nil || dir < 0 {
		return false, err
	}
	defer unix.Close(dir)
	name := filepath.Base(c.Host)
	what, st, err := look(dir, name)
	if err != nil || what != file || st.Uid != uint32(os.Geteuid()) {
		return false, err // logged out on the host meanwhile, or not ours to touch
	}
	have, err := read(dir, name, maxCredential)
	if err != nil {
		return false, fmt.Errorf("cannot read %q: %w", c.Host, err)
	}
	if bytes.Equal(have, fresh) {
		return false, nil
	}
	text, left, err := loginValues(c.Values).renew(have, fresh)
	switch {
	case errors.Is(err, errNoObject):
		return false, &RefusedError{c, err.Error()}
	case err != nil:
		return false, err
	case len(left) > 0:
		err = &LeftOutError{c, left}
	}
	if text == nil || st.Mtim.Nano() >= modified.UnixNano() {
		return false, err
	}
	if writeErr := c.put(dir, text, os.FileMode(st.Mode&0o777)); writeErr != nil {
		return false, writeErr
	}
	return true, err
}

// put writes the host's file anew, in its folder.
func (c Credential) put(dir int, text []byte, mode os.FileMode) error {
	name := filepath.Base(c.Host)
	// Beside the host's file for the moment of the rename; under the lock, one that a crash left is nobody's.
	temp := name + temporary
	if err := write(dir, temp, bytes.NewReader(text), mode); err != nil {
		return fmt.Errorf("cannot write %q: %w", c.Host, err)
	}
	if err := unix.Renameat(dir, temp, dir, name); err != nil {
		return errors.Join(err, unix.Unlinkat(dir, temp, 0))
	}
	return unix.Fsync(dir)
}

// fresh reads what the jail has; nil where it has nothing of its own, or has deleted it.
func (c Credential) fresh() ([]byte, time.Time, error) {
	fail := func(err error) ([]byte, time.Time, error) { return nil, time.Time{}, err }
	dir, err := openRoot(c.Dir)
	if err != nil || dir < 0 {
		return fail(err)
	}
	defer unix.Close(dir)
	at, err := openDir(dir, filepath.Dir(c.Path))
	if err != nil || at < 0 {
		return fail(err)
	}
	defer unix.Close(at)
	name := filepath.Base(c.Path)
	switch what, _, err := look(at, name); {
	case err != nil || what == absent || what == whiteout:
		return fail(err)
	case what != file:
		return fail(&RefusedError{c, errNotRegular.Error()})
	}
	f, err := openFile(at, name)
	if err != nil {
		return fail(&RefusedError{c, err.Error()})
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return fail(err)
	}
	if owner, ok := info.Sys().(*syscall.Stat_t); !ok || owner.Uid != uint32(os.Geteuid()) {
		return fail(&RefusedError{c, "it belongs to somebody else"})
	}
	data, err := readLimited(f, maxCredential)
	if err != nil {
		return fail(&RefusedError{c, err.Error()})
	}
	return data, info.ModTime(), nil
}

// Settle brings a login to the host if it is newer, and takes it out of the jail's layer, so that the next run begins with
// the host's. What was refused or left out is taken out too.
//
// Preconditions: nothing is mounted on the layer, and the caller has its slot.
func (c Credential) Settle(lockPath string) error {
	_, err := c.WriteBack(lockPath)
	var refused *RefusedError
	var left *LeftOutError
	if err != nil && !errors.As(err, &refused) && !errors.As(err, &left) {
		return err
	}
	dir, openErr := openRoot(c.Dir)
	if openErr != nil || dir < 0 {
		return errors.Join(err, openErr)
	}
	defer unix.Close(dir)
	at, openErr := openDir(dir, filepath.Dir(c.Path))
	if openErr != nil || at < 0 {
		return errors.Join(err, openErr)
	}
	defer unix.Close(at)
	// A whiteout stays: the jail has logged itself out.
	if what, _, lookErr := look(at, filepath.Base(c.Path)); lookErr != nil || what == absent || what == whiteout {
		return errors.Join(err, lookErr)
	}
	return errors.Join(err, removeAt(at, filepath.Base(c.Path)))
}

// Watch writes logins back while a jail runs, until the context ends. It looks once a second, which costs microseconds:
// inotify(7) does not see writes that go through an overlay. What is refused now may be half written; Settle tells at the end.
func Watch(ctx context.Context, all []Credential, lockPath string) {
	tick := time.NewTicker(time.Second)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
			for _, c := range all {
				_, _ = c.WriteBack(lockPath)
			}
		}
	}
}

// wait takes a lock, however long it takes: it is held for moments.
func wait(lockPath string) (release func(), err error) {
	f, err := os.OpenFile(lockPath, os.O_RDWR|os.O_CREATE|syscall.O_NOFOLLOW, 0o600)
	if err != nil {
		return nil, err
	}
	for {
		err = syscall.Flock(int(f.Fd()), syscall.LOCK_EX)
		if !errors.Is(err, syscall.EINTR) {
			break
		}
	}
	if err != nil {
		f.Close()
		return nil, fmt.Errorf("cannot lock %q: %w", lockPath, err)
	}
	return func() { f.Close() }, nil
}
