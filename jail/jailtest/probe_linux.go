package jailtest

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"

	"golang.org/x/sys/unix"
)

func probe(feature Feature) error {
	switch feature {
	case Root:
		if os.Geteuid() != 0 {
			return errors.New("not started by root")
		}
		return nil
	case Landlock:
		abi, _, errno := unix.Syscall(unix.SYS_LANDLOCK_CREATE_RULESET, 0, 0, unix.LANDLOCK_CREATE_RULESET_VERSION)
		if errno != 0 {
			return errno
		}
		if abi < 6 {
			return fmt.Errorf("landlock ABI %d, and the test needs 6", abi)
		}
		return nil
	case Authorities:
		return unix.Access("/etc/ssl/certs/ca-certificates.crt", unix.R_OK)
	case MachineID:
		return unix.Access("/etc/machine-id", unix.R_OK)
	case Cgroup:
		return tryCgroup()
	case Libseccomp:
		if runtime.GOARCH != "amd64" {
			return errors.New("the filters are compiled on amd64 only")
		}
		check := exec.Command("cc", "-fsyntax-only", "-xc", "-")
		check.Stdin = strings.NewReader("#include <seccomp.h>\n")
		if err := check.Run(); err != nil {
			return fmt.Errorf("compile against libseccomp: %w", err)
		}
		return exec.Command("pkg-config", "--exists", "libseccomp").Run()
	case UserNS:
		cmd := exec.Command("true")
		cmd.SysProcAttr = &syscall.SysProcAttr{
			Cloneflags:  syscall.CLONE_NEWUSER | syscall.CLONE_NEWNS | syscall.CLONE_NEWPID,
			UidMappings: []syscall.SysProcIDMap{{ContainerID: 1000, HostID: os.Geteuid(), Size: 1}},
			GidMappings: []syscall.SysProcIDMap{{ContainerID: 1000, HostID: os.Getegid(), Size: 1}},
		}
		return cmd.Run()
	}
	return fmt.Errorf("unknown feature %q", feature)
}

// tryCgroup makes a cgroup beside our own and looks for what limits it.
func tryCgroup() error {
	data, err := os.ReadFile("/proc/self/cgroup")
	if err != nil {
		return err
	}
	for line := range strings.Lines(string(data)) {
		own, ok := strings.CutPrefix(strings.TrimSpace(line), "0::")
		if !ok {
			continue
		}
		dir := fmt.Sprintf("/sys/fs/cgroup%s/jail-test-%d", filepath.Dir(own), os.Getpid())
		if err := os.Mkdir(dir, 0o755); err != nil {
			return err
		}
		defer os.Remove(dir)
		for _, file := range []string{"memory.max", "pids.max", "cpu.max"} {
			if err := unix.Access(filepath.Join(dir, file), unix.W_OK); err != nil {
				return fmt.Errorf("%s: %w", file, err)
			}
		}
		return nil
	}
	return errors.New("no cgroup of version 2")
}
