package git

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/sys/unix"

	"jail/workers"
)

// Limits of a walk: what a jail makes deeper or more of is counted and not named.
const (
	maxDepth = 256
	maxFound = 1000
)

// walker looks at every folder of a work tree, ignored ones too, for what git would obey or hang on when somebody uses it
// there. It reads names and kinds only, and follows no link.
type walker struct {
	top     *folder
	mu      sync.Mutex
	found   []Risk
	missed  int    // findings beyond maxFound
	err     error  // the first that hides a part of the tree
	at      string // where that was
	old     memory
	seen    []sight
	news    bool // seen is not what old was
	visited int
}

// sight is what is to be remembered of a folder.
type sight struct {
	path string
	remembered
}

// folder is one of the tree. It is opened if it has to be read, or one below it.
type folder struct {
	up    *folder
	name  string // in the one above; of the top its path
	path  string // from the top; empty for that
	depth int
	users atomic.Int32 // folders below that are not done, and itself
	mu    sync.Mutex
	fd    int // -1: not open
}

func newFolder(up *folder, name string) *folder {
	f := &folder{up: up, name: name, fd: -1}
	f.users.Store(1)
	if up != nil {
		f.path, f.depth = name, up.depth+1
		if up.path != "" {
			f.path = up.path + "/" + name
		}
	}
	return f
}

// open returns the folder's descriptor. No FIFO is opened: O_DIRECTORY is looked at first.
func (f *folder) open() (int, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.fd >= 0 {
		return f.fd, nil
	}
	dir := unix.AT_FDCWD
	if f.up != nil {
		var err error
		if dir, err = f.up.open(); err != nil {
			return -1, err
		}
	}
	var err error
	f.fd, err = unix.Openat(dir, f.name, unix.O_RDONLY|unix.O_DIRECTORY|unix.O_NOFOLLOW|unix.O_CLOEXEC, 0)
	return f.fd, err
}

// done closes the folder when nobody below needs it any more.
func (f *folder) done() {
	for ; f != nil && f.users.Add(-1) == 0; f = f.up {
		if f.fd >= 0 {
			unix.Close(f.fd)
		}
	}
}

// walked is what a walk found.
type walked struct {
	found []Risk
	// Of two walks with the same state, no folder of the tree got or lost a name and no rule file changed between them.
	// Empty: nobody can tell.
	state string
}

// walk returns what was found, and an error that says what could not be seen. In a folder of ours it keeps what makes the
// next walk fast; without one every folder is read.
func walk(ctx context.Context, top, cache string) (walked, error) {
	old, state := recall(cache)
	w := &walker{top: newFolder(nil, top), old: old}
	defer context.AfterFunc(ctx, func() { w.fail("", ctx.Err()) })()
	w.top.users.Add(1) // open until the end: folders are asked about from there
	if _, err := w.top.open(); err != nil {
		return walked{}, err
	}
	workers.Drain(w.top, func(folders []*folder, buffer []byte) []*folder { return w.visitAll(ctx, folders, buffer) })
	w.top.done()
	if w.missed > 0 {
		w.found = append(w.found, Risk{"…", fmt.Sprintf("and %d more", w.missed)})
	}
	if w.err != nil && w.at != "" {
		w.err = fmt.Errorf("%q: %w", w.at, w.err)
	}
	if w.err == nil && cache != "" && (w.news || len(w.seen) != len(w.old)) {
		next := make(memory, len(w.seen))
		for _, s := range w.seen {
			next[s.path] = s.remembered
		}
		state, w.err = next.keep(cache)
	}
	if w.err != nil || len(w.seen) != w.visited {
		state = ""
	}
	return walked{w.found, state}, w.err
}

