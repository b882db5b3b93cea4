package session

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"syscall"

	"golang.org/x/sys/unix"
)

// Folder is where the runs of one jail are kept: the last one's record and output, and the socket of one that runs.
//
// It lies with what jail keeps, and not in the runtime directory: that is removed when its user logs out
// (systemd's user-runtime-dir@.service), and a detached run goes on.
type Folder string

func (f Folder) record() string   { return filepath.Join(string(f), "session.json") }
func (f Folder) messages() string { return filepath.Join(string(f), "messages") }
func (f Folder) output() string   { return filepath.Join(string(f), "output") }
func (f Folder) lock() string     { return filepath.Join(string(f), "lock") }

// socketName is in a folder that only its owner can enter.
const socketName = "socket"

// maxRecord bounds what is read, in bytes.
const maxRecord = 1 << 20

// ErrNone means that the jail has had no run that anything is known of.
var ErrNone = errors.New("nothing has run in it yet")

// Record reads what is known of the last run. Errors: ErrNone.
func (f Folder) Record() (Record, error) {
	file, err := os.OpenFile(f.record(), os.O_RDONLY|syscall.O_NOFOLLOW|syscall.O_NONBLOCK, 0)
	if errors.Is(err, os.ErrNotExist) {
		return Record{}, ErrNone
	}
	if err != nil {
		return Record{}, fmt.Errorf("cannot read what is known of the run: %w", err)
	}
	defer file.Close()
	var r Record
	if err := json.NewDecoder(io.LimitReader(file, maxRecord)).Decode(&r); err != nil {
		return Record{}, fmt.Errorf("cannot read %q: %w", f.record(), err)
	}
	if r.SchemaVersion > SchemaVersion {
		return Record{}, fmt.Errorf("%q was written by a newer jail", f.record())
	}
	return r, nil
}

// write replaces the record as a whole: a full disk leaves the old one.
func (f Folder) write(r Record) error {
	data, err := json.Marshal(r)
	if err != nil {
		return err
	}
	temporary := f.record() + ".new"
	if err := os.WriteFile(temporary, data, 0o600); err != nil {
		return err
	}
	return os.Rename(temporary, f.record())
}

// Status asks a run what it is doing, and otherwise tells what is known of the last one. Errors: ErrNone.
func (f Folder) Status() (Status, error) {
	if c, err := f.Dial(); err == nil {
		defer c.Close()
		if s, err := c.Status(); err == nil {
			return s, nil
		}
	}
	r, err := f.Record()
	if err != nil {
		return Status{}, err
	}
	return r.status(), nil
}

// ErrRunning means that the jail has a run already.
var ErrRunning = errors.New("a command runs in it already")

// Messages are what jail itself had to say of the last detached run. Errors: ErrNone.
func (f Folder) Messages() ([]byte, error) {
	text, err := os.ReadFile(f.messages())
	if errors.Is(err, os.ErrNotExist) {
		return nil, ErrNone
	}
	return text, err
}

// claim takes the folder for one run until the file is closed. Errors: ErrRunning.
func (f Folder) claim() (*os.File, error) {
	if err := os.MkdirAll(string(f), 0o700); err != nil {
		return nil, err
	}
	lock, err := os.OpenFile(f.lock(), os.O_RDWR|os.O_CREATE|syscall.O_NOFOLLOW, 0o600)
	if err != nil {
		return nil, err
	}
	err = unix.Flock(int(lock.Fd()), unix.LOCK_EX|unix.LOCK_NB)
	if err == nil {
		return lock, nil
	}
	lock.Close()
	if errors.Is(err, unix.EWOULDBLOCK) {
		return nil, ErrRunning
	}
	return nil, fmt.Errorf("cannot lock %q: %w", f.lock(), err)
}
