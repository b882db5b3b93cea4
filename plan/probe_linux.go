package plan

import (
	"fmt"
	"math"
	"path"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"
)

const (
	system      = Linux
	nonblock    = unix.O_NONBLOCK
	getSettings = unix.TCGETS // of a terminal
)

// memory is the machine's RAM in bytes.
func memory() int64 {
	var info unix.Sysinfo_t
	if err := unix.Sysinfo(&info); err != nil {
		return 0
	}
	return int64(info.Totalram) * int64(info.Unit)
}

// noLayers are file systems on which the kernel takes no upper layer, by the magic numbers of statfs(2).
var noLayers = map[uint32]string{
	0x794c7630: "an overlay itself, as in a container", 0x6969: "NFS", 0xff534d42: "CIFS", 0xfe534d42: "SMB", 0x65735546: "FUSE",
	0xf15f: "eCryptfs", 0x4d44: "FAT", 0x2011bab0: "exFAT", 0x01021997: "9p", 0x858458f6: "ramfs",
}

// ProbeLayers tells why what is written to overlays cannot be kept in a folder, which may not be there yet.
func ProbeLayers(dir string) string {
	var fs unix.Statfs_t
	for unix.Statfs(dir, &fs) != nil {
		if dir == "/" {
			return ""
		}
		dir = path.Dir(dir)
	}
	if name := noLayers[uint32(fs.Type)]; name != "" {
		return fmt.Sprintf("the file system of %q is %s", dir, name)
	}
	return ""
}

// scratch is nowhere: a jail has a file system of its own.
func scratch() string { return "" }

// counts are the facts that limits of counts depend on, as in Host.
func counts() (openFiles, processes int, perNamespace bool) {
	hard := func(resource int) int {
		var limit unix.Rlimit
		if unix.Prlimit(0, resource, nil, &limit) != nil || limit.Max > math.MaxInt32 {
			return 0
		}
		return int(limit.Max)
	}
	var u unix.Utsname
	var major, minor int
	if unix.Uname(&u) == nil {
		// "6.1.0-17-amd64", "6.18-rc3". What cannot be read stays 0: no limit is taken for granted.
		first, rest, _ := strings.Cut(unix.ByteSliceToString(u.Release[:]), ".")
		major, _ = strconv.Atoi(first)
		if end := strings.IndexFunc(rest, func(r rune) bool { return r < '0' || r > '9' }); end >= 0 {
			rest = rest[:end]
		}
		minor, _ = strconv.Atoi(rest)
	}
	return hard(unix.RLIMIT_NOFILE), hard(unix.RLIMIT_NPROC), major > 5 || major == 5 && minor >= 14
}
