package plan

import (
	"os"
	"path/filepath"
	"strconv"

	"golang.org/x/sys/unix"
)

const (
	system      = MacOS
	nonblock    = unix.O_NONBLOCK
	getSettings = unix.TIOCGETA // of a terminal
)

// memory is the machine's RAM in bytes.
func memory() int64 {
	size, err := unix.SysctlUint64("hw.memsize")
	if err != nil {
		return 0
	}
	return int64(size)
}

// counts are not asked for: limits of them do not exist here.
func counts() (openFiles, processes int, perNamespace bool) { return 0, 0, false }

// scratch is a name in the user's own temporary folder, which nobody else can change, and none where TMPDIR says something
// else (confstr(3), _CS_DARWIN_USER_TEMP_DIR).
func scratch() string {
	dir, err := filepath.EvalSymlinks(os.Getenv("TMPDIR"))
	var st unix.Stat_t
	if err != nil || !filepath.IsAbs(dir) || unix.Lstat(dir, &st) != nil {
		return ""
	}
	if st.Mode&unix.S_IFMT != unix.S_IFDIR || int(st.Uid) != os.Geteuid() || st.Mode&0o022 != 0 {
		return ""
	}
	return filepath.Join(dir, "jail-run-"+strconv.Itoa(os.Getpid()))
}

// ProbeLayers refuses: there are no overlays here.
func ProbeLayers(string) string { return "only Linux has overlays" }
