// Probe makes one system call in a tight loop for each line that it reads, and prints how many nanoseconds that took.
//
// Where asked to, it does so under a filter that allows every call: what the least of all filters costs.
//
//	probe getppid|openat ROUNDS FILE [filtered]
//	probe net-r|net-d|net-u|net-h ROUNDS ADDRESS    a round trip, 64 MiB down or up, over a new connection each; or connections that stay
package main

import (
	"bufio"
	"fmt"
	"os"
	"runtime"
	"strconv"
	"strings"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"
)

func main() {
	if err := run(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "probe:", err)
		os.Exit(1)
	}
}

func run(args []string) error {
	if len(args) < 3 {
		return fmt.Errorf("got %d words, want CALL ROUNDS FILE", len(args))
	}
	if letter, ok := strings.CutPrefix(args[0], "net-"); ok && len(letter) == 1 {
		return network(letter, args[1:])
	}
	rounds, err := strconv.Atoi(args[1])
	if err != nil {
		return err
	}
	file, err := unix.BytePtrFromString(args[2])
	if err != nil {
		return err
	}
	call, ok := map[string]func(*byte) unix.Errno{"getppid": getppid, "openat": openat}[args[0]]
	if !ok {
		return fmt.Errorf("unknown call %q", args[0])
	}
	// What is compared runs on one processor: two differ by more than the walls cost.
	runtime.LockOSThread()
	var one unix.CPUSet
	if err := unix.SchedGetaffinity(0, &one); err != nil {
		return err
	}
	for cpu := 0; one.Count() > 1; cpu++ {
		one.Clear(cpu)
	}
	if err := unix.SchedSetaffinity(0, &one); err != nil {
		return err
	}
	if len(args) == 4 && args[3] == "filtered" {
		if err := allowAll(); err != nil {
			return err
		}
	}
	for lines := bufio.NewScanner(os.Stdin); lines.Scan(); {
		start := time.Now()
		for range rounds {
			if errno := call(file); errno != 0 {
				return errno
			}
		}
		fmt.Println(time.Since(start).Nanoseconds())
	}
	return nil
}

// allowAll puts the thread under a filter that allows every call.
func allowAll() error {
	if err := unix.Prctl(unix.PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0); err != nil {
		return err
	}
	const seccompRetAllow = 0x7fff0000 // linux/seccomp.h
	filter := unix.SockFprog{Len: 1, Filter: &unix.SockFilter{Code: unix.BPF_RET | unix.BPF_K, K: seccompRetAllow}}
	return unix.Prctl(unix.PR_SET_SECCOMP, unix.SECCOMP_MODE_FILTER, uintptr(unsafe.Pointer(&filter)), 0, 0)
}

// Raw calls: the scheduler's part in an ordinary one would hide some of what the kernel does.

func getppid(*byte) unix.Errno {
	_, _, errno := unix.RawSyscall(unix.SYS_GETPPID, 0, 0, 0)
	return errno
}

func openat(file *byte) unix.Errno {
	at := unix.AT_FDCWD
	fd, _, errno := unix.RawSyscall6(unix.SYS_OPENAT, uintptr(at), uintptr(unsafe.Pointer(file)), unix.O_RDONLY|unix.O_CLOEXEC, 0, 0, 0)
	if errno != 0 {
		return errno
	}
	_, _, errno = unix.RawSyscall(unix.SYS_CLOSE, fd, 0, 0)
	return errno
}
