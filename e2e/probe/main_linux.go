// Probe makes one attempt at something and says how it went: "OK", or the name of the error. Scripts run it inside a jail
// and, as a control, where the attempt has to succeed.
package main

import (
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"runtime"
	"strconv"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

func main() {
	if len(os.Args) < 3 {
		fmt.Fprintln(os.Stderr, "usage: probe read|write|connect|abstract|socket|iouring|hold|children|open|typein|key WHAT, or probe withkey NAME COMMAND…")
		os.Exit(2)
	}
	verb, what := os.Args[1], os.Args[2]
	var err error
	switch verb {
	case "read":
		err = open(what, unix.O_RDONLY)
	case "write":
		err = open(what, unix.O_WRONLY|unix.O_APPEND)
	case "connect":
		err = connect(what)
	case "abstract":
		err = dialAbstract(what)
	case "typein":
		err = typeIn(what)
	case "socket":
		err = number(what, func(n int) error { return closing(unix.Socket(n, unix.SOCK_RAW|unix.SOCK_CLOEXEC, 0)) })
	case "hold":
		err = number(what, hold)
	case "children":
		err = number(what, children)
	case "open":
		err = number(what, openMany)
	case "iouring":
		err = number(what, func(n int) error {
			_, _, errno := unix.Syscall(unix.SYS_IO_URING_SETUP, uintptr(n), 0, 0)
			return errno
		})
	case "key":
		_, err = unix.KeyctlSearch(unix.KEY_SPEC_SESSION_KEYRING, "user", what, 0)
	case "withkey":
		err = withKey(what, os.Args[3:])
	default:
		fmt.Fprintln(os.Stderr, "probe: unknown verb", verb)
		os.Exit(2)
	}
	fmt.Println(verb, what, verdict(err))
}

// open opens a file and, for reading, takes a byte of it: some files of /proc refuse only then.
func open(path string, flags int) error {
	fd, err := unix.Open(path, flags|unix.O_NONBLOCK|unix.O_NOCTTY|unix.O_CLOEXEC, 0)
	if err != nil {
		return err
	}
	defer unix.Close(fd)
	if flags == unix.O_RDONLY {
		_, err = unix.Read(fd, make([]byte, 1))
	}
	return err
}

// number reads an argument of a system call.
func number(text string, call func(int) error) error {
	n, err := strconv.Atoi(text)
	if err != nil {
		return err
	}
	return call(n)
}

func closing(fd int, err error) error {
	if err == nil {
		unix.Close(fd)
	}
	return err
}

func connect(address string) error {
	conn, err := net.DialTimeout("tcp", address, 5*time.Second)
	if err == nil {
		conn.Close()
	}
	return err
}

// dialAbstract connects to an abstract Unix socket (unix(7)).
func dialAbstract(name string) error {
	conn, err := net.Dial("unix", "@"+name)
	if err == nil {
		conn.Close()
	}
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

// typeIn pushes one character into a terminal's input (TIOCSTI).
func typeIn(path string) error {
	fd, err := unix.Open(path, unix.O_RDWR|unix.O_CLOEXEC, 0)
	if err != nil {
		return err
	}
	defer unix.Close(fd)
	return unix.IoctlSetPointerInt(fd, unix.TIOCSTI, 'x')
}

func verdict(err error) string {
	if err == nil {
		return "OK"
	}
	var errno syscall.Errno
	if errors.As(err, &errno) {
		return unix.ErrnoName(errno)
	}
	return err.Error()
}
