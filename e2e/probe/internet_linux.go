package main

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"syscall"
	"unsafe"

	"golang.org/x/sys/unix"
)

// internet gives the namespaces that it was started in addresses that look like the world's, a name server and certificates of
// the tests' own, and runs a command there without capabilities: "internet ADDRESS,… RESOLV_CONF CERTIFICATES COMMAND…".
//
// Preconditions: in user, mount and network namespaces of the caller's own, with CAP_SYS_ADMIN and CAP_NET_ADMIN.
func internet(args []string) error {
	if len(args) < 4 {
		return errors.New("usage: internet ADDRESS,… RESOLV_CONF CERTIFICATES COMMAND…")
	}
	runtime.LockOSThread() // capabilities are a thread's, and so is what exec takes over
	for i, address := range strings.Split(args[0], ",") {
		if err := addAddress(i, address); err != nil {
			return fmt.Errorf("address %s: %w", address, err)
		}
	}
	// Servers listen at ports below 1024 without a capability.
	if err := os.WriteFile("/proc/sys/net/ipv4/ip_unprivileged_port_start", []byte("0"), 0); err != nil {
		return err
	}
	for _, bind := range [][2]string{{args[1], "/etc/resolv.conf"}, {args[2], "/etc/ssl/certs/ca-certificates.crt"}} {
		if err := unix.Mount(bind[0], bind[1], "", unix.MS_BIND, ""); err != nil {
			return fmt.Errorf("bind %s: %w", bind[1], err)
		}
	}
	if err := unix.Prctl(unix.PR_CAP_AMBIENT, unix.PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0); err != nil {
		return err
	}
	return become(args[3:])
}

func become(command []string) error {
	path, err := exec.LookPath(command[0])
	if err != nil {
		return err
	}
	return syscall.Exec(path, command, os.Environ())
}

// addAddress gives the loopback device one more address. An alias needs no netlink (netdevice(7)). Its whole network, by its class,
// is this machine's then, as if each address were another machine's.
func addAddress(i int, address string) error {
	var a, b, c, d byte
	if _, err := fmt.Sscanf(address, "%d.%d.%d.%d", &a, &b, &c, &d); err != nil {
		return err
	}
	fd, err := unix.Socket(unix.AF_INET, unix.SOCK_DGRAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return err
	}
	defer unix.Close(fd)
	up, err := unix.NewIfreq("lo")
	if err != nil {
		return err
	}
	up.SetUint16(unix.IFF_UP | unix.IFF_RUNNING)
	if err := unix.IoctlIfreq(fd, unix.SIOCSIFFLAGS, up); err != nil {
		return err
	}
	alias, err := unix.NewIfreq(fmt.Sprintf("lo:%d", i+1))
	if err != nil {
		return err
	}
	if err := alias.SetInet4Addr([]byte{a, b, c, d}); err != nil {
		return err
	}
	return unix.IoctlIfreq(fd, unix.SIOCSIFADDR, alias)
}

// withoutNetfilter runs a command as on a kernel that has no netfilter to talk to.
func withoutNetfilter(command []string) error {
	runtime.LockOSThread()
	const load, jumpEqual, answer = unix.BPF_LD | unix.BPF_W | unix.BPF_ABS, unix.BPF_JMP | unix.BPF_JEQ | unix.BPF_K, unix.BPF_RET | unix.BPF_K
	// struct seccomp_data: the number at 0, the low halves of the arguments at 16, 24, 32 on little-endian machines.
	filter := []unix.SockFilter{
		{Code: load, K: 0},
		{Code: jumpEqual, K: unix.SYS_SOCKET, Jf: 5},
		{Code: load, K: 16},
		{Code: jumpEqual, K: unix.AF_NETLINK, Jf: 3},
		{Code: load, K: 32},
		{Code: jumpEqual, K: unix.NETLINK_NETFILTER, Jf: 1},
		{Code: answer, K: unix.SECCOMP_RET_ERRNO | uint32(unix.EPROTONOSUPPORT)},
		{Code: answer, K: unix.SECCOMP_RET_ALLOW},
	}
	if err := unix.Prctl(unix.PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0); err != nil {
		return err
	}
	program := unix.SockFprog{Len: uint16(len(filter)), Filter: &filter[0]}
	if _, _, errno := unix.Syscall(unix.SYS_SECCOMP, unix.SECCOMP_SET_MODE_FILTER, 0, uintptr(unsafe.Pointer(&program))); errno != 0 {
		return errno
	}
	return become(command)
}
