// Probe makes one attempt at something and says how it went: "OK", what it found, the name of the error, or the name of the
// signal that ended it. Tests run it inside a jail and, as a control, where the same attempt has to go otherwise.
//
//	probe VERB ARGUMENTS…     one attempt; prints "VERB ARGUMENTS VERDICT"
//	probe try 'VERB …'…       each in a process of its own; prints a verdict a line
//	probe internet … COMMAND  a command in namespaces with an internet of the tests' own
//	probe without-netfilter COMMAND
//	probe bare 'VERB …'…      as try, as root of the namespaces that the caller has made, with a procfs that fits them
package main

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"syscall"

	"golang.org/x/sys/unix"
)

// verbs are the attempts. One that returns no text and no error prints "OK".
func verbs() map[string]func([]string) (string, error) {
	return map[string]func([]string) (string, error){
		"read":     quiet(func(a []string) error { return open(a[0], unix.O_RDONLY) }),
		"write":    quiet(func(a []string) error { return open(a[0], unix.O_WRONLY|unix.O_APPEND) }),
		"create":   quiet(func(a []string) error { return create(a[0]) }),
		"rename":   quiet(func(a []string) error { return rename(a[0], a[1]) }),
		"link":     quiet(func(a []string) error { return link(a[0], a[1]) }),
		"node":     quiet(func(a []string) error { return node(a[0], arg(a, 1), arg(a, 2)) }),
		"remount":  quiet(func(a []string) error { return unix.Mount("", a[0], "", unix.MS_REMOUNT|unix.MS_BIND, "") }),
		"umount":   quiet(func(a []string) error { return unix.Unmount(a[0], unix.MNT_DETACH) }),
		"text":     func(a []string) (string, error) { return text(a[0]) },
		"list":     func(a []string) (string, error) { return list(a[0]) },
		"readlink": func(a []string) (string, error) { return os.Readlink(a[0]) },
		"mounts":   func(a []string) (string, error) { return mountsWithout(a[0]) },
		"special":  func(a []string) (string, error) { return special(a[0], a[1:]) },

		"connect":  quiet(func(a []string) error { return dial("tcp", a[0]) }),
		"udp":      quiet(func(a []string) error { return dial("udp", a[0]) }),
		"unix":     quiet(func(a []string) error { return dial("unix", a[0]) }),
		"unixgram": quiet(func(a []string) error { return dial("unixgram", a[0]) }),
		"socket":   quiet(func(a []string) error { return socket(arg(a, 0), argOr(a, 1, unix.SOCK_RAW), argOr(a, 2, 0)) }),

		"call":     quiet(call),
		"int80":    quiet(func(a []string) error { return thirtyTwoBit(arg(a, 0), argOr(a, 1, 0)) }),
		"clone":    quiet(func(a []string) error { return clone(arg(a, 0)) }),
		"setns":    quiet(func(a []string) error { return setns(a[0]) }),
		"ioctl":    quiet(func(a []string) error { return ioctl(a[0], arg(a, 1)) }),
		"typein":   quiet(func(a []string) error { return typeIn(a[0]) }),
		"kill":     quiet(func(a []string) error { return unix.Kill(int(arg(a, 0)), unix.Signal(argOr(a, 1, 0))) }),
		"ptrace":   quiet(func(a []string) error { return seize(int(arg(a, 0))) }),
		"shm":      quiet(func(a []string) error { return sharedMemory(arg(a, 0)) }),
		"key":      quiet(func(a []string) error { return searchKey(a[0]) }),
		"withkey":  quiet(func(a []string) error { return withKey(a[0], a[1:]) }),
		"secure":   func(a []string) (string, error) { return secure(a) },
		"exit":     func(a []string) (string, error) { return exitCode(a) },
		"cover":    func(a []string) (string, error) { return cover(a[0], a[1], a[2:]) },
		"linger":   quiet(func(a []string) error { return linger(a) }),
		"hold":     quiet(func(a []string) error { return hold(int(arg(a, 0))) }),
		"children": quiet(func(a []string) error { return children(int(arg(a, 0))) }),
		"open":     quiet(func(a []string) error { return openMany(int(arg(a, 0))) }),
		"inotify":  quiet(func(a []string) error { return inotify(int(arg(a, 0))) }),
		"starve":   quiet(func(a []string) error { return starve(int(arg(a, 0)), int(arg(a, 1))) }),
		"secbits":  func([]string) (string, error) { return secureBits() },
		"status":   func(a []string) (string, error) { return status(a[0], a[1]) },
		"rlimit":   func(a []string) (string, error) { return rlimit(arg(a, 0)) },
		"env":      func(a []string) (string, error) { return envNames(a[0]) },
		"beneath":  quiet(func(a []string) error { return beneath(a[0]) }),
		"readonly": func(a []string) (string, error) { return readOnly(a[0]) },
		"fds":      func([]string) (string, error) { return openFiles() },
		"many":     func([]string) (string, error) { return manyProcesses() },
		"hostname": func([]string) (string, error) { return os.Hostname() },
	}
}

