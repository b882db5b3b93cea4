package state

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"syscall"
)

// maxSize bounds what is read; a record has about 1 KiB.
const maxSize = 64 << 20

// Store is the directory that holds jails.json and its lock.
type Store struct {
	Dir string
}

// Open names the directory. It touches nothing; Update creates what is missing.
func Open(dir string) Store { return Store{Dir: dir} }

// Path is the state file.
func (s Store) Path() string { return filepath.Join(s.Dir, "jails.json") }

// View returns the present content, and an empty File when nothing was ever written. It creates nothing on disk.
// Errors: *CorruptError, or those of reading and locking.
func (s Store) View() (File, error) {
	lock, err := s.lockShared()
	if err != nil {
		return File{}, err
	}
	defer lock.Close()
	f, _, err := s.read()
	return f, err
}

// Update gives the present content to change and writes the result, all under an exclusive lock: no other process
// reads or writes in between. change must be quick and must not use the Store. If it returns an error, or changes
// nothing, nothing is written. Any error leaves the file as it was.
func (s Store) Update(change func(*File) error) error {
	lock, err := s.lockExclusive()
	if err != nil {
		return err
	}
	defer lock.Close()
	f, before, err := s.read()
	if err != nil {
		return err
	}
	if err := change(&f); err != nil {
		return err
	}
	after, err := encode(f)
	if err != nil {
		return fmt.Errorf("cannot write state file %q: %w", s.Path(), err)
	}
	if bytes.Equal(before, after) || before == nil && len(f.Jails) == 0 {
		return nil
	}
	if err := replace(s.Path(), after); err != nil {
		return fmt.Errorf("cannot write state file %q (it is as it was before): %w", s.Path(), err)
	}
	return nil
}

// read returns the content, decoded and raw; raw is nil when there is no file.
func (s Store) read() (File, []byte, error) {
	// No symlink: whoever could plant one would make us read, and believe, another file. No blocking on a FIFO.
	file, err := os.OpenFile(s.Path(), os.O_RDONLY|syscall.O_NOFOLLOW|syscall.O_NONBLOCK, 0)
	switch {
	case errors.Is(err, os.ErrNotExist):
		return File{SchemaVersion: SchemaVersion}, nil, nil
	case errors.Is(err, syscall.ELOOP):
		return File{}, nil, fmt.Errorf("cannot read state file %q: it is a symbolic link, which is not followed", s.Path())
	case err != nil:
		return File{}, nil, fmt.Errorf("cannot read state file: %w", err)
	}
	defer file.Close()
	info, err := file.Stat()
	if err != nil {
		return File{}, nil, fmt.Errorf("cannot read state file: %w", err)
	}
	if !info.Mode().IsRegular() {
		return File{}, nil, fmt.Errorf("cannot read state file %q: it is not a regular file", s.Path())
	}
	data, err := io.ReadAll(io.LimitReader(file, maxSize+1))
	if err != nil {
		return File{}, nil, fmt.Errorf("cannot read state file: %w", err)
	}
	if len(data) > maxSize {
		return File{}, nil, &CorruptError{s.Path(), fmt.Errorf("it is larger than %d MiB", maxSize>>20)}
	}
	f, err := decode(data)
	if err != nil {
		return File{}, nil, &CorruptError{s.Path(), err}
	}
	return f, data, nil
}
