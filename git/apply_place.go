package git

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path"
	"slices"
	"strings"

	"golang.org/x/sys/unix"
)

// standing is what stands at a path: its mode is 0 where there is nothing.
type standing struct{ unix.Stat_t }

// what is the type of stat(2); 0 is nothing.
func (s standing) what() uint32 { return uint32(s.Mode) & unix.S_IFMT }

// same reports whether nobody has changed it. Of a folder only that it is one counts: what is in it is looked at by itself.
func (s standing) same(now standing) bool {
	if s.what() != now.what() || s.what() == 0 || s.what() == unix.S_IFDIR {
		return s.what() == now.what()
	}
	return s.Dev == now.Dev && s.Ino == now.Ino && s.Size == now.Size && s.Mode == now.Mode && s.Ctim.Nano() == now.Ctim.Nano()
}

// move is what becomes of one path: the stage's file or link takes its place, or nothing does.
type move struct {
	path   string
	was    standing
	wanted bool
}

// openParent opens the folder of a path below another, one element at a time: no link is followed. Missing folders are made if wanted.
func openParent(top *os.File, name string, create bool) (int, error) {
	at, err := unix.FcntlInt(top.Fd(), unix.F_DUPFD_CLOEXEC, 0)
	if err != nil {
		return -1, err
	}
	elements := strings.Split(name, "/")
	for _, e := range elements[:len(elements)-1] {
		const flags = unix.O_RDONLY | unix.O_DIRECTORY | unix.O_NOFOLLOW | unix.O_CLOEXEC
		next, err := unix.Openat(at, e, flags, 0)
		if create && errors.Is(err, unix.ENOENT) {
			if err = unix.Mkdirat(at, e, 0o777); err == nil {
				next, err = unix.Openat(at, e, flags, 0)
			}
		}
		unix.Close(at)
		if err != nil {
			return -1, &os.PathError{Op: "open the folder of", Path: name, Err: err}
		}
		at = next
	}
	return at, nil
}

// standsAt tells what stands at a path below a folder. What lies behind a link or a file is not there.
func standsAt(top *os.File, name string) (s standing, err error) {
	dir, err := openParent(top, name, false)
	if err == nil {
		defer unix.Close(dir)
		err = unix.Fstatat(dir, path.Base(name), &s.Stat_t, unix.AT_SYMLINK_NOFOLLOW)
	}
	if errors.Is(err, unix.ENOENT) || errors.Is(err, unix.ENOTDIR) || errors.Is(err, unix.ELOOP) {
		return standing{}, nil
	}
	return s, err
}

// place brings what is in the stage to the work tree. Nothing is begun that something of the user's is in the way of.
func (a *application) place(s *stage) error {
	goes := map[string]bool{}
	for _, m := range s.moves {
		goes[m.path] = !m.wanted
	}
	for _, m := range s.moves {
		if err := s.clear(m, goes); err != nil {
			return err
		}
	}
	made, err := s.folders(goes)
	for _, m := range s.moves {
		if err == nil {
			err = s.untouched(m)
		}
	}
	if err == nil {
		err = a.carryOut(s, goes)
	}
	if err != nil {
		for _, dir := range slices.Backward(made) {
			s.removeFolder(dir)
		}
	}
	return err
}

// carryOut changes the work tree.
func (a *application) carryOut(s *stage, goes map[string]bool) error {
	for i, m := range s.ordered(goes) {
		a.step()
		err := s.untouched(m)
		if err == nil && m.wanted {
			err = s.put(m.path)
		} else if err == nil && m.was.what() != 0 {
			err = s.remove(m.path)
		}
		if err != nil {
			return &PartlyError{i, len(s.moves), err}
		}
	}
	return nil
}

// ordered puts first what makes way: a file that becomes a folder, and the files in a folder that becomes one. Other deletions come last.
func (s *stage) ordered(goes map[string]bool) []move {
	taken := map[string]bool{} // the folders above what comes
	for _, m := range s.moves {
		for dir := path.Dir(m.path); m.wanted && dir != "." && !taken[dir]; dir = path.Dir(dir) {
			taken[dir] = true
		}
	}
	inTheWay := func(m move) bool {
		for dir := path.Dir(m.path); dir != "."; dir = path.Dir(dir) {
			if gone, known := goes[dir]; known && !gone {
				return true
			}
		}
		return taken[m.path]
	}
	var first, then, last []move
	for _, m := range s.moves {
		switch {
		case m.wanted:
			then = append(then, m)
		case inTheWay(m):
			first = append(first, m)
		default:
			last = append(last, m)
		}
	}
	return append(append(first, then...), last...)
}

// untouched looks whether the user has changed a file since it was read.
func (s *stage) untouched(m move) error {
	now, err := standsAt(s.tree, m.path)
	if err == nil && !m.was.same(now) && !(m.was.what() == unix.S_IFDIR && now.what() == 0) {
		err = &BlockedError{m.path, "somebody else has changed it just now"}
	}
	return err
}

// clear refuses what the move of one path would go over, and folders that may not be written to.
func (s *stage) clear(m move, goes map[string]bool) error {
	for i, c := range m.path {
		if c != '/' || !m.wanted {
			continue
		}
		now, err := standsAt(s.tree, m.path[:i])
		if err != nil {
			return err
		}
		if now.what() == 0 || now.what() != unix.S_IFDIR && goes[m.path[:i]] {
			break
		}
		if now.what() != unix.S_IFDIR {
			return &BlockedError{m.path, fmt.Sprintf("%q is no folder", m.path[:i])}
		}
	}
	if m.was.what() == unix.S_IFDIR && m.wanted {
		if err := s.emptied(m.path, goes); err != nil {
			return err
		}
	}
	return s.writable(m)
}

