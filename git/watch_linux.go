package git

import (
	"context"
	"io/fs"
	"os"
	"path/filepath"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"
)

// coalesce is how long a change waits for others to come with it.
const coalesce = 200 * time.Millisecond

// unwatched is how long a run goes before it is watched. Import at its end sees everything, and an inotify instance costs the
// end of a run a grace period of RCU: ten milliseconds and more.
const unwatched = time.Second

// maxWatched bounds what a jail can make us watch.
const maxWatched = 128

const refEvents = unix.IN_CREATE | unix.IN_MOVED_TO | unix.IN_DELETE | unix.IN_MODIFY | unix.IN_ONLYDIR | unix.IN_DONT_FOLLOW | unix.IN_EXCL_UNLINK

// Watch calls jail when refs of the jail's may have changed, and host when the repository's have, until the context ends.
// It waits in the kernel (inotify(7)) and costs nothing while nothing happens. Where it cannot watch it does nothing:
// Import at the end of the run sees everything.
func (p Private) Watch(ctx context.Context, jail, host func()) {
	select {
	case <-ctx.Done():
		return
	case <-time.After(unwatched):
	}
	var done []<-chan struct{}
	for _, side := range []struct {
		dir  string
		call func()
	}{{p.gitDir(), jail}, {p.Host.CommonDir, host}} {
		done = append(done, watchRefs(ctx, side.dir, side.call))
	}
	jail() // what came before
	for _, d := range done {
		<-d
	}
}

// watchRefs watches one git directory. The channel is closed when it has ended.
func watchRefs(ctx context.Context, gitDir string, call func()) <-chan struct{} {
	ended := make(chan struct{})
	fd, err := unix.InotifyInit1(unix.IN_CLOEXEC | unix.IN_NONBLOCK)
	if err != nil {
		close(ended)
		return ended
	}
	w := &refWatcher{fd: fd, dirs: map[int32]string{}}
	w.top = w.add(gitDir)
	w.addTree(filepath.Join(gitDir, "refs"))
	events := os.NewFile(uintptr(fd), "inotify")
	stop := context.AfterFunc(ctx, func() { events.Close() })
	changed := make(chan struct{}, 1)
	go func() {
		defer close(changed)
		buffer := make([]byte, 64<<10)
		for {
			n, err := events.Read(buffer)
			if err != nil {
				return
			}
			if w.read(buffer[:n]) {
				select {
				case changed <- struct{}{}:
				default:
				}
			}
		}
	}()
	go func() {
		defer close(ended)
		defer stop()
		for range changed {
			select {
			case <-ctx.Done():
				return
			case <-time.After(coalesce):
			}
			select { // what came meanwhile is covered by the same call
			case <-changed:
			default:
			}
			if ctx.Err() == nil {
				call()
			}
		}
	}()
	return ended
}

// refWatcher knows which folder a watch stands for.
type refWatcher struct {
	fd   int
	top  int32 // the git directory itself, in which much else changes
	dirs map[int32]string
}

func (w *refWatcher) add(dir string) int32 {
	if len(w.dirs) >= maxWatched {
		return -1
	}
	wd, err := unix.InotifyAddWatch(w.fd, dir, refEvents)
	if err != nil {
		return -1
	}
	w.dirs[int32(wd)] = dir
	return int32(wd)
}

func (w *refWatcher) addTree(dir string) {
	_ = filepath.WalkDir(dir, func(path string, e fs.DirEntry, err error) error {
		if len(w.dirs) >= maxWatched {
			return fs.SkipAll
		}
		if err == nil && e.IsDir() {
			w.add(path)
		}
		return nil
	})
}

// read takes events apart and reports whether one of them may be a ref's. New folders are watched too.
func (w *refWatcher) read(data []byte) (relevant bool) {
	for len(data) >= unix.SizeofInotifyEvent {
		event := (*unix.InotifyEvent)(unsafe.Pointer(&data[0]))
		end := unix.SizeofInotifyEvent + int(event.Len)
		if end > len(data) {
			break
		}
		name := unix.ByteSliceToString(data[unix.SizeofInotifyEvent:end])
		dir := w.dirs[event.Wd]
		switch {
		case event.Mask&unix.IN_IGNORED != 0:
			delete(w.dirs, event.Wd)
		case filepath.Ext(name) == ".lock":
		case event.Wd == w.top:
			relevant = relevant || name == "HEAD" || name == "packed-refs"
		case event.Mask&unix.IN_ISDIR != 0 && event.Mask&(unix.IN_CREATE|unix.IN_MOVED_TO) != 0:
			w.addTree(filepath.Join(dir, name))
			relevant = true
		default:
			relevant = true
		}
		data = data[end:]
	}
	return relevant
}
