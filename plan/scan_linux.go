package plan

import (
	"bytes"
	"encoding/binary"
	"errors"
	"os"
	"path"
	"slices"
	"strings"

	"golang.org/x/sys/unix"
)

// openScan reads from the kernel where the host's files are this machine's.
func openScan(h Host, root string) scanDirs {
	if _, live := h.Files.(liveFiles); !live {
		return listedDirs{h.Files, root}
	}
	fd, err := unix.Open(root, unix.O_PATH|unix.O_DIRECTORY|unix.O_CLOEXEC, 0)
	return kernelDirs{fd, err}
}

// kernelDirs reads folders below an open one by getdents64(2).
type kernelDirs struct {
	root int
	err  error // of opening it
}

func (k kernelDirs) close() {
	if k.err == nil {
		unix.Close(k.root)
	}
}

func (k kernelDirs) open(dir string) (int, error) {
	if k.err != nil {
		return -1, k.err
	}
	if dir == "" {
		dir = "."
	}
	return unix.Openat2(k.root, dir, &unix.OpenHow{
		Flags:   unix.O_RDONLY | unix.O_DIRECTORY | unix.O_CLOEXEC,
		Resolve: unix.RESOLVE_BENEATH | unix.RESOLVE_NO_SYMLINKS,
	})
}

// read identifies by the open folder: by its path another jail could put another one in its place meanwhile.
func (k kernelDirs) read(dir string, buffer []byte, look func(name []byte, folder bool, identify func() FileID)) (shut bool, id FileID) {
	in, entry := -1, []byte(nil)
	identify := func() FileID {
		id, _ := identifyAt(in, string(entry))
		return id
	}
	shut = k.entries(dir, buffer, func(fd int, name []byte, _ uint64, kind byte) {
		folder := kind == unix.DT_DIR
		if kind == unix.DT_UNKNOWN {
			var st unix.Stat_t
			folder = unix.Fstatat(k.root, path.Join(dir, string(name)), &st, unix.AT_SYMLINK_NOFOLLOW) == nil && st.Mode&unix.S_IFMT == unix.S_IFDIR
		}
		in, entry = fd, name
		look(name, folder, identify)
	})
	if shut {
		id, _ = identifyAt(k.root, dir)
	}
	return shut, id
}

// entries gives name, inode and kind of what is in a folder, and the folder as it is open. The folder is shut as read says.
func (k kernelDirs) entries(dir string, buffer []byte, look func(fd int, name []byte, inode uint64, kind byte)) (shut bool) {
	var st unix.Stat_t
	fd, err := k.open(dir)
	if errors.Is(err, unix.EACCES) {
		return unix.Fstatat(k.root, dir, &st, unix.AT_SYMLINK_NOFOLLOW) == nil && int(st.Uid) == os.Geteuid()
	}
	if err != nil {
		return ofOurs(err)
	}
	defer unix.Close(fd)
	for {
		n, err := unix.ReadDirent(fd, buffer)
		if err == unix.EINTR {
			continue
		}
		if ofOurs(err) {
			return true
		}
		if err != nil || n <= 0 {
			break
		}
		// struct linux_dirent64: d_ino 8 bytes, d_off 8, d_reclen 2, d_type 1, d_name up to a NUL.
		for rest := buffer[:n]; len(rest) >= 20; {
			size := int(binary.NativeEndian.Uint16(rest[16:]))
			if size < 20 || size > len(rest) {
				break
			}
			name, _, _ := bytes.Cut(rest[19:size], []byte{0})
			if s := string(name); s != "." && s != ".." {
				look(fd, name, binary.NativeEndian.Uint64(rest), rest[18])
			}
			rest = rest[size:]
		}
	}
	// Its names can be read, and no more: nothing in it can be covered one by one.
	return unix.Fstat(fd, &st) == nil && st.Mode&unix.S_IXUSR == 0 && int(st.Uid) == os.Geteuid() && st.Uid != 0
}

// ofOurs reports whether an error is about this process, and not about the folder: a jail could look into it all the same.
func ofOurs(err error) bool {
	return slices.ContainsFunc([]error{unix.EMFILE, unix.ENFILE, unix.ENOMEM, unix.ENOSYS, unix.EPERM}, func(of error) bool { return errors.Is(err, of) })
}

// otherNames finds further names in the project of files that are hidden.
func otherNames(h Host, root string, hits []Hit) []Hit {
	if _, live := h.Files.(liveFiles); !live {
		return nil
	}
	wanted := map[uint64]Hit{}
	devices := map[uint64]uint64{}
	for _, hit := range hits {
		var st unix.Stat_t
		if unix.Lstat(hit.Path, &st) == nil && st.Mode&unix.S_IFMT == unix.S_IFREG && st.Nlink > 1 {
			wanted[st.Ino], devices[st.Ino] = hit, uint64(st.Dev)
		}
	}
	if len(wanted) == 0 {
		return nil
	}
	var found []Hit
	everywhere(root, func(s seen) {
		hit, ok := wanted[s.inode]
		if !ok || s.folder || s.path == hit.Path {
			return
		}
		var st unix.Stat_t
		if unix.Lstat(s.path, &st) == nil && uint64(st.Dev) == devices[s.inode] && st.Ino == s.inode {
			found = append(found, Hit{s.path, hit.Hiding, "another name of " + path.Base(hit.Path), FileID{Inode: st.Ino}})
		}
	})
	return found
}

// seen is one name that everywhere comes across.
type seen struct {
	path   string
	inode  uint64
	folder bool
}

// everywhere looks at every name below a folder, and returns the folders that it cannot look into although a jail could.
func everywhere(root string, look func(seen)) (shut []string) {
	fd, err := unix.Open(root, unix.O_PATH|unix.O_DIRECTORY|unix.O_CLOEXEC, 0)
	if err != nil {
		return nil
	}
	k := kernelDirs{root: fd}
	defer k.close()
	buffer := make([]byte, 64<<10)
	names := 0
	for stack := []string{""}; len(stack) > 0; {
		dir := stack[len(stack)-1]
		stack = stack[:len(stack)-1]
		// A path that is too long cannot be covered, but what it begins with can.
		if names > maxNames || len(dir) > maxSearched {
			first, _, _ := strings.Cut(dir, "/")
			shut = append(shut, path.Join(root, first))
			continue
		}
		if k.entries(dir, buffer, func(_ int, name []byte, inode uint64, kind byte) {
			names++
			at := path.Join(dir, string(name))
			if kind == unix.DT_DIR {
				stack = append(stack, at)
			}
			look(seen{path.Join(root, at), inode, kind == unix.DT_DIR})
		}) {
			shut = append(shut, path.Join(root, dir))
		}
	}
	return shut
}