func main() {
	if len(os.Args) < 2 {
		usage("a verb is missing")
	}
	verb, args := os.Args[1], os.Args[2:]
	switch verb {
	case "bare":
		if err := ownProc(); err != nil {
			usage("cannot mount a procfs: " + err.Error())
		}
		try(args)
	case "try":
		try(args)
	case "internet":
		usage(internet(args).Error())
	case "without-netfilter":
		usage(withoutNetfilter(args).Error())
	default:
		act, known := verbs()[verb]
		if !known {
			usage("unknown verb " + verb)
		}
		fmt.Println(strings.Join(append(os.Args[1:], verdict(act(args))), " "))
	}
}

// usage ends a probe that was called wrongly, so that no test takes it for a refusal.
func usage(why string) {
	fmt.Fprintln(os.Stderr, "probe:", why)
	os.Exit(2)
}

// try makes each attempt in a process of its own: some end it.
func try(attempts []string) {
	for _, attempt := range attempts {
		words := strings.Fields(attempt)
		cmd := exec.Command("/proc/self/exe", words...)
		cmd.Stderr = os.Stderr
		// What the caller left open and what it closes, the attempts must find as it is.
		for fd := 3; fd < 16; fd++ {
			if _, err := unix.FcntlInt(uintptr(fd), unix.F_GETFD, 0); err == nil && inherited(fd) {
				cmd.ExtraFiles = append(cmd.ExtraFiles, os.NewFile(uintptr(fd), "inherited"))
			}
		}
		out, err := cmd.Output()
		var exit *exec.ExitError
		switch {
		case err == nil:
			said := strings.TrimPrefix(strings.TrimSpace(string(out)), strings.Join(words, " ")+" ")
			fmt.Println(said)
		case errors.As(err, &exit) && exit.Sys().(syscall.WaitStatus).Signaled():
			fmt.Println(unix.SignalName(exit.Sys().(syscall.WaitStatus).Signal()))
		default:
			usage(fmt.Sprintf("%s: %v", attempt, err))
		}
	}
}

func quiet(act func([]string) error) func([]string) (string, error) {
	return func(args []string) (string, error) { return "", act(args) }
}

// arg reads a number.
func arg(args []string, i int) uintptr {
	if i >= len(args) {
		usage("an argument is missing")
	}
	n, err := strconv.ParseInt(args[i], 0, 64)
	if err != nil {
		usage(err.Error())
	}
	return uintptr(n)
}

func argOr(args []string, i int, otherwise uintptr) uintptr {
	if i >= len(args) {
		return otherwise
	}
	return arg(args, i)
}

func verdict(found string, err error) string {
	var errno syscall.Errno
	switch {
	case err == nil && found == "":
		return "OK"
	case err == nil:
		return found
	case errors.As(err, &errno):
		return unix.ErrnoName(errno)
	}
	return err.Error()
}

// errnoOf is nil for success: an Errno of 0 in an error is not.
func errnoOf(errno syscall.Errno) error {
	if errno == 0 {
		return nil
	}
	return errno
}
