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
func forgetProgram() {
	maps, err := os.Open("/proc/self/maps")
	if err != nil {
		return
	}
	defer maps.Close()
	for lines := bufio.NewScanner(maps); lines.Scan(); {
		var begin, end uintptr
		var access, offset, device string
		var inode uint64
		if _, err := fmt.Sscanf(lines.Text(), "%x-%x %s %s %s %d", &begin, &end, &access, &offset, &device, &inode); err != nil {
			continue
		}
		if inode == 0 || strings.Contains(access, "w") {
			continue // ours alone
		}
		_, _, _ = unix.Syscall(unix.SYS_MADVISE, begin, end-begin, unix.MADV_DONTNEED)
	}
}
