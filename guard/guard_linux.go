package guard

import (
	"bytes"
	"crypto/rand"
	"encoding/binary"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"time"

	"golang.org/x/sys/unix"
)

// Watch watches a folder from Start to End.
type Watch struct {
	Guard
	dir    int           // O_PATH of Dir
	stop   chan struct{} // closed by End
	done   chan struct{} // closed when nobody watches any more
	were   map[string]file
	aside  string  // the folder for what is moved; empty before the first
	near   []Moved // what could not leave the file system yet: its name, and the one that it has in Dir
	room   int64   // how much of that may still be copied, in bytes
	report Report
}

// file tells whether a path leads to what it led to.
type file struct{ device, inode uint64 }

func fileAt(path string) (file, bool) {
	var st unix.Stat_t
	err := unix.Lstat(path, &st)
	return file{uint64(st.Dev), st.Ino}, err == nil
}

// Start begins to watch.
func Start(g Guard) (*Watch, error) {
	dir, err := unix.Open(g.Dir, unix.O_PATH|unix.O_DIRECTORY|unix.O_NOFOLLOW|unix.O_CLOEXEC, 0)
	if err != nil {
		return nil, fmt.Errorf("cannot watch %q: %w", g.Dir, err)
	}
	w := &Watch{Guard: g, dir: dir, stop: make(chan struct{}), done: make(chan struct{}), were: map[string]file{}, room: maxCopied}
	for _, path := range w.covered() {
		if was, ok := fileAt(path); ok {
			w.were[path] = was
		}
	}
	w.sweep() // what was made between the plan and now
	go w.watch()
	return w, nil
}

// covered are the paths that mounts stand on.
func (w *Watch) covered() []string {
	paths := slices.Clone(w.Hidden)
	for _, name := range w.Stands {
		paths = append(paths, filepath.Join(w.Dir, name))
	}
	return paths
}

// early is how long the folder's times are asked for instead of its events, and how often: to end inotify(7) the kernel waits
// for a grace period, which takes longer than a short run.
const (
	early    = time.Second
	interval = 5 * time.Millisecond
)

func (w *Watch) watch() {
	defer close(w.done)
	for w.poll() && !w.listen() {
	}
}

// poll looks whether the folder has changed. It reports whether there is more to do.
func (w *Watch) poll() bool {
	tick := time.NewTicker(interval)
	defer tick.Stop()
	var last int64
	for end := time.Now().Add(early); time.Now().Before(end); {
		select {
		case <-w.stop:
			return false
		case <-tick.C:
		}
		var st unix.Stat_t
		if unix.Fstat(w.dir, &st) != nil {
			continue
		}
		// Changes of one tick of the file system's clock have the same time.
		changed := st.Ctim.Nano()
		if changed != last || time.Since(time.Unix(0, changed)) < 10*interval {
			last = changed
			w.sweep()
		}
	}
	return true
}

// listen acts on each name that appears. It reports whether there is nothing more to do: where there is no inotify, of which a
// user has only so much, or none for a folder that the jail has made unreadable, it is as before.
func (w *Watch) listen() bool {
	fd, err := unix.InotifyInit1(unix.IN_CLOEXEC | unix.IN_NONBLOCK)
	if err != nil {
		return false
	}
	events := os.NewFile(uintptr(fd), "inotify")
	defer events.Close()
	if _, err := unix.InotifyAddWatch(fd, w.Dir, unix.IN_CREATE|unix.IN_MOVED_TO|unix.IN_ONLYDIR|unix.IN_DONT_FOLLOW); err != nil {
		return false
	}
	w.sweep()
	go func() {
		<-w.stop
		_ = events.SetReadDeadline(time.Now())
	}()
	buffer := make([]byte, 64<<10)
	for {
		n, err := events.Read(buffer)
		if err != nil {
			return true
		}
		// struct inotify_event: wd 4 bytes, mask 4, cookie 4, len 4, name padded by NULs.
		for rest := buffer[:n]; len(rest) >= unix.SizeofInotifyEvent; {
			mask := binary.NativeEndian.Uint32(rest[4:])
			end := unix.SizeofInotifyEvent + int(binary.NativeEndian.Uint32(rest[12:]))
			if end > len(rest) {
				break
			}
			name, _, _ := bytes.Cut(rest[unix.SizeofInotifyEvent:end], []byte{0})
			rest = rest[end:]
			switch {
			case mask&unix.IN_Q_OVERFLOW != 0:
				w.sweep()
			case w.guards(string(name)):
				w.move(string(name))
			}
		}
	}
}

// End stops watching, looks for what is left, and tells what happened.
//
// Preconditions: nothing of the jail runs any more.
func (w *Watch) End() Report {
	close(w.stop)
	<-w.done
	w.report.Failed = nil // what could not be moved then is tried once more
	w.sweep()
	for _, path := range w.covered() {
		if is, ok := fileAt(path); ok && is != w.were[path] {
			w.report.Replaced = append(w.report.Replaced, path)
		}
	}
	for _, link := range w.Links {
		w.restore(link)
	}
	for i, m := range w.near {
		if i < maxMoved {
			w.carry(m.To, m.Name)
		} else if err := w.remove(m.To); err != nil {
			w.report.Failed = append(w.report.Failed, err)
		}
	}
	unix.Close(w.dir)
	return w.report
}

// sweep looks at all names.
func (w *Watch) sweep() {
	var names []os.DirEntry
	err := w.permitted("", func() (err error) {
		names, err = os.ReadDir(procPath(w.dir))
		return err
	})
	if err != nil {
		w.report.Failed = append(w.report.Failed, err)
	}
	for _, entry := range names {
		if w.guards(entry.Name()) {
			w.move(entry.Name())
		}
	}
}

