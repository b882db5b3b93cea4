package state

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"syscall"
)

// The lock is a file of its own, because jails.json is replaced by rename: a lock on it would be on the old file. It
// is never removed, for the same reason.

func (s Store) lockPath() string { return filepath.Join(s.Dir, "jails.lock") }

// lockExclusive creates the directory and the lock file if need be and waits for the lock. Closing the file releases it.
func (s Store) lockExclusive() (*os.File, error) {
	if err := os.MkdirAll(s.Dir, 0o700); err != nil {
		return nil, fmt.Errorf("cannot create the state directory %q: %w", s.Dir, err)
	}
	return s.lock(os.O_RDWR|os.O_CREATE, syscall.LOCK_EX)
}

// lockShared waits until nobody writes. Where there is no lock file yet, nobody ever wrote: the result is nil, whose
// Close is harmless.
func (s Store) lockShared() (*os.File, error) {
	f, err := s.lock(os.O_RDONLY, syscall.LOCK_SH)
	if errors.Is(err, os.ErrNotExist) {
		return nil, nil
	}
	return f, err
}

func (s Store) lock(flags, how int) (*os.File, error) {
	f, err := os.OpenFile(s.lockPath(), flags|syscall.O_NOFOLLOW|syscall.O_NONBLOCK, 0o600)
	if err != nil {
		return nil, fmt.Errorf("cannot open the state lock: %w", err)
	}
	for {
		err = syscall.Flock(int(f.Fd()), how)
		if !errors.Is(err, syscall.EINTR) {
			break
		}
	}
	if err != nil {
		f.Close()
		return nil, fmt.Errorf("cannot lock %q: %w", s.lockPath(), err)
	}
	return f, nil
}
