package jailtest

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"syscall"
)

func probe(feature Feature) error {
	switch feature {
	case Root:
		if os.Geteuid() != 0 {
			return errors.New("not started by root")
		}
		return nil
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
