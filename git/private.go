package git

import (
	"crypto/rand"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
)

// Private is a git directory that a jail has for itself: refs, configuration, hooks, index and new objects of its own,
// and the repository's objects by alternates (gitrepository-layout(5)). In the jail it stands where the repository's own
// would be. On the host no git ever runs on it: what is made in it comes out by Import only.
type Private struct {
	Host   Repo   // the repository; GitDir is what the jail's own directory stands in for
	Dir    string // our folder: Dir/git is the jail's to write, the rest of it is not
	Name   string // the jail's other refs are kept in the repository below refs/jail/Name
	Branch string // the branch that belongs to the jail; empty in a checkout of the user's, where HEAD tells
	Reach  Reach
	Index  string   // the file in Host.GitDir that the jail's index is made from, see NamedIndex; empty means index
	Hidden []string // files and folders of the work tree that the jail sees otherwise than they are, relative to it, sorted

	depth int // how many repositories this one is a submodule in
}

// Reach says what of the repository's own Import moves.
type Reach string

const (
	// ReachBranch is Branch, and in a checkout of the user's the branches that the jail is on or makes, HEAD and the index.
	ReachBranch Reach = ""
	// ReachNothing lets all that the jail commits come in below refs/jail/Name. It stays so in the jail's git directory until that
	// is removed.
	ReachNothing Reach = "nothing"
)

// View says where what of a Private appears in a jail.
type View struct {
	Dir        string   `json:"dir"`                  // the jail's git directory, to appear at At
	At         string   `json:"at"`                   // the path that the host's own git directory has
	Common     string   `json:"common"`               // the repository's git directory; nothing of it is to be seen
	Remote     string   `json:"remote"`               // what the remote "host" leads to, at its own path, read-only
	Objects    string   `json:"objects"`              // the repository's objects, read-only, to appear at ObjectsAt
	ObjectsAt  string   `json:"objects_at"`           //
	LFS        string   `json:"lfs,omitempty"`        // its large files, where it has some, to appear at LFSAt
	LFSAt      string   `json:"lfs_at,omitempty"`     //
	Alternates []string `json:"alternates,omitempty"` // object folders that it borrows from, at their own paths, read-only
	Nested     []string `json:"nested,omitempty"`     // the .git of nested checkouts: git on the host obeys them
	Empty      []string `json:"empty,omitempty"`      // folders of submodules that have no .git, and may not be there: git on the host would obey one
	Modules    []Module `json:"modules,omitempty"`    // those of them that git inside can read
}

// LoadView reads the View that Begin left in a Private's folder.
func LoadView(dir string) (View, error) {
	var v View
	data, err := os.ReadFile(filepath.Join(dir, "view.json"))
	if err == nil {
		err = json.Unmarshal(data, &v)
	}
	if err != nil {
		return v, fmt.Errorf("cannot tell where the git directory of a jail belongs: %w", err)
	}
	return v, nil
}

func (p Private) saveView() error {
	data, err := json.Marshal(p.View())
	if err != nil {
		return err
	}
	return replace(filepath.Join(p.Dir, "view.json"), data)
}

func (p Private) gitDir() string { return filepath.Join(p.Dir, "git") }
func (p Private) remote() string { return filepath.Join(p.Dir, "host.git") }
func (p Private) lent() string   { return filepath.Join(p.Dir, "main") } // in the jail only
func (p Private) refs() string   { return "refs/jail/" + p.Name + "/" }

// View is where things appear. It reads a little and makes nothing: a dry run shows the same.
func (p Private) View() View {
	v := View{
		Dir: p.gitDir(), At: p.Host.GitDir, Common: p.Host.CommonDir, Remote: p.remote(),
		Objects: filepath.Join(p.Host.CommonDir, "objects"), ObjectsAt: filepath.Join(p.lent(), "objects"),
	}
	v.Nested, v.Empty = p.load().nested()
	if lfs := filepath.Join(p.Host.CommonDir, "lfs"); isFolder(lfs) {
		v.LFS, v.LFSAt = lfs, filepath.Join(p.lent(), "lfs")
	}
	v.Alternates = alternates(v.Objects)
	v.Modules = p.moduleViews()
	return v
}

