package landlock

import (
	"errors"
	"fmt"

	golandlock "github.com/landlock-lsm/go-landlock/landlock"
	abi "github.com/landlock-lsm/go-landlock/landlock/syscall"
	"golang.org/x/sys/unix"
)

// versions are the configurations by ABI, from MinABI to the newest that the library knows. Each handles every right of its
// version, so that what no rule allows is denied.
func versions() []golandlock.Config {
	return []golandlock.Config{
		golandlock.V3, golandlock.V4, golandlock.V5, golandlock.V6, golandlock.V7, golandlock.V8, golandlock.V9, golandlock.V10, golandlock.V11,
	}
}

// The rights of each access, as far as an ABI knows them. Making device nodes is in none.
const (
	rightsRead  = abi.AccessFSExecute | abi.AccessFSReadFile | abi.AccessFSReadDir
	rightsEdit  = rightsRead | abi.AccessFSWriteFile | abi.AccessFSTruncate
	rightsWrite = rightsEdit | abi.AccessFSRemoveDir | abi.AccessFSRemoveFile | abi.AccessFSMakeDir | abi.AccessFSMakeReg |
		abi.AccessFSMakeSock | abi.AccessFSMakeFifo | abi.AccessFSMakeSym | abi.AccessFSRefer
)

// ABI asks the running kernel for its version; 0 means that it has no Landlock, or that it was not switched on at boot.
// The kernel is asked and not /sys/kernel/security/lsm, which containers do not show.
func ABI() int {
	version, err := abi.LandlockGetABIVersion()
	if err != nil {
		return 0
	}
	return version
}

// Restrict confines every thread of the process, and what it starts, to the rules, with the newest version that both the
// kernel and the library know; it returns that version. From ABI 6 (Linux 6.12) on, signals and abstract sockets stay within the
// jail too. TCP and UDP are left alone: the network namespace decides them. From here on the process can mount nothing. Errors:
// the kernel is older than MinABI, a rule's path does not exist.
//
// Preconditions: after the last mount.
func Restrict(rules []Rule) (int, error) {
	have := ABI()
	if have < MinABI {
		return 0, fmt.Errorf("landlock ABI %d is needed, and the kernel has %d", MinABI, have)
	}
	known := versions()
	version := min(have, MinABI+len(known)-1)
	config := known[version-MinABI]
	paths, err := pathRules(rules, version)
	if err != nil {
		return 0, err
	}
	config.HandledAccessNet = 0
	// One call: a second layer, even one for the scopes alone, would deny each rename between folders (EXDEV).
	return version, config.Restrict(paths...)
}

func pathRules(rules []Rule, version int) ([]golandlock.Rule, error) {
	var paths []golandlock.Rule
	for _, rule := range rules {
		var rights uint64
		switch rule.Access {
		case Read:
			rights = rightsRead
		case Edit:
			rights = rightsEdit
		case Write:
			rights = rightsWrite
		case Connect:
			if version < 9 {
				continue // nothing to allow, and the kernel refuses a rule that allows nothing
			}
			rights = abi.AccessFSResolveUnix
		case Fill:
			rights = abi.AccessFSWriteFile | abi.AccessFSTruncate
		case Terminal:
			rights = rightsEdit
			if version >= 5 {
				rights |= abi.AccessFSIoctlDev
			}
		default:
			return nil, fmt.Errorf("rule %q: unknown access", rule)
		}
		dir, err := rule.isDir()
		if err != nil {
			return nil, fmt.Errorf("rule %q: %w", rule, err)
		}
		if !dir {
			// The kernel refuses a directory's rights on a file (EINVAL).
			rights &^= abi.AccessFSReadDir | (rightsWrite &^ rightsEdit)
		}
		paths = append(paths, golandlock.PathAccess(golandlock.AccessFSSet(rights), rule.Path))
	}
	return paths, nil
}

func (r Rule) isDir() (bool, error) {
	var st unix.Stat_t
	stat := unix.Lstat
	if r.Follow {
		stat = unix.Stat
	}
	if err := stat(r.Path, &st); err != nil {
		return false, err
	}
	if st.Mode&unix.S_IFMT == unix.S_IFLNK {
		return false, errors.New("it is a symlink")
	}
	return st.Mode&unix.S_IFMT == unix.S_IFDIR, nil
}
