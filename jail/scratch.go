package jail

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"

	"jail/mounts"
)

// scratchPrefix begins the names of folders that are made for a run; the number of its process follows.
const scratchPrefix = "jail-run-"

// makeScratch makes the folders of a Spec that vanish with the run, and what stands in them, on the host's own file system, for
// a back end that cannot mount. A folder must not be there before. What earlier runs left, because they were killed, is removed
// first. The caller must call remove when nothing of the run is left.
func makeScratch(s Spec) (remove func() error, err error) {
	var made []string
	remove = func() error {
		var all error
		for _, dir := range made {
			all = errors.Join(all, removeScratch(dir))
		}
		return all
	}
	for _, m := range s.Mounts {
		if m.Kind != mounts.Tmpfs {
			continue
		}
		sweepScratch(path.Dir(m.Target))
		if err = os.Mkdir(m.Target, 0o700); err != nil {
			break
		}
		made = append(made, m.Target)
		if err = fillScratch(m.Target, s); err != nil {
			break
		}
	}
	if err != nil {
		return nil, errors.Join(fmt.Errorf("cannot make the folder of the run: %w", err), remove())
	}
	return remove, nil
}

// fillScratch makes what a Spec says stands in a folder, parents first.
func fillScratch(dir string, s Spec) error {
	root, err := os.OpenRoot(dir)
	if err != nil {
		return err
	}
	defer root.Close()
	in := func(p string) (name string, below bool) {
		name, below = strings.CutPrefix(p, dir+"/")
		if below && path.Dir(name) != "." {
			err = errors.Join(err, root.MkdirAll(path.Dir(name), 0o700))
		}
		return name, below
	}
	for _, m := range s.Mounts {
		name, below := in(m.Target)
		mode := fs.FileMode(m.Permissions())
		switch {
		case !below:
		case m.Kind == mounts.Dir:
			err = errors.Join(err, root.Mkdir(name, mode))
		case m.Kind == mounts.File:
			err = errors.Join(err, root.WriteFile(name, []byte(m.Text), mode))
		case m.Kind == mounts.Symlink:
			err = errors.Join(err, root.Symlink(m.Source, name))
		}
	}
	for _, c := range s.Seatbelt.Copied {
		if name, below := in(c.Target); below {
			err = errors.Join(err, copyInto(root, name, c.Host))
		}
	}
	return err
}

// maxCopied is how large a file may be that a run begins with a copy of.
const maxCopied = 64 << 20

// copyInto copies a regular file of the host, for its owner alone.
func copyInto(root *os.Root, name, host string) error {
	from, err := os.OpenFile(host, os.O_RDONLY|syscall.O_NOFOLLOW|syscall.O_NONBLOCK, 0)
	if err != nil {
		return err
	}
	defer from.Close()
	if info, err := from.Stat(); err != nil || !info.Mode().IsRegular() || info.Size() > maxCopied {
		return fmt.Errorf("%q is no file of at most %s", host, mounts.Size(maxCopied))
	}
	to, err := root.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	_, err = io.Copy(to, io.LimitReader(from, maxCopied))
	return errors.Join(err, to.Close())
}

// removeScratch removes a folder that a jail could write to, and follows no link in it. A command may have shut folders.
func removeScratch(dir string) error {
	if os.RemoveAll(dir) == nil {
		return nil
	}
	root, err := os.OpenRoot(dir)
	if err != nil {
		return err
	}
	open := func(name string) { _ = root.Chmod(name, 0o700) }
	open(".")
	_ = fs.WalkDir(root.FS(), ".", func(name string, entry fs.DirEntry, err error) error {
		if entry != nil && entry.IsDir() && err == nil {
			open(name)
		}
		return nil
	})
	root.Close()
	return os.RemoveAll(dir)
}

// sweepScratch removes the folders of runs whose process is gone.
func sweepScratch(parent string) {
	found, _ := filepath.Glob(filepath.Join(parent, scratchPrefix+"[0-9]*"))
	for _, dir := range found {
		pid, err := strconv.Atoi(strings.TrimPrefix(filepath.Base(dir), scratchPrefix))
		if err == nil && pid > 0 && errors.Is(syscall.Kill(pid, 0), syscall.ESRCH) {
			_ = removeScratch(dir) // the next run tries again
		}
	}
}
