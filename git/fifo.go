package git

import (
	"context"
	"io/fs"
	"os"
	"path"
	"syscall"
	"time"
)

// withoutFIFOs takes the FIFOs out of a jail's git directory, where none has a meaning, and goes on with it until the
// returned function is called: git opens what it finds there, and waits for whoever writes to it.
func (p Private) withoutFIFOs(ctx context.Context) (stop func()) {
	p.defuse()
	ctx, cancel := context.WithCancel(ctx)
	go func() {
		tick := time.NewTicker(time.Second)
		defer tick.Stop()
		for {
			select {
			case <-ctx.Done():
				return
			case <-tick.C:
				p.defuse()
			}
		}
	}()
	return cancel
}

// defuse lets whoever waits at a FIFO go on, as if it were empty, and removes it. What the jail makes meanwhile leads
// nowhere: names are resolved below the directory, and nothing but a folder is opened to be listed.
func (p Private) defuse() {
	root, err := os.OpenRoot(p.gitDir())
	if err != nil {
		return
	}
	defer root.Close()
	left := maxEntries
	defuseIn(root, ".", &left)
}

// maxEntries is how many names of a jail's git directory are looked at.
const maxEntries = 1_000_000

func defuseIn(root *os.Root, dir string, left *int) {
	entries, err := listBeneath(root, dir)
	if *left -= len(entries); err != nil || *left < 0 {
		return
	}
	for _, e := range entries {
		name := path.Join(dir, e.Name())
		switch {
		case e.IsDir():
			defuseIn(root, name, left)
		case e.Type() == fs.ModeNamedPipe:
			if f, err := root.OpenFile(name, os.O_WRONLY|syscall.O_NONBLOCK, 0); err == nil {
				f.Close()
			}
			_ = root.Remove(name)
		}
	}
}
