package git

import (
	"bytes"
	"encoding/binary"
	"errors"
	"os"
	"path/filepath"
)

// maxIndex bounds what is read of an index, in bytes: that of a million files takes about as much.
const maxIndex = 128 << 20

// EmptyModules lists the folders of submodules that are not checked out, and may not be there, in repositories whose .git are
// given. Their configuration may be an earlier jail's, so no git is asked. Of those in unknown, folders, it cannot be told.
func EmptyModules(dotGits []string) (empty, unknown []string) {
	for _, dotGit := range dotGits {
		tree := filepath.Dir(dotGit)
		dir := dotGit
		if to, ok := pointer(tree, ".git", "gitdir: "); ok {
			dir = to
		}
		links, err := indexLinks(dir)
		if err != nil {
			unknown = append(unknown, tree)
		}
		for _, link := range links {
			folder := filepath.Join(tree, link)
			if _, err := os.Lstat(filepath.Join(folder, ".git")); err != nil {
				empty = append(empty, folder)
			}
		}
	}
	return empty, unknown
}

// indexLinks reads the gitlinks of the index in a git directory; of none where there is no index.
func indexLinks(dir string) ([]string, error) {
	d, err := os.Open(dir)
	if errors.Is(err, os.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	defer d.Close()
	index, err := readBeneath(d, "index", maxIndex)
	if errors.Is(err, os.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	return parseLinks(index)
}

var errIndex = errors.New("the index is of a kind that is not known")

// linkMode is the mode of one in an index, in its bytes.
var linkMode = []byte{0, 0, 0o160000 >> 8, 0}

// parseLinks reads the gitlinks of an index (gitformat-index(5)).
func parseLinks(index []byte) ([]string, error) {
	if len(index) < 12 || string(index[:4]) != "DIRC" {
		return nil, errIndex
	}
	split := bytes.Contains(index, []byte("link\x00")) // most entries are in another file
	if !split && !bytes.Contains(index, linkMode) {
		return nil, nil
	}
	for _, hash := range []int{20, 32} {
		links, rest, err := parseEntries(index, hash)
		if err == nil && wholeIndex(rest, hash) {
			return links, nil
		}
	}
	return nil, errIndex
}

// wholeIndex reports whether what follows the entries are extensions and a checksum, and none says that there are entries
// elsewhere.
func wholeIndex(rest []byte, hash int) bool {
	for len(rest) >= 8+hash && string(rest[:4]) != "link" {
		size := uint64(binary.BigEndian.Uint32(rest[4:])) + 8
		if size > uint64(len(rest)) {
			return false
		}
		rest = rest[size:]
	}
	return len(rest) == hash
}

// parseEntries reads the entries of an index whose object names have so many bytes. What follows them is rest.
func parseEntries(index []byte, hash int) (links []string, rest []byte, err error) {
	const stat = 40 // bytes of an entry before its object name
	version, count := binary.BigEndian.Uint32(index[4:]), binary.BigEndian.Uint32(index[8:])
	if version < 2 || version > 4 {
		return nil, nil, errIndex
	}
	rest = index[12:]
	var name []byte
	for range count {
		head := stat + hash + 2
		if len(rest) < head+hash {
			return nil, nil, errIndex
		}
		mode, flags := rest[24:28], binary.BigEndian.Uint16(rest[head-2:])
		if version > 2 && flags&0x4000 != 0 { // extended
			head += 2
		}
		keep := 0
		if version == 4 { // a name begins as the one before, but for so many bytes
			cut, size := binaryOffset(rest[head:])
			if size == 0 || cut > len(name) {
				return nil, nil, errIndex
			}
			keep, head = len(name)-cut, head+size
		}
		end := bytes.IndexByte(rest[head:], 0)
		if end < 0 || keep+end == 0 {
			return nil, nil, errIndex
		}
		if min(keep+end, 0xfff) != int(flags&0xfff) {
			return nil, nil, errIndex
		}
		name = append(name[:keep:keep], rest[head:head+end]...)
		size := head + end + 1
		if version < 4 {
			size = (head + end + 8) &^ 7
		}
		if size > len(rest) {
			return nil, nil, errIndex
		}
		rest = rest[size:]
		if bytes.Equal(mode, linkMode) && filepath.IsLocal(string(name)) {
			links = append(links, string(name))
		}
	}
	return links, rest, nil
}

// binaryOffset reads a number as packs have it of offsets (gitformat-pack(5)), and how many bytes it takes; 0 where there is none.
func binaryOffset(from []byte) (value, size int) {
	for i, c := range from[:min(len(from), 4)] {
		value = value<<7 | int(c&0x7f)
		if c&0x80 == 0 {
			return value, i + 1
		}
		value++
	}
	return 0, 0
}
