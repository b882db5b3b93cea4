package session

import (
	"errors"
	"io"
	"os"
	"slices"
)

const (
	// maxOutput is how much of what a run writes is kept on the disk, in bytes: up to twice this much, in two files.
	maxOutput = 4 << 20
	// maxTail is how much of it somebody who attaches is shown again, in bytes.
	maxTail = 128 << 10
)

// output keeps the last of what a run writes: on the disk for jail logs, and less of it in memory.
type output struct {
	folder Folder
	file   *os.File // nil: the disk takes no more, or was never asked
	size   int
	tail   []byte
}

// newOutput begins anew. Without space on the disk a run has no log.
func newOutput(f Folder) *output {
	o := &output{folder: f}
	_ = os.Remove(f.output() + ".1")
	o.open()
	return o
}

func (o *output) open() {
	o.size = 0
	o.file, _ = os.OpenFile(o.folder.output(), os.O_WRONLY|os.O_CREATE|os.O_TRUNC|os.O_APPEND, 0o600)
}

// write keeps what was written. What belongs to another screen than the one that scrolls is not shown again.
func (o *output) write(data []byte, scrolls bool) {
	if scrolls {
		o.tail = append(o.tail, data...)
		if len(o.tail) > 2*maxTail {
			o.tail = append(o.tail[:0], o.tail[len(o.tail)-maxTail:]...)
		}
	}
	if o.file == nil {
		return
	}
	if o.size += len(data); o.size > maxOutput {
		o.file.Close()
		_ = os.Rename(o.folder.output(), o.folder.output()+".1")
		o.open()
		o.size = len(data)
	}
	if _, err := o.file.Write(data); err != nil {
		o.close()
	}
}

func (o *output) close() {
	if o.file != nil {
		o.file.Close()
		o.file = nil
	}
}

// again is what somebody who comes now is shown: from the start of a line.
func (o *output) again() []byte {
	tail := o.tail
	if len(tail) <= maxTail {
		return tail
	}
	tail = tail[len(tail)-maxTail:]
	for i, b := range tail {
		if b == '\n' {
			return tail[i+1:]
		}
	}
	return nil
}

// Log writes what is kept of the last detached run's output, filtered for a terminal that watches. It returns how far it came,
// for Follow.
func (f Folder) Log(to io.Writer) (Position, error) {
	var at Position
	var files []*os.File
	// Both are opened before either is read: the run may put the newer one aside at any time.
	for _, name := range []string{f.output(), f.output() + ".1"} {
		file, err := os.Open(name)
		if errors.Is(err, os.ErrNotExist) {
			continue
		}
		if err != nil {
			return at, err
		}
		defer file.Close()
		info, err := file.Stat()
		if err != nil {
			return at, err
		}
		if at.file == nil {
			at.file = info
		} else if os.SameFile(info, at.file) {
			continue // it was put aside just now
		}
		files = append(files, file)
	}
	if at.file == nil {
		return at, ErrNone
	}
	for _, file := range slices.Backward(files) {
		var err error
		if at.offset, err = io.Copy(to, file); err != nil {
			return at, err
		}
	}
	return at, nil
}

// Tail returns the end of what is kept, at most so many bytes, filtered for a terminal that watches; it may begin in the middle of
// something. Errors: ErrNone.
func (f Folder) Tail(size int64) ([]byte, error) {
	file, err := os.Open(f.output())
	if errors.Is(err, os.ErrNotExist) {
		return nil, ErrNone
	}
	if err != nil {
		return nil, err
	}
	defer file.Close()
	info, err := file.Stat()
	if err != nil {
		return nil, err
	}
	return io.ReadAll(io.NewSectionReader(file, max(0, info.Size()-size), size))
}

// Position is how far a log was read.
type Position struct {
	file   os.FileInfo
	offset int64
}

// Follow writes what came since.
func (f Folder) Follow(to io.Writer, at Position) (Position, error) {
	file, err := os.Open(f.output())
	if errors.Is(err, os.ErrNotExist) {
		return at, nil // between two of them
	}
	if err != nil {
		return at, err
	}
	defer file.Close()
	info, err := file.Stat()
	if err != nil {
		return at, err
	}
	if !os.SameFile(info, at.file) || info.Size() < at.offset {
		at = f.rest(to, at)
		at.file, at.offset = info, 0
	}
	n, err := io.Copy(to, io.NewSectionReader(file, at.offset, 1<<62))
	at.offset += n
	return at, err
}

// rest writes the rest of a file that was put aside meanwhile.
func (f Folder) rest(to io.Writer, at Position) Position {
	old, err := os.Open(f.output() + ".1")
	if err != nil {
		return at
	}
	defer old.Close()
	if info, err := old.Stat(); err == nil && os.SameFile(info, at.file) {
		n, _ := io.Copy(to, io.NewSectionReader(old, at.offset, 1<<62))
		at.offset += n
	}
	return at
}
