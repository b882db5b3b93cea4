package bootstrap

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"golang.org/x/sys/unix"
)

// maxFile bounds what is read of a file, in bytes.
const maxFile = 4 << 20

// Folder is an open folder of the user's. Nothing of it is reached over a symbolic link.
type Folder struct {
	dir  *os.File
	path string
	// Made are the folders that were made on the way, relative to the root, parents first.
	Made []string
}

// Making says whether folders that are missing are made, readable by the user alone.
type Making string

const (
	MakeNothing Making = ""
	MakeFolders Making = "folders"
)

// OpenFolder opens the folder at rel, a local path, below root. Root has to be an absolute path to a folder of the caller's; links in
// it are followed, and none below it. A folder that is missing and is not to be made is fs.ErrNotExist.
func OpenFolder(root, rel string, making Making) (*Folder, error) {
	if !filepath.IsAbs(root) {
		return nil, fmt.Errorf("%q is not an absolute path", root)
	}
	if !filepath.IsLocal(rel) {
		return nil, fmt.Errorf("%q does not lie below %q", rel, root)
	}
	fd, err := unix.Open(root, unix.O_RDONLY|unix.O_DIRECTORY|unix.O_CLOEXEC, 0)
	if err != nil {
		return nil, &os.PathError{Op: "open", Path: root, Err: err}
	}
	f := &Folder{dir: os.NewFile(uintptr(fd), root), path: root}
	if err := f.checkOwner(); err != nil {
		f.Close()
		return nil, err
	}
	for _, name := range strings.Split(filepath.Clean(rel), "/") {
		if name == "." {
			continue
		}
		made, err := f.enter(name, making)
		if err != nil {
			f.Close()
			return nil, err
		}
		if made {
			f.Made = append(f.Made, strings.TrimPrefix(f.path, filepath.Clean(root)+"/"))
		}
	}
	return f, nil
}

// enter goes one folder down.
func (f *Folder) enter(name string, making Making) (made bool, err error) {
	path := filepath.Join(f.path, name)
	at := int(f.dir.Fd())
	const flags = unix.O_RDONLY | unix.O_DIRECTORY | unix.O_NOFOLLOW | unix.O_CLOEXEC
	fd, err := unix.Openat(at, name, flags, 0)
	if errors.Is(err, unix.ENOENT) && making == MakeFolders {
		if err = unix.Mkdirat(at, name, 0o700); err == nil || errors.Is(err, unix.EEXIST) {
			made = err == nil
			fd, err = unix.Openat(at, name, flags, 0)
		}
	}
	if err != nil {
		return false, explain(path, err)
	}
	f.dir.Close()
	f.dir, f.path = os.NewFile(uintptr(fd), path), path
	return made, f.checkOwner()
}

// checkOwner refuses a folder of somebody else's, who could change what is written there.
func (f *Folder) checkOwner() error {
	var at unix.Stat_t
	if err := unix.Fstat(int(f.dir.Fd()), &at); err != nil {
		return &os.PathError{Op: "stat", Path: f.path, Err: err}
	}
	if int(at.Uid) != os.Geteuid() {
		return fmt.Errorf("%q belongs to uid %d, and you are uid %d", f.path, at.Uid, os.Geteuid())
	}
	return nil
}

// explain names a link where the kernel says only that it did not follow one.
func explain(path string, err error) error {
	if info, statErr := os.Lstat(path); statErr == nil && info.Mode()&fs.ModeSymlink != 0 {
		return fmt.Errorf("%q is a symbolic link, and is not followed: put the file or folder itself there", path)
	}
	return &os.PathError{Op: "open", Path: path, Err: err}
}

// Close ends the use of the folder.
func (f *Folder) Close() error { return f.dir.Close() }

// Content is what a file has.
type Content struct {
	Data []byte
	Mode fs.FileMode // permission bits
}

// Sum is the SHA-256 of some data, in hex.
func Sum(data []byte) string {
	sum := sha256.Sum256(data)
	return hex.EncodeToString(sum[:])
}

