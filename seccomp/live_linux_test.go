package seccomp

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"
)

const childEnv = "JAIL_SECCOMP_CHILD"

// TestMain is also the child under filters, which cannot be taken off again. What the child loads and does stands in the
// variable: "PROFILE,RELAXATION,...: ACT"; the profile "free" loads nothing and is the control.
func TestMain(m *testing.M) {
	if order := os.Getenv(childEnv); order != "" {
		if err := child(order); err != nil {
			fmt.Println("child:", err)
			os.Exit(125)
		}
		os.Exit(0)
	}
	os.Exit(m.Run())
}

func child(order string) error {
	profile, act, _ := strings.Cut(order, ": ")
	names := strings.Split(profile, ",")
	for range 4 { // threads that exist before the filters and must get them
		go func() { runtime.LockOSThread(); select {} }()
	}
	if names[0] != "free" {
		var relaxed []Relaxation
		for _, name := range names[1:] {
			relaxed = append(relaxed, Relaxation(name))
		}
		filters, err := Filters(runtime.GOARCH, Profile(names[0]), relaxed)
		if err != nil {
			return err
		}
		runtime.LockOSThread()
		if err := unix.Prctl(unix.PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0); err != nil {
			return err
		}
		if err := Load(filters); err != nil {
			return err
		}
		runtime.UnlockOSThread()
	}
	switch act {
	case "calls":
		return makeCalls()
	case "tools":
		return useAllowed()
	default:
		return unix.Exec(act, []string{act}, nil)
	}
}

// makeCalls answers each line "NUMBER ARGUMENTS" of standard input with an errno.
func makeCalls() error {
	lines := bufio.NewScanner(os.Stdin)
	for lines.Scan() {
		var n uintptr
		var a [6]uintptr
		if _, err := fmt.Sscan(lines.Text(), &n, &a[0], &a[1], &a[2], &a[3], &a[4], &a[5]); err != nil {
			return err
		}
		_, _, errno := unix.RawSyscall6(n, a[0], a[1], a[2], a[3], a[4], a[5])
		fmt.Println(int(errno))
	}
	return lines.Err()
}

// useAllowed does what every profile must let through.
func useAllowed() error {
	var failed error
	for _, family := range []int{unix.AF_UNIX, unix.AF_INET, unix.AF_INET6} {
		fd, err := unix.Socket(family, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
		if err != nil && !errors.Is(err, unix.EAFNOSUPPORT) || err != nil && family != unix.AF_INET6 {
			failed = errors.Join(failed, fmt.Errorf("socket of family %d: %w", family, err))
		}
		unix.Close(fd)
	}
	if _, err := net.Interfaces(); err != nil {
		failed = errors.Join(failed, fmt.Errorf("list network interfaces: %w", err))
	}
	if _, err := unix.Socketpair(unix.AF_UNIX, unix.SOCK_SEQPACKET, 0); err != nil {
		failed = errors.Join(failed, fmt.Errorf("make a pair of sockets: %w", err))
	}
	if _, _, errno := unix.RawSyscall(unix.SYS_PERSONALITY, 0xffffffff, 0, 0); errno != 0 {
		failed = errors.Join(failed, fmt.Errorf("ask for the personality: %w", errno))
	}
	if _, err := unix.IoctlGetWinsize(0, unix.TIOCGWINSZ); !errors.Is(err, unix.ENOTTY) {
		failed = errors.Join(failed, fmt.Errorf("ask for a window's size: %w", err))
	}
	started := make(chan bool)
	for range 8 {
		go func() { runtime.LockOSThread(); started <- true; select {} }()
	}
	for range 8 {
		<-started
	}
	if err := exec.Command("/bin/true").Run(); err != nil {
		failed = errors.Join(failed, fmt.Errorf("run a program: %w", err))
	}
	return errors.Join(failed, everyThreadFiltered())
}

func everyThreadFiltered() error {
	threads, err := os.ReadDir("/proc/self/task")
	if err != nil {
		return err
	}
	if len(threads) < 12 {
		return fmt.Errorf("%d threads are too few to show anything", len(threads))
	}
	for _, thread := range threads {
		status, err := os.ReadFile("/proc/self/task/" + thread.Name() + "/status")
		if err != nil {
			return err
		}
		if !bytes.Contains(status, []byte("\nSeccomp:\t2\n")) || !bytes.Contains(status, []byte("\nNoNewPrivs:\t1\n")) {
			return fmt.Errorf("thread %s has no filter, or no no_new_privs", thread.Name())
		}
	}
	return nil
}

// run starts the child in a session of its own: without a terminal vhangup, should it ever get through, does nothing.
func run(t *testing.T, order, input string) (string, error) {
	t.Helper()
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(exe)
	cmd.Env = append(os.Environ(), childEnv+"="+order)
	cmd.Stdin = strings.NewReader(input)
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	out, err := cmd.CombinedOutput()
	return string(out), err
}

func TestToolsWorkUnderFilters(t *testing.T) {
	for _, profile := range []string{"normal", "strict", "strict,userns,debug,perf,io_uring,raw-socket"} {
		if out, err := run(t, profile+": tools", ""); err != nil {
			t.Errorf("%s: %v\n%s", profile, err, out)
		}
	}
}

func TestLoadRefusesWhatIsNoFilter(t *testing.T) {
	for _, filters := range [][][]byte{nil, {nil}, {make([]byte, 7)}, {make([]byte, 12)}, {make([]byte, 8*5000)}} {
		if err := Load(filters); err == nil {
			t.Fatalf("loaded %d filters that are none", len(filters))
		}
	}
}
