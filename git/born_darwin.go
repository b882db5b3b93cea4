package git

import (
	"fmt"

	"golang.org/x/sys/unix"
)

// born stands for when a folder was made, and for which it is: one of the same name that is made later has another. It is
// empty where that cannot be told.
func born(path string) string {
	var st unix.Stat_t
	if unix.Lstat(path, &st) != nil {
		return ""
	}
	return fmt.Sprintf("%d %d.%09d", st.Ino, st.Btim.Sec, st.Btim.Nsec)
}
