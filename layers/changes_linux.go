package layers

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"path"
	"path/filepath"

	"golang.org/x/sys/unix"
)

// Changes lists what a layer changes, sorted by path. It may be called while a jail runs.
func (l Layer) Changes() ([]Change, error) {
	if l.File != "" {
		return l.seedChanges()
	}
	upper, lower, err := l.open()
	if err != nil || upper < 0 {
		return nil, err
	}
	defer closeDir(upper)
	defer closeDir(lower)
	var found []Change
	err = compare(upper, lower, "", &found)
	return found, err
}

// open opens the two sides of a layer.
func (l Layer) open() (upper, lower int, err error) {
	top := filepath.Join(l.Dir, "upper")
	upper, err = openRoot(top)
	if errors.Is(err, unix.EACCES) || upper >= 0 && closed(upper) {
		closeDir(upper)
		if err := os.Chmod(top, 0o700); err != nil {
			return -1, -1, err
		}
		upper, err = openRoot(top)
	}
	if err != nil || upper < 0 {
		return -1, -1, err
	}
	if lower, err = openRoot(l.Host); err != nil {
		closeDir(upper)
		return -1, -1, err
	}
	return upper, lower, nil
}

// compare walks a folder of the upper layer beside the lower one's, which is -1 where it has none.
func compare(upper, lower int, dir string, found *[]Change) error {
	list, err := names(upper)
	if err != nil {
		return fmt.Errorf("cannot read %q of the layer: %w", dir, err)
	}
	for _, name := range list {
		if err := compareEntry(upper, lower, name, path.Join(dir, name), found); err != nil {
			return err
		}
	}
	return nil
}

func compareEntry(upper, lower int, name, rel string, found *[]Change) error {
	what, st, err := look(upper, name)
	if err != nil {
		return err
	}
	was, before, err := look(lower, name)
	if err != nil {
		return err
	}
	change := Change{Path: rel, Type: string(what), Size: st.Size, Kind: Modified, OldMode: permissions(before.Mode), Mode: permissions(st.Mode)}
	if was == absent {
		change.Kind = Added
	}
	if what == whiteout {
		if was != absent {
			*found = append(*found, Change{Path: rel, Type: string(was), Kind: Deleted, OldMode: permissions(before.Mode)})
		}
		return nil
	}
	if what == link {
		change.Link, _ = readLink(upper, name) // it may be gone by now
	}
	if what != folder {
		if !unchanged(upper, lower, name, what, was) { // else copied up for its time
			*found = append(*found, change)
		}
		return nil
	}
	if was != folder {
		*found = append(*found, change)
	}
	return compareFolder(upper, lower, name, rel, found)
}

func compareFolder(upper, lower int, name, rel string, found *[]Change) error {
	up, err := beneath(upper, name, unix.O_RDONLY|unix.O_DIRECTORY, 0)
	if err != nil && !errors.Is(err, unix.EACCES) {
		return fmt.Errorf("cannot open %q of the layer: %w", rel, err)
	}
	defer closeDir(up)
	if closed(up) || tooDeep(rel) {
		if last := len(*found) - 1; last >= 0 && (*found)[last].Path == rel {
			(*found)[last].Type = string(other)
		} else {
			*found = append(*found, Change{Path: rel, Type: string(other), Kind: Modified})
		}
		return nil
	}
	low, err := openDir(lower, name)
	if err != nil {
		return err
	}
	defer closeDir(low)
	if opaque(up) {
		gone, err := onlyIn(low, up)
		if err != nil {
			return err
		}
		for _, name := range gone {
			was, before, _ := look(low, name)
			*found = append(*found, Change{Path: path.Join(rel, name), Type: string(was), Kind: Deleted, OldMode: permissions(before.Mode)})
		}
	}
	return compare(up, low, rel, found)
}

// onlyIn lists what one folder has and another has not.
func onlyIn(have, not int) ([]string, error) {
	list, err := names(have)
	var only []string
	for _, name := range list {
		if what, _, _ := look(not, name); what == absent {
			only = append(only, name)
		}
	}
	return only, err
}