// link returns the link that stood by a name.
func (w *Watch) link(name string) (Link, bool) {
	i := slices.IndexFunc(w.Links, func(l Link) bool { return l.Name == name })
	if i < 0 {
		return Link{}, false
	}
	return w.Links[i], true
}

// unchanged reports whether a link is as it was.
func (w *Watch) unchanged(link Link) bool {
	text := make([]byte, len(link.Text)+1)
	n, err := unix.Readlinkat(w.dir, link.Name, text)
	return err == nil && string(text[:n]) == link.Text
}

// restore makes a link again that is gone.
func (w *Watch) restore(link Link) {
	err := w.permitted("", func() error { return unix.Symlinkat(link.Text, w.dir, link.Name) })
	if err != nil && !errors.Is(err, unix.EEXIST) {
		w.report.Failed = append(w.report.Failed, fmt.Errorf("cannot make the link %q again: %w", link.Name, err))
	}
}

// move takes a name out of the folder, in one step.
func (w *Watch) move(name string) {
	link, stood := w.link(name)
	if stood && w.unchanged(link) {
		return
	}
	err := w.permitted(name, func() error { return w.rename(name) })
	switch {
	case errors.Is(err, unix.ENOENT): // gone by itself
	case err != nil:
		w.report.Failed = append(w.report.Failed, fmt.Errorf("cannot move %q out of %q: %w", name, w.Dir, err))
	}
	if stood {
		w.restore(link)
	}
}

// attempts is how often a permission is given back that a jail takes away at the same time. At the end nobody does.
const attempts = 100

// permitted does something with the folder, and with a name in it, if it is not empty. To move a folder one must be allowed to
// write both to it and to where it lies, and it is the jail that says who may: what it took away is given back to the owner.
func (w *Watch) permitted(name string, do func() error) error {
	err := do()
	for n := 0; errors.Is(err, unix.EACCES) && n < attempts; n++ {
		if loosen(w.dir) != nil {
			return err
		}
		if name != "" {
			w.loosenBelow(name)
		}
		err = do()
	}
	return err
}

func (w *Watch) loosenBelow(name string) {
	fd, err := unix.Openat(w.dir, name, unix.O_PATH|unix.O_DIRECTORY|unix.O_NOFOLLOW|unix.O_CLOEXEC, 0)
	if err != nil {
		return // a file needs none
	}
	defer unix.Close(fd)
	_ = loosen(fd)
}

// loosen lets the owner of a folder do everything in it.
func loosen(dir int) error {
	var st unix.Stat_t
	if err := unix.Fstat(dir, &st); err != nil {
		return err
	}
	if st.Mode&0o700 == 0o700 {
		return nil
	}
	return unix.Chmod(procPath(dir), st.Mode&0o7777|0o700)
}

func procPath(fd int) string { return fmt.Sprintf("/proc/self/fd/%d", fd) }

func (w *Watch) rename(name string) error {
	var st unix.Stat_t
	if err := unix.Fstatat(w.dir, name, &st, unix.AT_SYMLINK_NOFOLLOW); err != nil {
		return err
	}
	if w.aside == "" {
		if err := os.MkdirAll(w.Aside, 0o700); err != nil {
			return err
		}
		made, err := os.MkdirTemp(w.Aside, filepath.Base(w.Dir)+"-")
		if err != nil {
			return err
		}
		w.aside = made
	}
	to := filepath.Join(w.aside, name)
	for n := 2; ; n++ {
		err := unix.Renameat2(w.dir, name, unix.AT_FDCWD, to, unix.RENAME_NOREPLACE)
		switch {
		case err == nil:
			w.note(name, to)
			return nil
		case errors.Is(err, unix.EXDEV):
			return w.rest(name)
		case !errors.Is(err, unix.EEXIST):
			return err
		}
		if n > maxMoved && os.RemoveAll(to) == nil {
			continue
		}
		to = filepath.Join(w.aside, numbered(name, n))
	}
}

// numbered is another name for what has one already, and no longer than one may be (NAME_MAX).
func numbered(name string, n int) string {
	return fmt.Sprintf("%s.%d", name[:min(len(name), 200)], n)
}

func (w *Watch) note(name, to string) {
	if m := (Moved{name, to}); !slices.Contains(w.report.Moved, m) {
		w.report.Moved = append(w.report.Moved, m)
	}
}

// rest takes the name away from what lies on another file system than jail's own files. It is copied when the jail is over,
// and nobody can change it under way.
func (w *Watch) rest(name string) error {
	hidden := ".jail-aside-" + rand.Text() // the jail must not take it first
	if err := unix.Renameat2(w.dir, name, w.dir, hidden, unix.RENAME_NOREPLACE); err != nil {
		return err
	}
	w.near = append(w.near, Moved{name, hidden})
	return nil
}

// carry copies what rests in the folder out of it, and removes it there.
func (w *Watch) carry(hidden, name string) {
	to := filepath.Join(w.aside, name)
	for n := 2; ; n++ {
		if _, err := os.Lstat(to); err != nil {
			break
		}
		to = filepath.Join(w.aside, numbered(name, n))
	}
	if err := w.copy(hidden, to); err != nil {
		w.report.Failed = append(w.report.Failed, fmt.Errorf("%q is now %q in %q: %w", name, hidden, w.Dir, err))
		return
	}
	w.note(name, to)
}

// remove removes what rests in the folder.
func (w *Watch) remove(hidden string) error {
	root, err := os.OpenRoot(w.Dir)
	if err != nil {
		return err
	}
	defer root.Close()
	return root.RemoveAll(hidden)
}
