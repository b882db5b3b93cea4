//go:build seccompgen && linux && amd64

package main

import (
	"fmt"

	libseccomp "github.com/seccomp/libseccomp-golang"
	"golang.org/x/sys/unix"
)

// number is the syscall's number on the architecture. A name that the architecture does not have is an error, so that the
// table cannot name a call by mistake and refuse nothing. A test compares with the tables of golang.org/x/sys.
func number(arch, name string) (libseccomp.ScmpSyscall, error) {
	switch {
	case name == "fchmodat2": // libseccomp 2.5 does not know it; from 424 on a number is the same everywhere
		return unix.SYS_FCHMODAT2, nil
	case name == "open_tree_attr": // as fchmodat2
		return unix.SYS_OPEN_TREE_ATTR, nil
	case name == "socket" && arch == "386": // libseccomp gives its own number for socketcall; asm/unistd_32.h
		return 359, nil
	case name == "socketpair" && arch == "386": // as socket
		return 360, nil
	}
	machines := map[string]libseccomp.ScmpArch{
		"amd64": libseccomp.ArchAMD64, "386": libseccomp.ArchX86, "arm64": libseccomp.ArchARM64, "riscv64": libseccomp.ArchRISCV64,
	}
	n, err := libseccomp.GetSyscallFromNameByArch(name, machines[arch])
	if err != nil {
		return 0, err
	}
	if n < 0 { // a number of libseccomp's own for calls that the architecture does not have
		return 0, fmt.Errorf("%s does not have it", arch)
	}
	return n, nil
}
