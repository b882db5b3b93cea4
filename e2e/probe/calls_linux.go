package main

import (
	"strconv"

	"golang.org/x/sys/unix"
)

// callNames are the system calls that can be called by name. Others can be by number.
var callNames = map[string]uintptr{
	"add_key": unix.SYS_ADD_KEY, "bpf": unix.SYS_BPF, "clone3": unix.SYS_CLONE3, "fsconfig": unix.SYS_FSCONFIG, "fsmount": unix.SYS_FSMOUNT,
	"fsopen": unix.SYS_FSOPEN, "fspick": unix.SYS_FSPICK, "io_uring_setup": unix.SYS_IO_URING_SETUP, "keyctl": unix.SYS_KEYCTL,
	"kcmp": unix.SYS_KCMP, "mount": unix.SYS_MOUNT, "mount_setattr": unix.SYS_MOUNT_SETATTR, "move_mount": unix.SYS_MOVE_MOUNT,
	"open_by_handle_at": unix.SYS_OPEN_BY_HANDLE_AT, "open_tree": unix.SYS_OPEN_TREE, "open_tree_attr": unix.SYS_OPEN_TREE_ATTR,
	"perf_event_open": unix.SYS_PERF_EVENT_OPEN, "personality": unix.SYS_PERSONALITY, "pidfd_getfd": unix.SYS_PIDFD_GETFD,
	"pivot_root": unix.SYS_PIVOT_ROOT, "ptrace": unix.SYS_PTRACE, "reboot": unix.SYS_REBOOT, "userfaultfd": unix.SYS_USERFAULTFD,
	"umount2": unix.SYS_UMOUNT2, "vmsplice": unix.SYS_VMSPLICE,
}

// call makes a system call, by name or number, with up to six numbers. Arguments are to be such that success changes nothing.
func call(args []string) error {
	number, known := callNames[args[0]]
	if !known {
		n, err := strconv.ParseUint(args[0], 0, 32)
		if err != nil {
			usage("unknown system call " + args[0])
		}
		number = uintptr(n)
	}
	_, _, errno := unix.Syscall6(number, argOr(args, 1, 0), argOr(args, 2, 0), argOr(args, 3, 0), argOr(args, 4, 0), argOr(args, 5, 0), argOr(args, 6, 0))
	return errnoOf(errno)
}
