package config

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"syscall"
	"unicode/utf8"
)

// maxFile bounds a config file, in bytes.
const maxFile = 1 << 20

// linkMode says whether the last element of a path may be a symbolic link.
type linkMode string

const (
	linkFollow linkMode = "follow" // the user's own file, which dotfile managers link
	linkRefuse linkMode = "refuse" // the project's file, which would make the host read another file
)

// readFile gives the text of a config file, and nil if there is none. All errors are *FileError.
func readFile(path string, links linkMode) ([]byte, error) {
	data, err := readRegular(path, links)
	switch {
	case errors.Is(err, fs.ErrNotExist) && links == linkFollow && isLink(path):
		// Not the same as no file: what the user asked for in it, such as no network, must not get lost.
		err = errors.New("it is a symbolic link to a file that is missing; mend or remove the link")
	case errors.Is(err, fs.ErrNotExist):
		return nil, nil
	}
	if err != nil {
		return nil, &FileError{Path: path, Err: explainOpen(err)}
	}
	if at := invalidUTF8(data); at >= 0 {
		line, _ := position(data, at)
		return nil, &FileError{Path: path, Line: line, Err: errors.New("the file is not UTF-8; save it in that encoding")}
	}
	return data, nil
}

// readRegular reads a regular file and checks what it opened rather than the path, which may change in between.
func readRegular(path string, links linkMode) ([]byte, error) {
	// Without O_NONBLOCK the opening of a FIFO waits for a writer.
	flags := os.O_RDONLY | syscall.O_NONBLOCK
	if links == linkRefuse {
		flags |= syscall.O_NOFOLLOW
	}
	file, err := os.OpenFile(path, flags, 0)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	return readOpened(file)
}

// readOpened checks and reads an open file.
func readOpened(file *os.File) ([]byte, error) {
	info, err := file.Stat()
	switch {
	case err != nil:
		return nil, err
	case info.IsDir():
		return nil, errors.New("it is a directory; put a file in its place, or remove it")
	case !info.Mode().IsRegular():
		return nil, errors.New("it is not a regular file; put one in its place, or remove it")
	}
	data, err := io.ReadAll(io.LimitReader(file, maxFile+1))
	switch {
	case err != nil:
		return nil, err
	case len(data) > maxFile:
		return nil, fmt.Errorf("it is larger than %d bytes; a config file is short", maxFile)
	case data == nil:
		data = []byte{}
	}
	return data, nil
}

// explainOpen adds to an error of open(2) what can be done about it.
func explainOpen(err error) error {
	switch {
	case errors.Is(err, fs.ErrPermission):
		return fmt.Errorf("you may not read it; give yourself the permission (chmod u+r), or remove it: %w", err)
	case errors.Is(err, syscall.ELOOP):
		return fmt.Errorf("it is a symbolic link, which is refused here; put a regular file in its place: %w", err)
	case errors.Is(err, syscall.ENOTDIR):
		return fmt.Errorf("a part of its path is a file and not a directory; move that file away: %w", err)
	}
	return err
}

func isLink(path string) bool {
	info, err := os.Lstat(path)
	return err == nil && info.Mode()&fs.ModeSymlink != 0
}

// invalidUTF8 gives the offset of the first byte that is no UTF-8, or -1.
func invalidUTF8(data []byte) int {
	if utf8.Valid(data) {
		return -1
	}
	for i := 0; i < len(data); {
		r, size := utf8.DecodeRune(data[i:])
		if r == utf8.RuneError && size == 1 {
			return i
		}
		i += size
	}
	return -1
}

// position turns an offset into a line and a column, both from 1, the column in bytes.
func position(data []byte, offset int) (line, column int) {
	before := data[:min(max(offset, 0), len(data))]
	return bytes.Count(before, []byte("\n")) + 1, len(before) - bytes.LastIndexByte(before, '\n')
}