// maxText is the largest file whose content is compared.
const maxText = 1 << 20

// unchanged reports whether a file or a link is the same on both sides, but for its times.
func unchanged(upper, lower int, name string, what, was kind) bool {
	switch {
	case what != was:
		return false
	case what == link:
		a, errA := readLink(upper, name)
		b, errB := readLink(lower, name)
		return errA == nil && errB == nil && a == b
	case what == file:
		return equal(upper, lower, name)
	}
	return false
}

// equal compares mode and content of a file on both sides.
func equal(upper, lower int, name string) bool {
	a, err := openFile(upper, name)
	if err != nil {
		return false
	}
	defer a.Close()
	b, err := openFile(lower, name)
	if err != nil {
		return false
	}
	defer b.Close()
	infoA, errA := a.Stat()
	infoB, errB := b.Stat()
	if errA != nil || errB != nil || infoA.Size() != infoB.Size() || infoA.Mode().Perm() != infoB.Mode().Perm() {
		return false
	}
	return sameContent(a, b)
}

func sameContent(a, b io.Reader) bool {
	var bufferA, bufferB [64 << 10]byte
	for {
		n, errA := io.ReadFull(a, bufferA[:])
		m, errB := io.ReadFull(b, bufferB[:])
		if n != m || !bytes.Equal(bufferA[:n], bufferB[:m]) || errA != errB {
			return false
		}
		if errA != nil {
			return errA == io.EOF || errA == io.ErrUnexpectedEOF
		}
	}
}

// errTooLarge means that a file is larger than what is read of it.
var errTooLarge = errors.New("it is too large")

// read reads a regular file beneath a folder.
func read(dir int, name string, limit int64) ([]byte, error) {
	f, err := openFile(dir, name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return readLimited(f, limit)
}

func readLimited(f *os.File, limit int64) ([]byte, error) {
	data, err := io.ReadAll(io.LimitReader(f, limit+1))
	if err == nil && int64(len(data)) > limit {
		err = errTooLarge
	}
	return data, err
}

// errNotRegular means that something else stands where a file should.
var errNotRegular = errors.New("it is not a regular file")

// openFile opens a regular file beneath a folder, and waits for no pipe.
func openFile(dir int, name string) (*os.File, error) {
	fd, err := beneath(dir, name, unix.O_RDONLY|unix.O_NONBLOCK|unix.O_NOCTTY, 0)
	if errors.Is(err, unix.ELOOP) || errors.Is(err, unix.ENXIO) {
		return nil, errNotRegular
	}
	if err != nil {
		return nil, err
	}
	var st unix.Stat_t
	if err := unix.Fstat(fd, &st); err != nil || st.Mode&unix.S_IFMT != unix.S_IFREG {
		unix.Close(fd)
		return nil, errors.Join(errNotRegular, err)
	}
	return os.NewFile(uintptr(fd), name), nil
}

// Texts reads both sides of a changed file. A side that is missing, no file, or larger than 1 MiB is nil.
func (l Layer) Texts(c Change) (host, jail []byte, err error) {
	upper, lower, err := l.openEither()
	if err != nil || upper < 0 {
		return nil, nil, err
	}
	defer closeDir(upper)
	defer closeDir(lower)
	up, low := c.Path, c.Path
	if l.File != "" {
		up, low = l.File, filepath.Base(l.Host)
	}
	if lower >= 0 {
		host, _ = read(lower, low, maxText)
	}
	jail, _ = read(upper, up, maxText)
	return host, jail, nil
}

// openEither opens the two sides of a layer, or the folders in which the two sides of a seed lie.
func (l Layer) openEither() (upper, lower int, err error) {
	if l.File == "" {
		return l.open()
	}
	if upper, err = openRoot(l.Dir); err != nil || upper < 0 {
		return -1, -1, err
	}
	if lower, err = openRoot(filepath.Dir(l.Host)); err != nil {
		closeDir(upper)
		return -1, -1, err
	}
	return upper, lower, nil
}
