package git

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"path"
	"slices"
	"strings"
	"syscall"

	gogit "github.com/go-git/go-git/v5/plumbing"
)

// Limits of what is read of the refs that a jail has written.
const (
	maxRefs     = 200_000
	maxRefDepth = 32
	maxRefName  = 512
	maxPacked   = 64 << 20
	maxReads    = 5 // of one that is written to all the time
)

// ErrTooManyRefs means that a jail has more refs than are read.
var ErrTooManyRefs = fmt.Errorf("the jail's git directory has more than %d refs", maxRefs)

// ErrBroken means that a jail's git directory is none any more.
var ErrBroken = errors.New("the jail's git directory is broken")

// refs are the names and values of a git directory.
type refs struct {
	Head string            `json:"head"` // "ref: refs/heads/x", or a commit id
	IDs  map[string]string `json:"ids"`  // full name -> object id
	busy map[string]bool   // branches that a work tree has checked out, of the host's only
}

// onBranch is the full name of the branch that HEAD is on; empty when detached.
func (r refs) onBranch() string {
	name, _ := strings.CutPrefix(r.Head, "ref: ")
	if name == r.Head || !validRef(name) || !strings.HasPrefix(name, "refs/heads/") {
		return ""
	}
	return name
}

// commit is what HEAD leads to; empty on a branch without commits.
func (r refs) commit() string {
	if validID(r.Head) {
		return r.Head
	}
	return r.IDs[r.onBranch()]
}

// readRefs reads the refs of a git directory that a jail can write to, while it may be writing. They are claims: nothing
// is known of the objects. A file that is no ref is passed over; a link, a FIFO or a device is never opened.
func readRefs(gitDir string) (refs, error) {
	dir, err := os.Open(gitDir)
	if err != nil {
		return refs{}, fmt.Errorf("%w: %w", ErrBroken, err)
	}
	defer dir.Close()
	for tries := 1; ; tries++ {
		r, err := readRefsOnce(dir)
		// A switch of branches in between: the branch that HEAD was on may have been deleted after it.
		if again, headErr := readHead(dir); err != nil || headErr == nil && again == r.Head || tries == maxReads {
			return r, err
		}
	}
}

func readHead(dir *os.File) (string, error) {
	head, err := readBeneath(dir, "HEAD", 4096)
	if err != nil {
		return "", fmt.Errorf("%w: HEAD: %w", ErrBroken, err)
	}
	return strings.TrimSpace(string(head)), nil
}

func readRefsOnce(dir *os.File) (refs, error) {
	r := refs{IDs: map[string]string{}}
	var err error
	if r.Head, err = readHead(dir); err != nil {
		return r, err
	}
	// The loose ones first: one that git packs meanwhile is missed in neither place.
	if err := r.loose(dir.Name()); err != nil {
		return r, err
	}
	packed, err := readBeneath(dir, "packed-refs", maxPacked)
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		return r, fmt.Errorf("%w: packed-refs: %w", ErrBroken, err)
	}
	err = r.packed(packed)
	r.dropImpossible()
	return r, err
}

// dropImpossible removes names below another ref, which git never makes: no repository could hold both.
func (r refs) dropImpossible() {
	var bad []string
	for name := range r.IDs {
		for dir := path.Dir(name); dir != "refs" && dir != "."; dir = path.Dir(dir) {
			if _, ok := r.IDs[dir]; ok {
				bad = append(bad, name)
			}
		}
	}
	for _, name := range bad {
		delete(r.IDs, name)
	}
}

// packed adds what packed-refs has and no loose ref overrides: "ID SP NAME LF"; "#" before a header, "^" before what the
// tag on the line above names.
func (r refs) packed(text []byte) error {
	for line := range bytes.Lines(text) {
		id, name, ok := strings.Cut(strings.TrimSuffix(string(line), "\n"), " ")
		if !ok || !validID(id) || !validRef(name) {
			continue
		}
		if _, loose := r.IDs[name]; !loose {
			r.IDs[name] = id
		}
		if len(r.IDs) > maxRefs {
			return ErrTooManyRefs
		}
	}
	return nil
}

// loose adds the refs that are files of their own.
func (r refs) loose(gitDir string) error {
	root, err := os.OpenRoot(gitDir)
	if err != nil {
		return fmt.Errorf("%w: %w", ErrBroken, err)
	}
	defer root.Close()
	return r.looseIn(root, "refs", 0)
}

func (r refs) looseIn(root *os.Root, name string, depth int) error {
	entries, err := listBeneath(root, name)
	if depth == 0 && err != nil {
		return fmt.Errorf("%w: refs: %w", ErrBroken, err)
	}
	if err != nil || depth > maxRefDepth {
		return nil
	}
	f, err := openFolder(root, name)
	if err != nil {
		return nil
	}
	defer f.Close()
	for _, e := range entries {
		full := path.Join(name, e.Name())
		if e.IsDir() {
			if err := r.looseIn(root, full, depth+1); err != nil {
				return err
			}
			continue
		}
		if !e.Type().IsRegular() || !validRef(full) {
			continue
		}
		text, err := readBeneath(f, e.Name(), 256)
		id := strings.TrimSuffix(string(text), "\n")
		if err != nil || !validID(id) {
			continue
		}
		if r.IDs[full] = id; len(r.IDs) > maxRefs {
			return ErrTooManyRefs
		}
	}
	return nil
}

// openFolder opens a folder below root. Nothing else: a FIFO in its place would stop us.
func openFolder(root *os.Root, name string) (*os.File, error) {
	return root.OpenFile(name, os.O_RDONLY|syscall.O_DIRECTORY|syscall.O_NONBLOCK|syscall.O_NOFOLLOW, 0)
}

func listBeneath(root *os.Root, name string) ([]os.DirEntry, error) {
	f, err := openFolder(root, name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	entries, err := f.ReadDir(maxRefs)
	if errors.Is(err, io.EOF) {
		err = nil
	}
	return entries, err
}

// validRef reports whether git accepts a full ref name, and whether it is one that a line of text can hold.
func validRef(name string) bool {
	if len(name) > maxRefName || !strings.HasPrefix(name, "refs/") || strings.HasSuffix(name, ".lock") {
		return false
	}
	return !unreadable(name) && !strings.Contains(name, " ") && gogit.ReferenceName(name).Validate() == nil
}

// packedRefs is the content of a packed-refs file. Without "peeled" in its first line git looks itself at what tags name.
func packedRefs(ids map[string]string) []byte {
	var b bytes.Buffer
	b.WriteString("# pack-refs with: sorted \n")
	for _, name := range slices.Sorted(maps.Keys(ids)) {
		fmt.Fprintf(&b, "%s %s\n", ids[name], name)
	}
	return b.Bytes()
}

// readLimited reads all of a file, and refuses more than limit bytes.
func readLimited(f *os.File, limit int) ([]byte, error) {
	data, err := io.ReadAll(io.LimitReader(f, int64(limit)+1))
	if err == nil && len(data) > limit {
		err = fmt.Errorf("%q is larger than %d bytes", f.Name(), limit)
	}
	return data, err
}
