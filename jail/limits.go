package jail

import (
	"errors"
	"fmt"
	"strings"
	"time"
)

// Limits is what a jail may use of the machine. A field that is 0 sets no limit. No command ever dumps core.
type Limits struct {
	Memory    int64         `json:"memory_bytes,omitempty"`    // of all processes together, what lies in a tmpfs included; needs the Cgroup
	CPUs      int           `json:"cpu_milli,omitempty"`       // thousandths of one processor; needs the Cgroup
	Processes int           `json:"processes,omitempty"`       // of all users of the jail's user namespace together, threads and init's included
	Files     int           `json:"open_files,omitempty"`      // of each process
	FileSize  int64         `json:"file_size_bytes,omitempty"` // of each file that is written
	Timeout   time.Duration `json:"timeout_ns,omitempty"`      // from the start of the command to SIGTERM
	Cgroup    Cgroup        `json:"cgroup,omitzero"`
}

// Cgroup says where the jail's own cgroup is made (cgroups(7), version 2). The zero value is nowhere.
type Cgroup struct {
	Dir         string `json:"dir,omitempty"`         // an existing folder of the cgroup file system
	Leaf        string `json:"leaf,omitempty"`        // below Dir, where the caller moves to first: what has processes of its own cannot be divided
	Controllers string `json:"controllers,omitempty"` // what limits a cgroup below Dir, of "cpu memory pids"
}

// DelegatedStart is how a user gets a cgroup that may be divided.
const DelegatedStart = "systemd-run --user --scope -p Delegate=yes jail …"

// The controllers of a cgroup that limits need.
const (
	ControlCPU       = "cpu"
	ControlMemory    = "memory"
	ControlProcesses = "pids"
)

// Has reports whether a controller is there.
func (c Cgroup) Has(controller string) bool {
	for name := range strings.FieldsSeq(c.Controllers) {
		if name == controller {
			return true
		}
	}
	return false
}

// validate refuses limits that nothing would hold.
func (l Limits) validate() error {
	switch {
	case l.Memory < 0 || l.CPUs < 0 || l.Processes < 0 || l.Files < 0 || l.FileSize < 0 || l.Timeout < 0:
		return fmt.Errorf("a limit is negative: %+v", l)
	case l.Memory > 0 && !l.Cgroup.Has(ControlMemory), l.CPUs > 0 && !l.Cgroup.Has(ControlCPU):
		return errors.New("a limit of memory or processors needs a cgroup that controls it")
	case (l.Cgroup.Dir == "") != (l.Cgroup.Controllers == ""):
		return errors.New("a cgroup has a folder and controllers, or neither")
	}
	return nil
}

// CgroupError says that the jail's own cgroup could not be made.
type CgroupError struct {
	What string // what was tried
	Err  error
}

func (e *CgroupError) Error() string {
	return fmt.Sprintf("cannot make a cgroup for the limits: %s: %v", e.What, e.Err)
}
func (e *CgroupError) Unwrap() error { return e.Err }
