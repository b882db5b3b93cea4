package layers

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
)

// InUseError says that a run has the slot: no other run may mount its layers, and nobody may change them.
type InUseError struct {
	PID string // of the process that runs it; empty where it could not be read
}

func (e *InUseError) Error() string {
	if e.PID == "" {
		return "another run uses it"
	}
	return "the run of process " + e.PID + " uses it"
}

// AttributesError says that a file system cannot hold an upper layer.
type AttributesError struct {
	Dir string
	Err error
}

func (e *AttributesError) Error() string {
	return fmt.Sprintf("%q cannot hold a copy-on-write layer, as its file system keeps no extended attributes: %v", e.Dir, e.Err)
}

func (e *AttributesError) Unwrap() error { return e.Err }

// Slot is a slot that this process has until Release or its end.
type Slot struct{ lock *os.File }

// Acquire takes a slot of an owner, and makes its folder where it is missing. Errors: *InUseError.
func Acquire(dir string, owner Owner, slot int) (*Slot, error) {
	s, err := AcquireFolder(filepath.Join(dir, strconv.Itoa(slot)))
	if err != nil {
		return nil, err
	}
	owner.SchemaVersion = schemaVersion
	if err := writeNote(filepath.Join(dir, "about.json"), owner); err != nil {
		s.Release()
		return nil, err
	}
	return s, nil
}

// AcquireFolder takes a folder that one process uses at a time, and makes it where it is missing. Errors: *InUseError.
func AcquireFolder(at string) (*Slot, error) {
	if err := os.MkdirAll(at, 0o700); err != nil {
		return nil, err
	}
	return lock(at)
}

// lock locks the slot whose folder is at. The lock goes with the process: a crash leaves nothing locked.
func lock(at string) (*Slot, error) {
	f, err := os.OpenFile(filepath.Join(at, "lock"), os.O_RDWR|os.O_CREATE|syscall.O_NOFOLLOW, 0o600)
	if err != nil {
		return nil, err
	}
	if err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		defer f.Close()
		if !errors.Is(err, syscall.EWOULDBLOCK) {
			return nil, fmt.Errorf("cannot lock %q: %w", at, err)
		}
		pid := make([]byte, 20)
		n, _ := f.Read(pid)
		return nil, &InUseError{strings.TrimSpace(string(pid[:n]))}
	}
	pid := fmt.Appendf(nil, "%-10d", os.Getpid())
	if _, err := f.WriteAt(pid, 0); err != nil {
		f.Close()
		return nil, err
	}
	return &Slot{f}, nil
}

// Release gives the slot up.
func (s *Slot) Release() { s.lock.Close() }

// lock takes the slot that a layer lies in; a home that runs share lies in none, and its files are changed in one step.
func (l Layer) lock() (release func(), err error) {
	if l.Slot == 0 || l.held {
		return func() {}, nil
	}
	s, err := lock(filepath.Dir(l.Dir))
	if err != nil {
		return nil, err
	}
	return s.Release, nil
}

// Hold keeps runs from a layer until release, so that what is shown of it is what is applied. Errors: *InUseError.
func (l Layer) Hold() (held Layer, release func(), err error) {
	release, err = l.lock()
	l.held = true
	return l, release, err
}

// Remove removes an owner's folder with everything in it. Errors: *InUseError.
func Remove(dir string) error {
	for slot := 1; ; slot++ {
		at := filepath.Join(dir, strconv.Itoa(slot))
		if _, err := os.Lstat(at); errors.Is(err, fs.ErrNotExist) {
			break
		}
		s, err := lock(at)
		if err != nil {
			return err
		}
		defer s.Release()
	}
	return removeAll(dir)
}
