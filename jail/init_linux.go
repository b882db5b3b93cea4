package jail

import (
	"errors"
	"fmt"
	"os"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"unsafe"

	"golang.org/x/sys/unix"

	"jail/landlock"
	"jail/mounts"
	"jail/seccomp"
)

// IsInit reports whether this process was started as the child stage of a jail. main asks before anything else. The
// name alone proves nothing; Init refuses to go on without the sealed hand-off.
func IsInit() bool {
	return os.Getpid() == 1 && len(os.Args) == 1 && (os.Args[0] == initName || os.Args[0] == probeName)
}

// The names of steps whose failure Diagnose can explain.
const (
	forbidNested   = "forbid nested user namespaces" // the first step that mounts a procfs: it fails where a container masks /proc
	filterSyscalls = "filter system calls"
	pivotRoot      = "pivot to the new root"
	openDoors      = "open the doors of the network"
	openTerminals  = "open a terminal"
)

// step is one line of what init does. Its name is what the user reads when it fails.
type step struct {
	name string
	do   func() error
}

// Init is the child stage: PID 1 of the jail. It builds the walls in the order below, starts the command, reaps, and
// never returns.
//
// Preconditions: IsInit, in the namespaces that Run asked for.
func Init() {
	runtime.LockOSThread()
	control := os.NewFile(controlFD, "control")
	if err := shield(); err != nil {
		fail(control, "shield init", err)
	}
	if os.Args[0] == probeName {
		probe(control)
		os.Exit(0)
	}
	view := &mounts.Builder{}
	// While the parent is still planning: what every jail needs.
	carryOut(control, []step{
		{"outlive signals", outliveSignals},
		{"make mounts private", mounts.MakePrivate},
		{forbidNested, func() error { return setSwitches(limitUserNamespaces(0), limitInotify) }},
		{"make a root", func() (err error) { view, err = mounts.NewBuilder(); return err }},
	})
	first, ok := await(control)
	if ok && first.Open != nil {
		carryOut(control, []step{{openDoors, func() error { return openGate(*first.Open, control) }}})
		_, ok = await(control)
	}
	if !ok {
		os.Exit(1) // the parent has no plan, and says why itself
	}
	s, err := unpack(handoffFD)
	if err != nil {
		fail(control, "hand-off", err)
	}
	for _, m := range s.Mounts {
		if err := view.Apply(m); err != nil {
			fail(control, m.String(), err)
		}
	}
	var stands Walls
	carryOut(control, enterSteps(s, view, control))
	carryOut(control, wallSteps(s, &stands))
	send(control, report{Phase: phaseReady, Walls: stands})
	os.Exit(supervise(s, control).ExitCode())
}

// enterSteps are those between the mounts and the walls: into the view, and into what else is the jail's own.
func enterSteps(s Spec, view *mounts.Builder, control *os.File) []step {
	var steps []step
	if s.Limits.Cgroup.Dir != "" {
		// The namespace of the clone is rooted where the parent is; this one where the jail is, and shows no way up.
		steps = append(steps, step{"hide the cgroup", func() error { return unix.Unshare(unix.CLONE_NEWCGROUP) }})
	}
	if slices.Contains(s.Syscalls.Relaxed, seccomp.UserNS) {
		steps = append(steps, step{"allow nested user namespaces", func() error { return setSwitches(limitUserNamespaces(nestedNamespaces)) }})
	}
	if s.Network == NetworkNone {
		steps = append(steps, step{"bring the loopback device up", func() error { quickenLoopback(); return loopbackUp() }})
	}
	steps = append(steps, step{pivotRoot, view.Pivot})
	if s.Terminal == TerminalOwn {
		steps = append(steps, step{openTerminals, func() error { return ownTerminal(control, s.Screen.Bar) }})
	}
	return append(steps,
		step{"set the host name", func() error { return unix.Sethostname([]byte(s.Hostname)) }},
		step{"enter " + s.Dir, func() error { return unix.Chdir(s.Dir) }},
		step{"set limits", s.Limits.setRlimits},
	)
}

// wallSteps are the last ones, each with its check. They note what stands.
func wallSteps(s Spec, stands *Walls) []step {
	steps := []step{{"drop capabilities", dropCapabilities}, {"check capabilities", checkCapabilities}}
	if s.Landlock == WallRequired {
		steps = append(steps,
			step{"confine by Landlock", func() (err error) {
				stands.Landlock, err = landlock.Restrict(append(landlockRules(s.Mounts), streamRules()...))
				return err
			}},
			step{"check Landlock", func() error { return checkLandlock(s.Mounts) }},
		)
	}
	if s.Syscalls.Wall == WallRequired {
		steps = append(steps,
			step{filterSyscalls, func() error { stands.Syscalls = s.Syscalls.Profile; return s.Syscalls.load() }},
			step{"check the filter of system calls", checkSyscalls},
		)
	}
	return steps
}

// carryOut takes the steps in order and ends init at the first that fails.
func carryOut(control *os.File, steps []step) {
	for _, step := range steps {
		if err := step.do(); err != nil {
			fail(control, step.name, err)
		}
	}
}

