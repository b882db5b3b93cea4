package main

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"
)

// ownProc mounts a procfs of the caller's own namespaces, twice: attempts may take one away.
func ownProc() error {
	if err := unix.Mount("", "/", "", unix.MS_REC|unix.MS_PRIVATE, ""); err != nil {
		return err
	}
	for range 2 {
		if err := unix.Mount("proc", "/proc", "proc", 0, ""); err != nil {
			return err
		}
	}
	return nil
}

// cover runs a command where a file stands over another: in a mount namespace that the caller has made.
func cover(source, target string, command []string) (string, error) {
	if err := unix.Mount("", "/", "", unix.MS_REC|unix.MS_PRIVATE, ""); err != nil {
		return "", err
	}
	if err := unix.Mount(source, target, "", unix.MS_BIND, ""); err != nil {
		return "", err
	}
	return exitCode(command)
}

// seize attaches to a process as a debugger without stopping it, and lets go at once.
func seize(pid int) error {
	runtime.LockOSThread()
	if err := unix.PtraceSeize(pid); err != nil {
		return err
	}
	// The tracer's end detaches; PTRACE_DETACH needs a stopped tracee.
	return nil
}

// clone makes a child in new namespaces by the plain call, and reaps it.
func clone(flags uintptr) error {
	runtime.LockOSThread()
	pid, _, errno := unix.RawSyscall6(unix.SYS_CLONE, flags|uintptr(unix.SIGCHLD), 0, 0, 0, 0, 0)
	if errno != 0 {
		return errno
	}
	if pid == 0 {
		unix.RawSyscall(unix.SYS_EXIT_GROUP, 0, 0, 0)
	}
	_, err := unix.Wait4(int(pid), nil, 0, nil)
	return err
}

// setns enters a namespace by its file.
func setns(path string) error {
	runtime.LockOSThread()
	fd, err := unix.Open(path, unix.O_RDONLY|unix.O_CLOEXEC, 0)
	if err != nil {
		return err
	}
	defer unix.Close(fd)
	return unix.Setns(fd, 0)
}

// sharedMemory looks for a System V segment by its key.
func sharedMemory(key uintptr) error {
	_, _, errno := unix.Syscall(unix.SYS_SHMGET, key, 0, 0)
	return errnoOf(errno)
}

func searchKey(name string) error {
	_, err := unix.KeyctlSearch(unix.KEY_SPEC_SESSION_KEYRING, "user", name, 0)
	return err
}

// withKey runs a command in a session keyring of its own that holds a key of that name.
func withKey(name string, command []string) error {
	// Keyrings belong to a thread until it execs.
	runtime.LockOSThread()
	if _, _, errno := unix.Syscall(unix.SYS_KEYCTL, unix.KEYCTL_JOIN_SESSION_KEYRING, 0, 0); errno != 0 {
		return errno
	}
	if _, err := unix.AddKey("user", name, []byte("secret"), unix.KEY_SPEC_SESSION_KEYRING); err != nil {
		return err
	}
	program, err := exec.LookPath(command[0])
	if err != nil {
		return err
	}
	return syscall.Exec(program, command, os.Environ())
}

// secure says whether a program gains privileges when it is executed: the C library then ignores the variable that makes it
// print the auxiliary vector (ld.so(8), LD_SHOW_AUXV).
func secure(command []string) (string, error) {
	cmd := exec.Command(command[0], command[1:]...)
	cmd.Env = []string{"LD_SHOW_AUXV=1"}
	out, err := cmd.Output()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		return "", err
	}
	if strings.Contains(string(out), "AT_SECURE") {
		return "plain", nil
	}
	return "privileged", nil
}

// exitCode runs a command, whose messages go where the probe's go. One that is not there is an error.
func exitCode(command []string) (string, error) {
	cmd := exec.Command(command[0], command[1:]...)
	cmd.Stderr = os.Stderr
	err := cmd.Run()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		return "", err
	}
	return fmt.Sprintf("exit %d", cmd.ProcessState.ExitCode()), nil
}

// linger leaves a process of its own session behind that has the arguments on its command line and ends by itself in a minute.
// With the argument "stay" it is that process.
func linger(args []string) error {
	if args[0] == "stay" {
		time.Sleep(time.Minute)
		return nil
	}
	cmd := exec.Command("/proc/self/exe", append([]string{"linger", "stay"}, args...)...)
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	return cmd.Start()
}

// status gives a field of /proc/PID/status of all threads of a process, or of "*" for every one that can be seen, each value
// once.
func status(field, pid string) (string, error) {
	files, err := filepath.Glob("/proc/" + strings.Replace(pid, "*", "[0-9]*", 1) + "/task/*/status")
	var values []string
	for _, file := range files {
		data, _ := os.ReadFile(file) // it may have ended
		for line := range strings.Lines(string(data)) {
			name, value, _ := strings.Cut(line, ":")
			if name == field && !slices.Contains(values, strings.TrimSpace(value)) {
				values = append(values, strings.TrimSpace(value))
			}
		}
	}
	return orNone(values), err
}

// rlimit is a hard limit (getrlimit(2)).
func rlimit(resource uintptr) (string, error) {
	var limit unix.Rlimit
	err := unix.Getrlimit(int(resource), &limit)
	if limit.Max == unix.RLIM_INFINITY {
		return "unlimited", err
	}
	return strconv.FormatUint(limit.Max, 10), err
}

// envNames are the names in the environment that match.
func envNames(pattern string) (string, error) {
	match, err := regexp.Compile("^(?:" + pattern + ")$")
	if err != nil {
		return "", err
	}
	var names []string
	for _, entry := range os.Environ() {
		if name, _, _ := strings.Cut(entry, "="); match.MatchString(name) {
			names = append(names, name)
		}
	}
	return orNone(names), nil
}

// inherited reports whether a descriptor is the caller's and not the runtime's own.
func inherited(fd int) bool {
	target, err := os.Readlink(fmt.Sprintf("/proc/self/fd/%d", fd))
	return err == nil && !strings.HasPrefix(target, "anon_inode:")
}

// openFiles are the inherited descriptors beyond the standard ones.
func openFiles() (string, error) {
	var found []string
	for fd := 3; fd < 256; fd++ {
		if inherited(fd) {
			found = append(found, strconv.Itoa(fd))
		}
	}
	return orNone(found), nil
}

// manyProcesses says how many there are, roughly.
func manyProcesses() (string, error) {
	found, err := filepath.Glob("/proc/[0-9]*")
	if len(found) < 10 {
		return "few", err
	}
	return "many", err
}

// ioctl makes a request on a file, "-" for standard input, with a null pointer for its argument.
func ioctl(path string, request uintptr) error {
	fd := 0
	if path != "-" {
		var err error
		if fd, err = unix.Open(path, unix.O_RDWR|unix.O_CLOEXEC|unix.O_NOCTTY, 0); err != nil {
			return err
		}
		defer unix.Close(fd)
	}
	_, _, errno := unix.Syscall(unix.SYS_IOCTL, uintptr(fd), request, 0)
	return errnoOf(errno)
}

// typeIn pushes one character into a terminal's input (TIOCSTI).
func typeIn(path string) error {
	fd, err := unix.Open(path, unix.O_RDWR|unix.O_CLOEXEC, 0)
	if err != nil {
		return err
	}
	defer unix.Close(fd)
	char := int32('x')
	_, _, errno := unix.Syscall(unix.SYS_IOCTL, uintptr(fd), unix.TIOCSTI, uintptr(unsafe.Pointer(&char)))
	return errnoOf(errno)
}
