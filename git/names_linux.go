package git

import (
	"bytes"
	"encoding/binary"
	"io/fs"
	"unsafe"

	"golang.org/x/sys/unix"
)

// kinds are the types of getdents64(2).
var kinds = map[byte]fs.FileMode{
	unix.DT_DIR: fs.ModeDir, unix.DT_FIFO: fs.ModeNamedPipe, unix.DT_SOCK: fs.ModeSocket, unix.DT_CHR: fs.ModeDevice, unix.DT_BLK: fs.ModeDevice,
	unix.DT_LNK: fs.ModeSymlink, unix.DT_REG: 0,
}

// readNames lists what is in an open folder, by the plain call: os.File asks three more of the kernel for each folder.
func readNames(fd int, buffer []byte, each func(name string, kind fs.FileMode)) error {
	var head unix.Dirent
	const length, kind, start = unsafe.Offsetof(head.Reclen), unsafe.Offsetof(head.Type), unsafe.Offsetof(head.Name)
	for {
		n, err := unix.Getdents(fd, buffer)
		if n <= 0 || err != nil {
			return err
		}
		for rest := buffer[:n]; len(rest) >= int(start); {
			size := int(binary.NativeEndian.Uint16(rest[length:]))
			if size < int(start) || size > len(rest) {
				return unix.EIO
			}
			name, _, _ := bytes.Cut(rest[start:size], []byte{0})
			mode, known := kinds[rest[kind]]
			rest = rest[size:]
			if string(name) == "." || string(name) == ".." {
				continue
			}
			if !known { // a file system that tells no kinds
				mode = kindOf(fd, string(name))
			}
			each(string(name), mode)
		}
	}
}

// kindOf asks for the kind of one entry. What is gone by now is nothing.
func kindOf(fd int, name string) fs.FileMode {
	var st unix.Stat_t
	if err := unix.Fstatat(fd, name, &st, unix.AT_SYMLINK_NOFOLLOW); err != nil {
		return 0
	}
	return kinds[byte(st.Mode>>12)&15] // S_IFMT is DT << 12
}
