package jail

import (
	"fmt"

	"golang.org/x/sys/unix"
)

// setRlimits bounds init and everything that it starts, soft and hard alike: without capabilities nothing raises them
// again (getrlimit(2)). RLIMIT_AS is no limit of memory and so not used: Go, node and Java reserve address space that they
// never touch.
//
// Preconditions: last of what may start threads; the count of processes is the user namespace's own (Linux 5.14).
func (l Limits) setRlimits() error {
	// 1 and not 0: a core that goes to a program of the host's (core_pattern(5), "|") is stopped by this value only.
	limits := []struct {
		resource int
		value    uint64
		name     string
		set      bool
	}{
		{unix.RLIMIT_CORE, 1, "RLIMIT_CORE", true},
		{unix.RLIMIT_NOFILE, uint64(l.Files), "RLIMIT_NOFILE", l.Files > 0},
		{unix.RLIMIT_FSIZE, uint64(l.FileSize), "RLIMIT_FSIZE", l.FileSize > 0},
		{unix.RLIMIT_NPROC, uint64(l.Processes), "RLIMIT_NPROC", l.Processes > 0 && !l.Cgroup.Has(ControlProcesses)},
	}
	for _, limit := range limits {
		if !limit.set {
			continue
		}
		var now unix.Rlimit
		if err := unix.Prlimit(0, limit.resource, nil, &now); err != nil {
			return fmt.Errorf("%s: %w", limit.name, err)
		}
		value := min(limit.value, now.Max) // the caller's own may be lower, and cannot be raised
		if err := unix.Prlimit(0, limit.resource, &unix.Rlimit{Cur: value, Max: value}, nil); err != nil {
			return fmt.Errorf("%s %d: %w", limit.name, limit.value, err)
		}
	}
	return nil
}