// Read gives a file's content, and nil where there is no file.
func (f *Folder) Read(name string) (*Content, error) {
	path := filepath.Join(f.path, name)
	fd, err := unix.Openat(int(f.dir.Fd()), name, unix.O_RDONLY|unix.O_NOFOLLOW|unix.O_NONBLOCK|unix.O_NOCTTY|unix.O_CLOEXEC, 0)
	if errors.Is(err, unix.ENOENT) {
		return nil, nil
	}
	if err != nil {
		return nil, explain(path, err)
	}
	file := os.NewFile(uintptr(fd), path)
	defer file.Close()
	info, err := file.Stat()
	switch {
	case err != nil:
		return nil, err
	case !info.Mode().IsRegular():
		return nil, fmt.Errorf("%q is no regular file", path)
	}
	data, err := io.ReadAll(io.LimitReader(file, maxFile+1))
	switch {
	case err != nil:
		return nil, err
	case len(data) > maxFile:
		return nil, fmt.Errorf("%q has more than %d MiB", path, maxFile>>20)
	}
	return &Content{data, info.Mode().Perm()}, nil
}

// Backup keeps what a file had under the first name of its own, a dot, jail- and a number that is free, for the user alone to read.
func (f *Folder) Backup(name string, was *Content) (string, error) {
	for n := 1; ; n++ {
		backup := fmt.Sprintf("%s.jail-%d", name, n)
		err := f.create(backup, was.Data, 0o600)
		if errors.Is(err, fs.ErrExist) {
			continue
		}
		return backup, err
	}
}

// Write puts data into a file in one step: whoever reads it, even after a crash, has the old content or the new. What is there has to
// be what it was, nil for nothing.
func (f *Folder) Write(name string, data []byte, mode fs.FileMode, was *Content) error {
	temp := ".jail-" + strings.ToLower(rand.Text())
	if err := f.create(temp, data, mode); err != nil {
		return err
	}
	at := int(f.dir.Fd())
	err := f.unchanged(name, was)
	if err == nil {
		err = unix.Renameat(at, temp, at, name)
	}
	if err != nil {
		return errors.Join(err, unix.Unlinkat(at, temp, 0))
	}
	_ = f.dir.Sync() // the content is in place; not every file system can sync a folder
	return nil
}

// Remove removes a file, which has to be what it was.
func (f *Folder) Remove(name string, was *Content) error {
	if err := f.unchanged(name, was); err != nil {
		return err
	}
	return unix.Unlinkat(int(f.dir.Fd()), name, 0)
}

func (f *Folder) unchanged(name string, was *Content) error {
	now, err := f.Read(name)
	if err != nil {
		return err
	}
	if (now == nil) != (was == nil) || now != nil && string(now.Data) != string(was.Data) {
		return fmt.Errorf("%q was changed by somebody else just now; try again", filepath.Join(f.path, name))
	}
	return nil
}

// create makes a new file that is on the disk when it returns.
func (f *Folder) create(name string, data []byte, mode fs.FileMode) error {
	path := filepath.Join(f.path, name)
	fd, err := unix.Openat(int(f.dir.Fd()), name, unix.O_WRONLY|unix.O_CREAT|unix.O_EXCL|unix.O_NOFOLLOW|unix.O_CLOEXEC, 0o600)
	if err != nil {
		return &os.PathError{Op: "create", Path: path, Err: err}
	}
	file := os.NewFile(uintptr(fd), path)
	_, err = file.Write(data)
	if err == nil {
		err = file.Chmod(mode)
	}
	if err == nil {
		err = file.Sync()
	}
	if err = errors.Join(err, file.Close()); err != nil {
		return errors.Join(err, unix.Unlinkat(int(f.dir.Fd()), name, 0))
	}
	return nil
}

// RemoveFolders removes those folders below root that are empty, the last first.
func RemoveFolders(root string, made []string) {
	for i := len(made) - 1; i >= 0; i-- {
		parent, err := OpenFolder(root, filepath.Dir(made[i]), MakeNothing)
		if err != nil {
			return
		}
		err = unix.Unlinkat(int(parent.dir.Fd()), filepath.Base(made[i]), unix.AT_REMOVEDIR)
		parent.Close()
		if err != nil {
			return
		}
	}
}
