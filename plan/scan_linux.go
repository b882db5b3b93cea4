package plan

import (
	"bytes"
	"encoding/binary"
	"path"

	"golang.org/x/sys/unix"
)

// openScan reads from the kernel where the host's files are this machine's.
func openScan(h Host, root string) scanDirs {
	if _, live := h.Files.(liveFiles); !live {
		return listedDirs{h.Files, root}
	}
	fd, err := unix.Open(root, unix.O_PATH|unix.O_DIRECTORY|unix.O_CLOEXEC, 0)
	if err != nil {
		fd = -1
	}
	return kernelDirs{fd}
}

// kernelDirs reads folders below an open one by getdents64(2).
type kernelDirs struct{ root int }

func (k kernelDirs) close() { unix.Close(k.root) }

func (k kernelDirs) open(dir string) (int, error) {
	if dir == "" {
		dir = "."
	}
	return unix.Openat2(k.root, dir, &unix.OpenHow{
		Flags:   unix.O_RDONLY | unix.O_DIRECTORY | unix.O_CLOEXEC,
		Resolve: unix.RESOLVE_BENEATH | unix.RESOLVE_NO_SYMLINKS,
	})
}

func (k kernelDirs) read(dir string, buffer []byte, look func(name []byte, folder bool)) {
	k.entries(dir, buffer, func(name []byte, _ uint64, kind byte) {
		folder := kind == unix.DT_DIR
		if kind == unix.DT_UNKNOWN {
			var st unix.Stat_t
			folder = unix.Fstatat(k.root, path.Join(dir, string(name)), &st, unix.AT_SYMLINK_NOFOLLOW) == nil && st.Mode&unix.S_IFMT == unix.S_IFDIR
		}
		look(name, folder)
	})
}

// entries gives name, inode and kind of what is in a folder.
func (k kernelDirs) entries(dir string, buffer []byte, look func(name []byte, inode uint64, kind byte)) {
	fd, err := k.open(dir)
	if err != nil {
		return
	}
	defer unix.Close(fd)
	for {
		n, err := unix.ReadDirent(fd, buffer)
		if err == unix.EINTR {
			continue
		}
		if err != nil || n <= 0 {
			return
		}
		// struct linux_dirent64: d_ino 8 bytes, d_off 8, d_reclen 2, d_type 1, d_name up to a NUL.
		for rest := buffer[:n]; len(rest) >= 20; {
			size := int(binary.NativeEndian.Uint16(rest[16:]))
			if size < 20 || size > len(rest) {
				return
			}
			name, _, _ := bytes.Cut(rest[19:size], []byte{0})
			if s := string(name); s != "." && s != ".." {
				look(name, binary.NativeEndian.Uint64(rest), rest[18])
			}
			rest = rest[size:]
		}
	}
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
	fd, err := unix.Open(root, unix.O_PATH|unix.O_DIRECTORY|unix.O_CLOEXEC, 0)
	if err != nil {
		return nil
	}
	k := kernelDirs{fd}
	defer k.close()
	var found []Hit
	buffer := make([]byte, 64<<10)
	names := 0
	for stack := []string{""}; len(stack) > 0 && names <= maxNames; {
		dir := stack[len(stack)-1]
		stack = stack[:len(stack)-1]
		k.entries(dir, buffer, func(name []byte, inode uint64, kind byte) {
			names++
			at := path.Join(dir, string(name))
			if kind == unix.DT_DIR {
				stack = append(stack, at)
				return
			}
			hit, ok := wanted[inode]
			if !ok || path.Join(root, at) == hit.Path {
				return
			}
			var st unix.Stat_t
			if unix.Fstatat(k.root, at, &st, unix.AT_SYMLINK_NOFOLLOW) == nil && uint64(st.Dev) == devices[inode] && st.Ino == inode {
				found = append(found, Hit{path.Join(root, at), hit.Hiding, "another name of " + path.Base(hit.Path)})
			}
		})
	}
	return found
}