// writable looks at the folder in which a path is to change, or the nearest above it that there is.
func (s *stage) writable(m move) error {
	for name := m.path; name != "."; name = path.Dir(name) {
		dir, err := openParent(s.tree, name, false)
		if err != nil {
			continue
		}
		err = unix.Faccessat(dir, ".", unix.W_OK|unix.X_OK, 0)
		unix.Close(dir)
		if err != nil {
			return &BlockedError{m.path, fmt.Sprintf("its folder cannot be written to: %v", err)}
		}
		return nil
	}
	return nil
}

// emptied refuses a folder that has more in it than what goes.
func (s *stage) emptied(name string, goes map[string]bool) error {
	list, err := s.list(name)
	if err != nil {
		return err
	}
	for _, e := range list {
		below := path.Join(name, e.Name())
		if e.IsDir() {
			err = s.emptied(below, goes)
		} else if !goes[below] {
			err = &BlockedError{name, fmt.Sprintf("it is a folder here, and %q in it would be lost", below)}
		}
		if err != nil {
			return err
		}
	}
	return nil
}

func (s *stage) list(name string) ([]os.DirEntry, error) {
	fd, err := openParent(s.tree, name+"/.", false)
	if err != nil {
		return nil, err
	}
	dir := os.NewFile(uintptr(fd), name)
	defer dir.Close()
	return dir.ReadDir(-1)
}

// folders makes those that are missing for what comes, while nothing has been changed: that needs room on the disk too.
func (s *stage) folders(goes map[string]bool) (made []string, err error) {
	for _, m := range s.moves {
		for i, c := range m.path {
			if c != '/' || !m.wanted {
				continue
			}
			name := m.path[:i]
			now, err := standsAt(s.tree, name)
			if err != nil {
				return made, err
			}
			if now.what() == unix.S_IFDIR {
				continue
			}
			if goes[name] {
				break
			}
			dir, err := openParent(s.tree, m.path[:i+1]+".", true)
			if err != nil {
				return made, &UnwrittenError{s.tree.Name(), err}
			}
			unix.Close(dir)
			made = append(made, name)
		}
	}
	return made, nil
}

// put renames a file of the stage into its place.
func (s *stage) put(name string) error {
	from, err := openParent(s.dir, name, false)
	if err != nil {
		return err
	}
	defer unix.Close(from)
	to, err := openParent(s.tree, name, true)
	if err != nil {
		return err
	}
	defer unix.Close(to)
	s.removeFolder(name)
	base := path.Base(name)
	err = unix.Renameat(from, base, to, base)
	if errors.Is(err, unix.EXDEV) { // something is mounted in the work tree
		err = s.carry(name, from, to)
	}
	if err != nil {
		return &os.PathError{Op: "rename", Path: name, Err: err}
	}
	return nil
}

// carry copies a file of the stage to another disk, beside its place, and renames it there.
func (s *stage) carry(name string, from, to int) error {
	base, temp := path.Base(name), stagePrefix+randomName()
	in, err := openBeneath(s.dir, name)
	var link errSymlink
	if errors.As(err, &link) {
		err = unix.Symlinkat(link.target, to, temp)
	} else if err == nil {
		defer in.Close()
		err = writeAt(to, temp, in)
	}
	if err == nil {
		err = unix.Renameat(to, temp, to, base)
	}
	if err != nil {
		_ = unix.Unlinkat(to, temp, 0)
		return err
	}
	return unix.Unlinkat(from, base, 0)
}

// writeAt makes a complete file in an open folder.
func writeAt(dir int, name string, in *os.File) error {
	info, err := in.Stat()
	if err != nil {
		return err
	}
	fd, err := unix.Openat(dir, name, unix.O_WRONLY|unix.O_CREAT|unix.O_EXCL|unix.O_NOFOLLOW|unix.O_CLOEXEC, 0o600)
	if err != nil {
		return err
	}
	out := os.NewFile(uintptr(fd), name)
	_, err = io.Copy(out, in)
	return errors.Join(err, out.Chmod(info.Mode().Perm()), out.Sync(), out.Close())
}

// remove removes a file or link, and the folders that are empty without it, as git does.
func (s *stage) remove(name string) error {
	dir, err := openParent(s.tree, name, false)
	if err != nil {
		return err
	}
	err = unix.Unlinkat(dir, path.Base(name), 0)
	unix.Close(dir)
	if err != nil {
		return &os.PathError{Op: "remove", Path: name, Err: err}
	}
	for above := path.Dir(name); above != "."; above = path.Dir(above) {
		dir, err := openParent(s.tree, above, false)
		if err != nil {
			break
		}
		err = unix.Unlinkat(dir, path.Base(above), unix.AT_REMOVEDIR)
		unix.Close(dir)
		if err != nil {
			break
		}
	}
	return nil
}

// removeFolder removes a folder in which there are no more than empty folders. Where it cannot, what follows says so.
func (s *stage) removeFolder(name string) {
	list, err := s.list(name)
	if err != nil {
		return
	}
	for _, e := range list {
		if e.IsDir() {
			s.removeFolder(path.Join(name, e.Name()))
		}
	}
	dir, err := openParent(s.tree, name, false)
	if err == nil {
		_ = unix.Unlinkat(dir, path.Base(name), unix.AT_REMOVEDIR)
		unix.Close(dir)
	}
}
