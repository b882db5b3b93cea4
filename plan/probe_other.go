//go:build !linux && !darwin

package plan

import (
	"os"
	"syscall"
)

const (
	system   = Linux // of which there is nothing here
	nonblock = syscall.O_NONBLOCK
)

func scratch() string { return "" }

func isTerminal(fd int) bool {
	info, err := os.NewFile(uintptr(fd), "").Stat()
	return err == nil && info.Mode()&os.ModeCharDevice != 0
}

// background is asked nowhere but on Linux.
func background() bool { return false }

// memory is unknown here; tmpfs sizes, which need it, do not exist here either.
func memory() int64 { return 0 }

// counts are unknown here, and limits of them do not exist here either.
func counts() (openFiles, processes int, perNamespace bool) { return 0, 0, false }

func lstat(path string) File {
	info, err := os.Lstat(path)
	if err != nil {
		return File{}
	}
	switch mode := info.Mode(); {
	case mode.IsRegular():
		return File{Type: Regular, Executable: mode&0o111 != 0}
	case mode.IsDir():
		return File{Type: Directory}
	case mode&os.ModeSymlink != 0:
		text, err := os.Readlink(path)
		if err != nil {
			return File{}
		}
		return File{Type: Link, Text: text}
	case mode&os.ModeDevice != 0:
		return File{Type: Device}
	}
	return File{Type: Other}
}

// ProbeLayers refuses: there are no overlays here.
func ProbeLayers(string) string { return "only Linux has overlays" }
