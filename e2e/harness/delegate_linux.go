package harness

import (
	"os"
	"path/filepath"
	"strconv"
	"syscall"
	"time"

	"jail/jail"
)

// delegation is a cgroup that belongs to the ordinary user's run, as systemd makes one for Delegate=yes. The zero value is
// none.
type delegation struct {
	dir, tests string
	handle     *os.File // of tests
}

// delegate makes one, where root may, and lets a child that is started with attr begin in it.
func delegate(attr *syscall.SysProcAttr) (delegation, error) {
	found, err := jail.FindCgroup()
	if err != nil || found.Leaf != "" || !found.Has(jail.ControlMemory) {
		return delegation{}, nil
	}
	dir := filepath.Join(found.Dir, "jail-e2e-"+strconv.Itoa(os.Getpid()))
	group := delegation{dir: dir, tests: filepath.Join(dir, "tests")}
	if err = group.make(); err == nil {
		group.handle, err = os.Open(group.tests)
	}
	if err != nil {
		group.remove()
		return delegation{}, err
	}
	attr.UseCgroupFD, attr.CgroupFD = true, int(group.handle.Fd())
	return group, nil
}

func (d delegation) make() error {
	if err := os.Mkdir(d.dir, 0o755); err != nil {
		return err
	}
	if err := os.WriteFile(d.dir+"/cgroup.subtree_control", []byte("+cpu +memory +pids"), 0); err != nil {
		return err
	}
	if err := os.Mkdir(d.tests, 0o755); err != nil {
		return err
	}
	for _, path := range []string{d.dir, d.dir + "/cgroup.procs", d.dir + "/cgroup.subtree_control", d.tests, d.tests + "/cgroup.procs"} {
		if err := os.Chown(path, UID, UID); err != nil {
			return err
		}
	}
	return nil
}

// remove takes it away, with what a failed test left.
func (d delegation) remove() {
	if d.dir == "" {
		return
	}
	if d.handle != nil {
		d.handle.Close()
	}
	_ = os.WriteFile(d.dir+"/cgroup.kill", []byte("1"), 0)
	for range 100 { // until what was killed is gone
		entries, _ := os.ReadDir(d.dir)
		for _, entry := range entries {
			if entry.IsDir() {
				_ = os.Remove(filepath.Join(d.dir, entry.Name()))
			}
		}
		if os.Remove(d.dir) == nil {
			return
		}
		time.Sleep(10 * time.Millisecond)
	}
}
