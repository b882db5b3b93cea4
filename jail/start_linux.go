package jail

import (
	"os"
	"runtime"
	"syscall"

	"golang.org/x/sys/unix"
)

// The child stages, by argv[0]. It stays visible as /proc/1/cmdline and must say nothing.
const (
	initName  = "jail-init"  // builds a jail and starts its command
	probeName = "jail-probe" // tries what a jail is built from, for Doctor
)

// Prepared is an init that waits for its Spec. It is started before the plan is made: the child's own start-up takes as
// long as planning, and so both cores work.
type Prepared struct {
	outline Spec
	group   group
	pid     int
	handoff *os.File
	control *os.File
	streams Streams
	asker   *asker
	further *started
}

// Prepare starts init in its namespaces, with the standard streams that its command gets. The outline is a Spec of which
// UID, GID, Network, Gate and Limits count. The caller must call Run, Read or Discard, once and on the same goroutine, which
// stays on one thread until then: the kernel ends init when the thread that created it ends (prctl(2), PR_SET_PDEATHSIG).
// Jails without a cgroup may be prepared and run side by side. Errors: *NamespaceError, *CgroupError.
func Prepare(outline Spec, streams Streams) (*Prepared, error) {
	if err := streams.check(); err != nil {
		return nil, err
	}
	handoff, err := newHandoff()
	if err != nil {
		return nil, err
	}
	group, err := newGroup(outline.Limits)
	if err != nil {
		handoff.Close()
		return nil, err
	}
	attr := namespaces(outline)
	group.hold(attr)
	runtime.LockOSThread()
	pid, control, err := spawn(initName, streams, handoff, attr)
	if err != nil {
		runtime.UnlockOSThread()
		handoff.Close()
		group.remove()
		return nil, err
	}
	if outline.Network.Filtered() {
		// The rules stay here.
		send(control, request{Open: &Gate{Ports: outline.Gate.Ports, HostPorts: outline.Gate.HostPorts}})
	}
	asker := &asker{control: control, waiting: map[int]chan answer{}}
	return &Prepared{outline, group, pid, handoff, control, streams, asker, &started{ended: map[int]chan Result{}}}, nil
}

// Discard ends an init that gets no Spec.
func (p *Prepared) Discard() {
	defer runtime.UnlockOSThread()
	p.control.Close() // init reads the end, and exits
	p.handoff.Close()
	_, _ = wait(p.pid)
	p.group.remove()
}

// spawn starts a child stage and returns its pid and our end of its control socket.
//
// Preconditions: on a thread that outlives the child.
func spawn(stage string, streams Streams, handoff *os.File, attr *syscall.SysProcAttr) (pid int, control *os.File, err error) {
	control, child, err := controlPair()
	if err != nil {
		return 0, nil, err
	}
	defer child.Close()
	// Not os.StartProcess: its check for pidfd support forks once more (os/pidfd_linux.go).
	pid, err = syscall.ForkExec("/proc/self/exe", []string{stage}, &syscall.ProcAttr{
		Env:   []string{},
		Files: []uintptr{streams.In.Fd(), streams.Out.Fd(), streams.Err.Fd(), handoffFD: handoff.Fd(), controlFD: child.Fd()},
		Sys:   attr,
	})
	if err != nil {
		control.Close()
		return 0, nil, &NamespaceError{err}
	}
	return pid, control, nil
}

// namespaces asks for every namespace and the id maps in one clone.
func namespaces(s Spec) *syscall.SysProcAttr {
	flags := uintptr(unix.CLONE_NEWUSER | unix.CLONE_NEWNS | unix.CLONE_NEWPID | unix.CLONE_NEWIPC | unix.CLONE_NEWUTS | unix.CLONE_NEWCGROUP)
	if s.Network != NetworkHost {
		flags |= unix.CLONE_NEWNET
	}
	return &syscall.SysProcAttr{
		Cloneflags:  flags,
		UidMappings: []syscall.SysProcIDMap{{ContainerID: s.UID, HostID: os.Geteuid(), Size: 1}},
		GidMappings: []syscall.SysProcIDMap{{ContainerID: s.GID, HostID: os.Getegid(), Size: 1}},
		// The exec of init as a non-zero uid drops all capabilities but ambient ones (capabilities(7)).
		// NET_BIND_SERVICE is for the ports below 1024 of a filtered network, and opens none of the host's.
		// SYS_RESOURCE is for the namespace's own limits below /proc/sys/user, DAC_OVERRIDE for overlays (mounts): whether
		// there are any is not known yet, and it reaches files of the caller's own only.
		AmbientCaps: []uintptr{unix.CAP_SYS_ADMIN, unix.CAP_NET_ADMIN, unix.CAP_NET_BIND_SERVICE, unix.CAP_SETPCAP, unix.CAP_SYS_RESOURCE, unix.CAP_DAC_OVERRIDE},
		Pdeathsig:   syscall.SIGKILL,
	}
}