// shield puts init out of the command's reach before it learns anything.
func shield() error {
	// Nothing that the caller's shell left open may travel on; a jailed shell once read a root-only file by fd 9.
	if err := unix.CloseRange(3, ^uint(0)>>1, unix.CLOSE_RANGE_CLOEXEC); err != nil {
		return fmt.Errorf("close_range: %w", err)
	}
	// Undumpable: /proc/1/{mem,environ,exe,fd,root} are closed to the command although it has our uid (ptrace(2)).
	if err := unix.Prctl(unix.PR_SET_DUMPABLE, 0, 0, 0, 0); err != nil {
		return fmt.Errorf("PR_SET_DUMPABLE: %w", err)
	}
	// A keyring of the jail's own: the caller's session keyring would be inherited, with every key in it (keyrings(7)).
	// A kernel without keyrings has none to leak, and a container that forbids the call forbids it to the command too.
	_, _, errno := unix.Syscall(unix.SYS_KEYCTL, unix.KEYCTL_JOIN_SESSION_KEYRING, 0, 0)
	if errno != 0 && errno != unix.ENOSYS && errno != unix.EPERM {
		return fmt.Errorf("cannot make a session keyring: %w", errno)
	}
	// The name that ps shows; "exe" otherwise.
	name := [16]byte{}
	copy(name[:], initName)
	if err := unix.Prctl(unix.PR_SET_NAME, uintptr(unsafe.Pointer(&name[0])), 0, 0, 0); err != nil {
		return fmt.Errorf("PR_SET_NAME: %w", err)
	}
	return parentAlive(controlFD)
}

// deadly are the signals that end a Go program which does not catch them (os/signal).
var deadly = []unix.Signal{
	unix.SIGHUP, unix.SIGINT, unix.SIGQUIT, unix.SIGILL, unix.SIGTRAP, unix.SIGABRT, unix.SIGBUS, unix.SIGFPE, unix.SIGSEGV,
	unix.SIGTERM, unix.SIGSTKFLT, unix.SIGSYS,
}

// nestedNamespaces is how many user namespaces a jail may have that is allowed to: enough for a browser, and too few to
// exhaust the caller's own.
const nestedNamespaces = 256

// limitUserNamespaces sets how many the jail's own user namespace may have below it. In a nested one the command would have
// every capability, and could take a mount of the jail's apart: renaming what is a mount point only in another mount
// namespace detaches it there (vfs_rename in fs/namei.c).
func limitUserNamespaces(count int) func(proc int) error {
	return func(proc int) error { return writeSwitch(proc, "user/max_user_namespaces", strconv.Itoa(count)) }
}

// limitInotify leaves half of what the kernel gives a user to the caller, who is counted together with the jail: without
// instances no editor, shell or daemon of the caller's can watch a file.
func limitInotify(proc int) error {
	for _, kind := range []string{"instances", "watches"} {
		all, err := readSwitch(proc, "fs/inotify/max_user_"+kind)
		if errors.Is(err, unix.ENOENT) {
			return nil // a kernel without inotify
		}
		if err == nil {
			err = writeSwitch(proc, "user/max_inotify_"+kind, strconv.Itoa((all+1)/2))
		}
		if err != nil {
			return fmt.Errorf("%s: %w", kind, err)
		}
	}
	return nil
}

// setSwitches has switches set through a procfs of its own, which nobody else sees, because /proc/sys is read-only in the jail.
func setSwitches(set ...func(proc int) error) error {
	proc, err := mounts.Detached("proc")
	if err != nil {
		return err
	}
	defer unix.Close(proc)
	for _, set := range set {
		if err := set(proc); err != nil {
			return err
		}
	}
	return nil
}

// readSwitch and writeSwitch reach a value below the folder sys of a procfs; what is read is a number.
func readSwitch(proc int, name string) (int, error) {
	fd, err := unix.Openat(proc, "sys/"+name, unix.O_RDONLY|unix.O_CLOEXEC|unix.O_NOFOLLOW, 0)
	if err != nil {
		return 0, err
	}
	defer unix.Close(fd)
	data := make([]byte, 32)
	n, err := unix.Read(fd, data)
	if err != nil {
		return 0, err
	}
	return strconv.Atoi(strings.TrimSpace(string(data[:n])))
}

func writeSwitch(proc int, name, value string) error {
	fd, err := unix.Openat(proc, "sys/"+name, unix.O_WRONLY|unix.O_CLOEXEC|unix.O_NOFOLLOW, 0)
	if err != nil {
		return err
	}
	defer unix.Close(fd)
	_, err = unix.Write(fd, []byte(value))
	return err
}

// outliveSignals keeps init alive when the command, or a key on an inherited terminal, signals it. Ignored by the plain
// system call: signal.Notify costs ten times as much, and signal.Ignore would reach the command, which inherits what is
// ignored (execve(2)). The runtime believes that it handles these signals, and so gives them their defaults in each child.
func outliveSignals() error {
	for _, sig := range deadly {
		if err := setAction(sig, &sigaction{1}, nil); err != nil {
			return err
		}
	}
	return nil
}

// parentAlive closes the race between clone and PR_SET_PDEATHSIG: a parent that died before the flag was set sends no
// signal, but it has closed its end of the control socket.
func parentAlive(control int32) error {
	fds := []unix.PollFd{{Fd: control, Events: unix.POLLOUT}}
	if _, err := unix.Poll(fds, 0); err != nil {
		return fmt.Errorf("poll: %w", err)
	}
	if fds[0].Revents&(unix.POLLERR|unix.POLLHUP) != 0 {
		return errors.New("the parent is gone")
	}
	return nil
}

// fail reports a step that failed and ends init. Nothing is left: the namespaces die with their only process.
func fail(control *os.File, step string, err error) {
	send(control, failure(phaseFailed, step, err))
	os.Exit(1)
}
