package git

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"golang.org/x/sys/unix"
)

// Strip takes from a folder what is no file or link of a commit, and whatever more than content and name a jail can have given
// to those: permissions, attributes, a second name. What is left differs from a fresh checkout in content only, and an index of
// it, in place of its .git, says by git's own computation where. Nobody else may write there meanwhile, or later.
func (r Repo) Strip(ctx context.Context, dir, commit string) error {
	d, err := r.open(ctx)
	if err != nil {
		return err
	}
	if !validID(commit) {
		return fmt.Errorf("%+q is not a commit id", commit)
	}
	out, err := d.read(ctx, "ls-tree", "-r", "-z", "--full-tree", commit)
	if err != nil {
		return err
	}
	wanted := folderOf(out)
	all, err := allRights(filepath.Dir(dir))
	if err != nil {
		return err
	}
	if err := (stripper{all}).strip(ctx, dir, wanted); err != nil {
		return err
	}
	// Without the user's filters, whose command would read what a jail wrote: what they would have changed is made anew.
	d.repo.WorkTree = dir
	index := filepath.Join(dir, ".git")
	if _, err := d.run(ctx, call{args: []string{"read-tree", commit}, access: writes, index: index}); err != nil {
		return err
	}
	// Its exit code says that some files differ.
	refresh := call{args: []string{"update-index", "-q", "--refresh"}, access: writes, index: index, limit: addLimit}
	if _, err := d.run(ctx, refresh); err != nil && exitCode(err) != 1 {
		return err
	}
	return nil
}

// wantedFolder is a folder of a commit.
type wantedFolder struct {
	files   map[string]fs.FileMode // permissions and kind, of regular files and links
	folders map[string]*wantedFolder
}

func newWanted() *wantedFolder {
	return &wantedFolder{map[string]fs.FileMode{}, map[string]*wantedFolder{}}
}

// folderOf reads what git ls-tree -r -z prints. Files that git obeys in a work tree are left out: they are to be the commit's.
func folderOf(out []byte) *wantedFolder {
	top := newWanted()
	for entry := range bytes.SplitSeq(out, []byte{0}) {
		about, path, _ := strings.Cut(string(entry), "\t")
		kind, _, _ := strings.Cut(about, " ")
		mode, ok := map[string]fs.FileMode{"100644": 0o666, "100755": 0o777, "120000": fs.ModeSymlink}[kind]
		if !ok {
			continue
		}
		at, names := top, strings.Split(path, "/")
		for _, name := range names[:len(names)-1] {
			if at.folders[name] == nil {
				at.folders[name] = newWanted()
			}
			at = at.folders[name]
		}
		if name := names[len(names)-1]; name != ".gitattributes" {
			at.files[name] = mode
		}
	}
	return top
}

// allRights is what the umask leaves of 0777. It can be read without being set by looking at a new file only.
func allRights(dir string) (fs.FileMode, error) {
	path := filepath.Join(dir, ".umask-"+randomName())
	f, err := os.OpenFile(path, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o777)
	if err != nil {
		return 0, err
	}
	defer f.Close()
	info, err := f.Stat()
	if err := errors.Join(err, os.Remove(path)); err != nil {
		return 0, err
	}
	return info.Mode().Perm(), nil
}

type stripper struct{ allRights fs.FileMode }

func (s stripper) strip(ctx context.Context, dir string, wanted *wantedFolder) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	if err := os.Chmod(dir, s.allRights); err != nil { // not a link: the entry said so
		return err
	}
	entries, err := os.ReadDir(dir)
	if err != nil {
		return err
	}
	for _, e := range entries {
		path := filepath.Join(dir, e.Name())
		mode, file := wanted.files[e.Name()]
		folder := wanted.folders[e.Name()]
		switch {
		case folder != nil && e.IsDir() && plainAttributes(path):
			err = s.strip(ctx, path, folder)
		case file && e.Type() == mode.Type() && s.plainFile(path, mode):
		default:
			err = RemoveTree(path)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// plainFile gives a file the permissions that git would, and reports whether it is like one that git has made.
func (s stripper) plainFile(path string, mode fs.FileMode) bool {
	var st unix.Stat_t
	if unix.Lstat(path, &st) != nil || st.Nlink != 1 || int(st.Uid) != os.Geteuid() || int(st.Gid) != os.Getegid() || !plainAttributes(path) {
		return false
	}
	want := mode & s.allRights
	return mode.Type() != 0 || fs.FileMode(st.Mode&0o7777) == want || os.Chmod(path, want) == nil
}

// plainAttributes reports whether a file has no extended attributes, access lists among them, but the label of SELinux, which
// every file has where there are any.
func plainAttributes(path string) bool {
	list := make([]byte, 1024)
	n, err := unix.Llistxattr(path, list)
	if errors.Is(err, unix.ENOTSUP) {
		return true
	}
	if err != nil {
		return false
	}
	for name := range bytes.SplitSeq(list[:n], []byte{0}) {
		if len(name) > 0 && string(name) != "security.selinux" {
			return false
		}
	}
	return true
}

// recycle makes a stripped folder the work tree that "worktree add --no-checkout" has made. If it fails, the work tree is
// not usable.
func (r Repo) recycle(ctx context.Context, old, base string) error {
	if err := os.Rename(filepath.Join(old, ".git"), filepath.Join(r.GitDir, "index")); err != nil {
		return err
	}
	pointer := filepath.Join(r.WorkTree, ".git")
	text, err := os.ReadFile(pointer)
	if err != nil {
		return err
	}
	if err := os.Remove(pointer); err != nil {
		return err
	}
	if err := unix.Rename(old, r.WorkTree); err != nil { // onto an empty folder, which os.Rename refuses
		return err
	}
	if err := os.WriteFile(pointer, text, 0o644); err != nil {
		return err
	}
	d, err := r.openFor(ctx, withUser)
	if err != nil {
		return err
	}
	d.overrides = append(d.overrides, checkoutSettings()...)
	// A change of any kind since Strip shows in a file's time of change, which nobody can set.
	d.overrides = append(d.overrides, setting{"core.trustctime", "true"}, setting{"core.checkStat", "default"})
	_, err = d.run(ctx, call{args: []string{"reset", "--quiet", "--hard", base}, access: writes, config: withUser, limit: addLimit})
	return err
}
