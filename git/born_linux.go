package git

import (
	"fmt"

	"golang.org/x/sys/unix"
)

// born stands for when a folder was made, and for which it is: one of the same name that is made later has another. It is
// empty where the file system does not tell (statx(2), STATX_BTIME).
func born(path string) string {
	var st unix.Statx_t
	err := unix.Statx(unix.AT_FDCWD, path, unix.AT_SYMLINK_NOFOLLOW, unix.STATX_BTIME|unix.STATX_INO, &st)
	if err != nil || st.Mask&unix.STATX_BTIME == 0 {
		return ""
	}
	return fmt.Sprintf("%d %d.%09d", st.Ino, st.Btime.Sec, st.Btime.Nsec)
}
