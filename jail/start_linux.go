package jail

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"os"
	"reflect"
	"runtime"
	"syscall"
	"time"

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
		send(control, request{Open: &outline.Gate})
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

// Run builds the jail of a Spec, runs its command in it, passes the caller's signals on to it, and returns how it ended. When
// Run returns, no process of the jail is left. Errors: *StepError, *StartError and those of a.Serve; they mean that the command
// did not run.
func (p *Prepared) Run(s Spec, a Attendance) (Result, error) {
	return p.carryOut(s, a, func() attending {
		relay := &relay{terminal: s.Terminal, control: p.control}
		relay.start()
		return attending{stop: relay.stop, halt: relay.halt, remain: relay.remain, show: func(master *os.File) (*screen, error) {
			screen, err := newScreen(View{Streams: p.streams, Far: master, Output: s.Output, Screen: s.Screen, Waits: a.Waits})
			relay.screen.Store(screen)
			return screen, err
		}}
	})
}

// Read is Run for a command of the program's own: signals are not passed on, and the end of ctx ends the jail at once. The
// error is the context's then.
func (p *Prepared) Read(ctx context.Context, s Spec) (Result, error) {
	result, err := p.carryOut(s, Attendance{}, func() attending {
		ended := make(chan struct{})
		stopped := context.AfterFunc(ctx, func() {
			_ = syscall.Kill(p.pid, syscall.SIGKILL)
			close(ended)
		})
		stop := func() {
			if !stopped() {
				<-ended // the pid is not reaped before, and so nobody else's
			}
		}
		return attending{stop: stop, halt: func() {}, remain: func() {}} // without a terminal it is never stopped
	})
	if ctx.Err() != nil {
		return Result{}, ctx.Err()
	}
	return result, err
}

// attending is what the parent does while a jail runs.
type attending struct {
	stop   func()                                 // it has ended
	halt   func()                                 // it is stopped
	remain func()                                 // its command has ended, and it has not
	show   func(master *os.File) (*screen, error) // it has a terminal of its own
}

// carryOut builds the jail and follows it to its end. What begin begins, while init builds, ends by stop before init is
// reaped; halt is told when the jail is stopped.
func (p *Prepared) carryOut(s Spec, a Attendance, begin func() attending) (Result, error) {
	err := p.accept(s)
	switch {
	case err != nil:
	case s.Network.Filtered() && a.Serve == nil:
		err = errors.New("nobody serves its network")
	case s.Terminal == TerminalDetached && a.Show == nil:
		err = errors.New("nobody takes its terminal")
	}
	if err != nil {
		p.Discard()
		return Result{}, fmt.Errorf("invalid plan: %w", err)
	}
	defer runtime.UnlockOSThread()
	defer p.control.Close()
	p.handoff.Close()
	send(p.control, request{})
	// After init was told to go, because catching signals takes a third of a millisecond, and long before init is ready to
	// start the command. A signal that comes earlier still ends us, and init with us.
	at := begin()
	from := &receiver{socket: p.control}
	doors := func(count doorCounts) error {
		opened, err := from.doors(count)
		if err != nil {
			return err
		}
		if a.Serve == nil {
			opened.Close()
			return errors.New("the jail's init opens a network that it was not asked for")
		}
		opened.Dial = p.asker.dial
		own := inodes(opened.files())
		opened.Listening = func() []int { return listening(p.pid, own) }
		opened.Who = func(client netip.AddrPort) (int, string) { return who(p.pid, client) }
		if err := a.Serve(opened); err != nil {
			return err
		}
		send(p.control, request{Serves: true})
		return nil
	}
	var opened, shown *screen
	show := func(r report) {
		files := from.take(r)
		switch {
		case len(files) != 1:
			closeAll(files)
		case s.Terminal == TerminalDetached:
			a.Show(files[0])
		case at.show == nil || s.Terminal != TerminalOwn:
			closeAll(files)
		default:
			opened, _ = at.show(files[0]) // or nothing is seen of the command, which ends for want of a terminal
		}
	}
	begun := func(w Walls) {
		if a.Ready != nil {
			a.Ready(w)
		}
		if shown = opened; shown != nil {
			shown.start()
		}
	}
	remain := func(others int) {
		at.remain()
		if shown != nil {
			shown.end()
			shown = nil
		}
		if a.Remain != nil {
			a.Remain(others)
		}
	}
	defer time.AfterFunc(longRun, forgetProgram).Stop()
	result, told, err := follow(from, events{
		doors: doors, terminal: show, ready: begun, stopped: at.halt, remain: remain, ended: p.further.tell,
		answered: func(r report) { p.asker.answered(r, from.take(r)) },
	})
	// It has nothing left to do, and may not know: it waits for what does not come, or is no more what it was, and says nothing any
	// more. How one ends that does so by itself this does not change.
	_ = syscall.Kill(p.pid, syscall.SIGKILL)
	from.close()
	p.asker.end()
	p.further.over()
	at.stop()
	// The kernel has ended every process of init's PID namespace before init can be reaped (pid_namespaces(7)).
	ws, waitErr := wait(p.pid)
	if shown != nil {
		shown.end()
	}
	killed := p.group.killed()
	p.group.remove()
	switch {
	case err != nil:
		return Result{}, err
	case told:
	case waitErr != nil:
		return Result{}, waitErr
	case !ws.Signaled():
		return Result{}, fmt.Errorf("the jail's init ended early, with code %d, and everything in the jail with it", ws.ExitStatus())
	default: // init was killed from outside, and everything in the jail with it
		result = Result{Signal: ws.Signal()}
	}
	return result.afterKills(killed), nil
}

// accept checks a Spec and hands it to init.
func (p *Prepared) accept(s Spec) error {
	if err := s.Validate(); err != nil {
		return err
	}
	if s.Backend != BackendNamespaces {
		return fmt.Errorf("it is for %s", s.Backend)
	}
	if s.UID != p.outline.UID || s.GID != p.outline.GID || s.Network != p.outline.Network || s.Limits != p.outline.Limits || !reflect.DeepEqual(s.Gate, p.outline.Gate) {
		return errors.New("it differs from its outline")
	}
	return seal(p.handoff, s)
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
