package jail

import (
	"errors"
	"fmt"
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

// Prepared is an init that waits for its Spec. It is started beside the planning: the child's own start-up takes as long
// as making the plan, and so both cores work.
type Prepared struct {
	outline Spec
	started chan started  // gets one value
	release chan struct{} // closed when init is no longer needed
}

// started is what became of starting init.
type started struct {
	pid     int
	handoff *os.File
	control *os.File
	err     error
}

// Prepare starts init in its namespaces and does not wait for it. The outline is a Spec of which UID, GID and Network count.
// The caller must call Run or Discard, once.
func Prepare(outline Spec) *Prepared {
	p := &Prepared{outline, make(chan started, 1), make(chan struct{})}
	go func() {
		// The kernel ends init when the thread that created it ends (prctl(2), PR_SET_PDEATHSIG). This one is kept for it.
		runtime.LockOSThread()
		defer runtime.UnlockOSThread()
		p.started <- start(outline)
		<-p.release
	}()
	return p
}

func start(outline Spec) (s started) {
	if s.handoff, s.err = newHandoff(); s.err != nil {
		return s
	}
	if s.pid, s.control, s.err = spawn(initName, s.handoff, namespaces(outline)); s.err != nil {
		s.handoff.Close()
	}
	return s
}

// Discard ends an init that gets no Spec.
func (p *Prepared) Discard() {
	if init := <-p.started; init.err == nil {
		init.discard()
	}
	close(p.release)
}

func (s started) discard() {
	s.control.Close() // init reads the end, and exits
	s.handoff.Close()
	_, _ = wait(s.pid)
}

// Run builds the jail of a Spec, runs its command in it on the caller's standard streams, and returns how it ended.
// When Run returns, no process of the jail is left. Errors: *NamespaceError, *StepError, *StartError; they mean that
// the command did not run.
func (p *Prepared) Run(s Spec) (Result, error) {
	defer close(p.release)
	err := s.Validate()
	if err == nil && (s.UID != p.outline.UID || s.GID != p.outline.GID || s.Network != p.outline.Network) {
		err = errors.New("it differs from its outline")
	}
	init := <-p.started
	if init.err != nil {
		return Result{}, init.err
	}
	if err == nil {
		err = seal(init.handoff, s)
	}
	if err != nil {
		init.discard()
		return Result{}, fmt.Errorf("invalid plan: %w", err)
	}
	defer init.control.Close()
	init.handoff.Close()
	send(init.control, request{})
	relay := &relay{terminal: s.Terminal, control: init.control}
	// After init was told to go, because it takes a third of a millisecond, and long before init is ready to start the
	// command. A signal that comes earlier still ends us, and init with us.
	relay.start()
	defer relay.stop()
	result, told, err := follow(init.control)
	ws, waitErr := wait(init.pid)
	switch {
	case err != nil:
		return Result{}, err
	case told:
		return result, nil
	case waitErr != nil:
		return Result{}, waitErr
	}
	// Init was killed from outside, and everything in the jail with it.
	if !ws.Signaled() {
		return Result{}, fmt.Errorf("the jail's init ended early, with code %d, and everything in the jail with it", ws.ExitStatus())
	}
	return Result{Signal: ws.Signal()}, nil
}

// spawn starts a child stage and returns its pid and our end of its control socket.
//
// Preconditions: on a thread that outlives the child.
func spawn(stage string, handoff *os.File, attr *syscall.SysProcAttr) (pid int, control *os.File, err error) {
	control, child, err := controlPair()
	if err != nil {
		return 0, nil, err
	}
	defer child.Close()
	// Not os.StartProcess: its check for pidfd support forks once more (os/pidfd_linux.go).
	pid, err = syscall.ForkExec("/proc/self/exe", []string{stage}, &syscall.ProcAttr{
		Env:   []string{},
		Files: []uintptr{0, 1, 2, handoffFD: handoff.Fd(), controlFD: child.Fd()},
		Sys:   attr,
	})
	if err != nil {
		control.Close()
		return 0, nil, &NamespaceError{err}
	}
	return pid, control, nil
}

// wait reaps init. The kernel has ended every process of its PID namespace before it can be reaped (pid_namespaces(7)).
func wait(pid int) (ws syscall.WaitStatus, err error) {
	for {
		_, err = syscall.Wait4(pid, &ws, 0, nil)
		if !errors.Is(err, syscall.EINTR) {
			return ws, err
		}
	}
}

// namespaces asks for every namespace and the id maps in one clone.
func namespaces(s Spec) *syscall.SysProcAttr {
	flags := uintptr(unix.CLONE_NEWUSER | unix.CLONE_NEWNS | unix.CLONE_NEWPID | unix.CLONE_NEWIPC | unix.CLONE_NEWUTS | unix.CLONE_NEWCGROUP)
	if s.Network == NetworkNone {
		flags |= unix.CLONE_NEWNET
	}
	return &syscall.SysProcAttr{
		Cloneflags:  flags,
		UidMappings: []syscall.SysProcIDMap{{ContainerID: s.UID, HostID: os.Geteuid(), Size: 1}},
		GidMappings: []syscall.SysProcIDMap{{ContainerID: s.GID, HostID: os.Getegid(), Size: 1}},
		// The exec of init as a non-zero uid drops all capabilities but ambient ones (capabilities(7)).
		AmbientCaps: []uintptr{unix.CAP_SYS_ADMIN, unix.CAP_NET_ADMIN, unix.CAP_SETPCAP},
		Pdeathsig:   syscall.SIGKILL,
	}
}