func (w *walker) visitAll(ctx context.Context, folders []*folder, buffer []byte) []*folder {
	var below []*folder
	seen := make([]sight, 0, len(folders))
	for _, f := range folders {
		if ctx.Err() == nil {
			more, known := w.visit(f, buffer)
			if below = append(below, more...); known.Inode != 0 {
				seen = append(seen, sight{f.path, known})
			}
		}
		f.done()
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.seen, w.visited = append(w.seen, seen...), w.visited+len(folders)
	return below
}

// visit looks at one folder and returns those in it, and what is to be remembered of it: without an inode nothing.
func (w *walker) visit(f *folder, buffer []byte) ([]*folder, remembered) {
	var before unix.Stat_t
	now := time.Now()
	known, stands := remembered{}, false
	if len(f.path) < unix.PathMax && unix.Fstatat(w.top.fd, cmp.Or(f.path, "."), &before, unix.AT_SYMLINK_NOFOLLOW) == nil {
		known, stands = w.old.stands(f.path, &before)
	}
	if stands && known.Rules != "" && (known.Rules == "?" || known.Rules != w.rulesIn(f)) {
		stands = false
	}
	if !stands {
		var ok bool
		if known, ok = w.read(f, buffer); !ok {
			return nil, remembered{}
		}
		if known.Inode = 0; before.Ino != 0 && settled(&before, now) {
			known.Inode, known.Changed, known.Made = before.Ino, unix.TimespecToNsec(before.Ctim), unix.TimespecToNsec(before.Mtim)
			if known.Rules != "" {
				known.Rules = w.rulesIn(f)
			}
			w.mu.Lock()
			w.news = true
			w.mu.Unlock()
		}
	}
	for _, risk := range known.Found {
		w.find(risk.Path, risk.Why)
	}
	below := make([]*folder, len(known.Below))
	f.users.Add(int32(len(below)))
	for i, name := range known.Below {
		below[i] = newFolder(f, name)
	}
	return below, known
}

// ruleFiles say, wherever they lie, how git takes the files beside and below them.
var ruleFiles = [...]string{".gitignore", ".gitattributes"}

// rulesIn stamps the rule files of a folder.
func (w *walker) rulesIn(f *folder) string {
	stamp := ""
	for _, name := range ruleFiles {
		var st unix.Stat_t
		if err := unix.Fstatat(w.top.fd, path.Join(f.path, name), &st, unix.AT_SYMLINK_NOFOLLOW); err != nil {
			stamp += err.Error() + " "
			continue
		}
		if st.Mode&unix.S_IFMT != unix.S_IFREG || !settled(&st, time.Now()) {
			return "?" // may say something else the next time, and nobody would see
		}
		stamp += fmt.Sprint(st.Ino, st.Size, unix.TimespecToNsec(st.Ctim), " ")
	}
	return stamp
}

// read lists a folder. What is another thing by now is not one.
func (w *walker) read(f *folder, buffer []byte) (remembered, bool) {
	fd, err := f.open()
	switch {
	case errors.Is(err, unix.ENOENT), errors.Is(err, unix.ENOTDIR), errors.Is(err, unix.ELOOP):
		return remembered{}, false
	case errors.Is(err, unix.EACCES):
		w.find(f.path, "folder that cannot be read")
		return remembered{}, false
	case err != nil:
		w.fail(f.path, err)
		return remembered{}, false
	}
	r, err := look(f, fd, buffer)
	if err != nil {
		w.fail(f.path, err)
	}
	return r, err == nil
}

// look judges what is in an open folder.
func look(f *folder, fd int, buffer []byte) (remembered, error) {
	var r remembered
	var head, objects, refs, common bool
	prefix := f.path
	if prefix != "" {
		prefix += "/"
	}
	find := func(name, why string) { r.Found = append(r.Found, Risk{name, why}) }
	err := readNames(fd, buffer, func(name string, kind fs.FileMode) {
		switch {
		case name == ".git" && f.path == "":
			return // verified elsewhere
		case strings.EqualFold(name, ".git"):
			find(prefix+name, "repository in the tree")
			return
		}
		if slices.Contains(ruleFiles[:], name) {
			r.Rules = "?"
		}
		head, objects = head || name == "HEAD", objects || name == "objects"
		refs, common = refs || name == "refs", common || name == "commondir"
		switch kind {
		case fs.ModeDir:
			if f.depth == maxDepth {
				find(prefix+name, fmt.Sprintf("deeper than %d folders, not looked at", maxDepth))
				return
			}
			r.Below = append(r.Below, name)
		case fs.ModeNamedPipe:
			find(prefix+name, "FIFO")
		case fs.ModeSocket:
			find(prefix+name, "socket")
		case fs.ModeDevice, fs.ModeDevice | fs.ModeCharDevice:
			find(prefix+name, "device")
		}
	})
	// What git takes for a repository (is_git_directory in setup.c).
	if head && (objects && refs || common) {
		find(cmp.Or(f.path, "."), bareRepository)
	}
	return r, err
}

const bareRepository = "bare repository in the tree"

func (w *walker) find(name, why string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if len(w.found) == maxFound {
		w.missed++
		return
	}
	w.found = append(w.found, Risk{name, why})
}

func (w *walker) fail(name string, err error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.err == nil {
		w.err, w.at = err, name
	}
}
