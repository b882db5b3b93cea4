package jail

import (
	"bufio"
	"fmt"
	"os"
	"strings"
	"time"

	"golang.org/x/sys/unix"
)

// longRun is after how long a run is one that stays: shorter ones end before they could need less memory.
const longRun = time.Second

// forgetProgram lets the kernel take the pages of our own program file from us. Nearly all of them were read to plan and to begin;
// who waits for the end of a command needs few, and gets those again from the page cache.
//
// A program that is linked dynamically, as one with cgo is, keeps its pages. The loader has written to some of them and made
// them read-only then (RELRO), so that nothing tells them from the file's own.
func forgetProgram() {
	maps, err := os.Open("/proc/self/maps")
	if err != nil {
		return
	}
	defer maps.Close()
	var program uint64 // its inode
	var pages [][2]uintptr
	for lines := bufio.NewScanner(maps); lines.Scan(); {
		var begin, end uintptr
		var access, offset, device string
		var inode uint64
		if _, err := fmt.Sscanf(lines.Text(), "%x-%x %s %s %s %d", &begin, &end, &access, &offset, &device, &inode); err != nil {
			continue
		}
		switch {
		case inode == 0: // no file
		case program != 0 && inode != program:
			return
		default:
			program = inode
			if !strings.Contains(access, "w") {
				pages = append(pages, [2]uintptr{begin, end})
			}
		}
	}
	for _, p := range pages {
		_, _, _ = unix.Syscall(unix.SYS_MADVISE, p[0], p[1]-p[0], unix.MADV_DONTNEED)
	}
}
