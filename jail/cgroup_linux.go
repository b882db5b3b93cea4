package jail

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// group is the cgroup of one jail. The zero value is none.
type group struct {
	dir    string
	fd     int // of dir, for clone3
	parent Cgroup
}

const groupPrefix = "jail-run-" // and the pid of the process that made it

// setting is a file of a cgroup and what is written to it.
type setting struct{ file, value string }

// settings are the limits of a cgroup (cgroup-v2.rst). Swap is not given: a jail that is over its memory would make the
// whole machine slow instead of ending. The kernel kills the largest process and not all (memory.oom.group): an agent
// survives a build of its that took too much.
func (l Limits) settings() []setting {
	var list []setting
	if l.Memory > 0 {
		list = append(list, setting{"memory.max", strconv.FormatInt(l.Memory, 10)}, setting{"memory.swap.max", "0"})
	}
	if l.Processes > 0 && l.Cgroup.Has(ControlProcesses) {
		list = append(list, setting{"pids.max", strconv.Itoa(l.Processes)})
	}
	if l.CPUs > 0 {
		list = append(list, setting{"cpu.max", fmt.Sprintf("%d 100000", l.CPUs*100)}) // µs in each 100 ms
	}
	return list
}

// newGroup makes the cgroup of a jail with its limits. Nothing is left of it where it fails. Errors: *CgroupError.
func newGroup(l Limits) (group, error) {
	if l.Cgroup.Dir == "" {
		return group{}, nil
	}
	g := group{dir: filepath.Join(l.Cgroup.Dir, groupPrefix+strconv.Itoa(os.Getpid())), fd: -1, parent: l.Cgroup}
	if err := g.parent.divide(); err != nil {
		return group{}, err
	}
	sweep(l.Cgroup.Dir)
	if err := g.make(l.settings()); err != nil {
		g.remove()
		return group{}, err
	}
	return g, nil
}

func (g *group) make(settings []setting) (err error) {
	if err := unix.Mkdir(g.dir, 0o755); err != nil {
		return &CgroupError{"mkdir " + g.dir, err}
	}
	for _, s := range settings {
		err := writeSetting(g.dir, s)
		if s.file == "memory.swap.max" && errors.Is(err, unix.ENOENT) {
			continue // a kernel without swap has no such file
		}
		if err != nil {
			return err
		}
	}
	if g.fd, err = unix.Open(g.dir, unix.O_PATH|unix.O_DIRECTORY|unix.O_CLOEXEC, 0); err != nil {
		return &CgroupError{"open " + g.dir, err}
	}
	return nil
}

// hold makes a child that is started with attr begin its life in the group (CLONE_INTO_CGROUP, Linux 5.7).
func (g group) hold(attr *syscall.SysProcAttr) {
	if g.dir != "" {
		attr.UseCgroupFD, attr.CgroupFD = true, g.fd
	}
}

// divide prepares the caller's own cgroup: it moves the caller to a leaf of it, and turns the controllers on below.
func (c Cgroup) divide() error {
	if c.Leaf == "" {
		return nil
	}
	dir := filepath.Join(c.Dir, c.Leaf)
	if err := unix.Mkdir(dir, 0o755); err != nil && !errors.Is(err, unix.EEXIST) {
		return &CgroupError{"mkdir " + dir, err}
	}
	err := writeSetting(dir, setting{"cgroup.procs", "0"}) // 0 is whoever writes it
	if err == nil {
		err = writeSetting(c.Dir, setting{"cgroup.subtree_control", c.signed("+")})
	}
	if err != nil {
		c.unite()
	}
	return err
}

// unite undoes what divide did. What cannot be undone goes with the cgroup that systemd made for this run.
func (c Cgroup) unite() {
	if c.Leaf == "" {
		return
	}
	_ = writeSetting(c.Dir, setting{"cgroup.subtree_control", c.signed("-")})
	if writeSetting(c.Dir, setting{"cgroup.procs", "0"}) == nil {
		_ = unix.Rmdir(filepath.Join(c.Dir, c.Leaf))
	}
}

// signed gives the controllers as cgroup.subtree_control wants them: "+memory +pids".
func (c Cgroup) signed(sign string) string {
	return sign + strings.Join(strings.Fields(c.Controllers), " "+sign)
}

// remove takes the cgroup away, once its processes are gone.
func (g *group) remove() {
	if g.dir == "" {
		return
	}
	if g.fd >= 0 {
		unix.Close(g.fd)
	}
	// A process that was reaped may take a moment more to leave. What stays is swept by the next run.
	for wait := 100 * time.Microsecond; errors.Is(unix.Rmdir(g.dir), unix.EBUSY) && wait < 100*time.Millisecond; wait *= 2 {
		time.Sleep(wait)
	}
	g.parent.unite()
	*g = group{fd: -1}
}

// sweep removes the cgroups of runs that were killed. The kernel refuses to remove one that has processes; one that its
// maker has not filled yet is spared because its maker lives.
func sweep(dir string) {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return
	}
	for _, entry := range entries {
		text, ours := strings.CutPrefix(entry.Name(), groupPrefix)
		pid, err := strconv.Atoi(text)
		if !ours || err != nil || pid <= 0 {
			continue
		}
		if pid == os.Getpid() || errors.Is(unix.Kill(pid, 0), unix.ESRCH) {
			_ = unix.Rmdir(filepath.Join(dir, entry.Name()))
		}
	}
}

// killed counts the processes that the kernel ended because of the memory limit (memory.events in cgroup-v2.rst).
func (g group) killed() int {
	if g.dir == "" {
		return 0
	}
	data, err := os.ReadFile(filepath.Join(g.dir, "memory.events"))
	if err != nil {
		return 0
	}
	for line := range strings.Lines(string(data)) {
		if count, ok := strings.CutPrefix(strings.TrimSpace(line), "oom_kill "); ok {
			n, err := strconv.Atoi(count)
			if err != nil {
				return 0
			}
			return n
		}
	}
	return 0
}

// writeSetting sets one file of a cgroup. Errors: *CgroupError.
func writeSetting(dir string, s setting) error {
	path := filepath.Join(dir, s.file)
	fd, err := unix.Open(path, unix.O_WRONLY|unix.O_CLOEXEC, 0)
	if err == nil {
		_, err = unix.Write(fd, []byte(s.value))
		unix.Close(fd)
	}
	if err != nil {
		return &CgroupError{fmt.Sprintf("write %s to %s", s.value, path), err}
	}
	return nil
}