// maxAlternates is how deep git itself follows alternates (odb.c).
const maxAlternates = 5

// alternates lists the object folders that one borrows from, directly or not, without itself.
func alternates(objects string) []string {
	var found []string
	seen := map[string]bool{objects: true}
	level := []string{objects}
	for depth := 0; depth < maxAlternates && len(level) > 0; depth++ {
		var next []string
		for _, dir := range level {
			for _, lent := range namedAlternates(dir) {
				real, err := filepath.EvalSymlinks(lent)
				if err != nil || seen[real] || !isFolder(real) {
					continue
				}
				seen[real] = true
				next = append(next, real)
			}
		}
		found = append(found, next...)
		level = next
	}
	return found
}

// namedAlternates reads objects/info/alternates: a path a line, relative to objects, "#" before a comment.
func namedAlternates(objects string) []string {
	dir, err := os.Open(objects)
	if err != nil {
		return nil
	}
	defer dir.Close()
	text, err := readBeneath(dir, "info/alternates", 1<<20)
	if err != nil {
		return nil
	}
	var paths []string
	for line := range strings.Lines(string(text)) {
		line = strings.TrimSuffix(line, "\n")
		if line == "" || line[0] == '#' || line[0] == '"' {
			continue // a quoted path holds a newline; its objects are missing in the jail
		}
		if !filepath.IsAbs(line) {
			line = filepath.Join(objects, line)
		}
		paths = append(paths, line)
	}
	return paths
}

// lock keeps other processes from the same Private until the file is closed. The kernel frees it when its holder dies.
func (p Private) lock(name string, how int) (*os.File, error) {
	if err := os.MkdirAll(p.Dir, 0o700); err != nil {
		return nil, fmt.Errorf("cannot make the jail's git folder: %w", err)
	}
	f, err := os.OpenFile(filepath.Join(p.Dir, name), os.O_RDWR|os.O_CREATE|syscall.O_NOFOLLOW, 0o600)
	if err != nil {
		return nil, err
	}
	for {
		err = syscall.Flock(int(f.Fd()), how)
		if !errors.Is(err, syscall.EINTR) {
			break
		}
	}
	if err != nil {
		f.Close()
		return nil, err
	}
	return f, nil
}

// inUse reports whether any jail works with it now.
func (p Private) inUse() bool {
	f, err := p.lock("use", syscall.LOCK_EX|syscall.LOCK_NB)
	if err == nil {
		f.Close()
	}
	return err != nil
}

// Remove takes away everything of it, what was not imported included.
func (p Private) Remove() error { return RemoveTree(p.Dir) }

func isFolder(path string) bool {
	info, err := os.Lstat(path)
	return err == nil && info.IsDir()
}

// readBeneath reads a regular file below dir, follows no symlink, and refuses more than limit bytes.
func readBeneath(dir *os.File, path string, limit int) ([]byte, error) {
	f, err := openBeneath(dir, path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return readLimited(f, limit)
}

// replaceBeneath writes a file below root as a whole. What the jail may have put in its place, a link or a FIFO, is
// replaced and never opened.
func replaceBeneath(root *os.Root, name string, data []byte) error {
	temp := name + ".jail-new"
	if err := root.RemoveAll(temp); err != nil {
		return err
	}
	f, err := root.OpenFile(temp, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o644)
	if err != nil {
		return err
	}
	_, err = f.Write(data)
	if err = errors.Join(err, f.Close()); err != nil {
		return err
	}
	return root.Rename(temp, name)
}

// replace writes a file of ours as a whole.
func replace(path string, data []byte) error {
	temp := path + "." + randomName()
	if err := os.WriteFile(temp, data, 0o600); err != nil {
		os.Remove(temp)
		return err
	}
	return os.Rename(temp, path)
}

func randomName() string {
	var id [6]byte
	rand.Read(id[:]) // never fails (crypto/rand, Go 1.24)
	return hex.EncodeToString(id[:])
}
