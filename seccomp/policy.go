package seccomp

// What the kernel's headers call the values in the table.
const (
	newNamespaces = 0x7E020000 // CLONE_NEWNS, NEWCGROUP, NEWUTS, NEWIPC, NEWUSER, NEWPID, NEWNET
	sockTypeMask  = 0xF        // the rest of a socket's type are SOCK_NONBLOCK and SOCK_CLOEXEC

	afUnix, afInet, afInet6, afNetlink     = 1, 2, 10, 16
	sockRaw, sockSeqpacket, sockPacket     = 3, 5, 10
	netlinkRoute                           = 0
	protoSCTP, protoMPTCP                  = 132, 262
	tiocSTI, tiocCONS, tiocLINUX, tiocSETD = 0x5412, 0x541D, 0x541C, 0x5423

	fileType, charDevice, blockDevice = 0o170000, 0o020000, 0o060000
	setIDBits                         = 0o6000

	personalityQuery = 0xFFFFFFFF
	// PER_LINUX, PER_LINUX32, UNAME26 and ADDR_NO_RANDOMIZE.
	harmlessPersonality = 0x60008
)

const x86 = "amd64 386"

// Rules is the whole policy. Not in it, because they are no syscalls of a table: numbers above LastReviewed and x32 numbers
// answer ENOSYS, and calls of a foreign architecture kill the process.
//
// Left allowed on purpose in the normal profile: ptrace and process_vm_* (safe since Linux 4.8), memory policies,
// memfd_create, execveat, seccomp, landlock_*, pidfd_open, name_to_handle_at, adjtimex (the kernel refuses writes),
// statmount, listmount, listns.
func Rules() []Rule {
	inet := Condition{0, In, exactly(afInet, afInet6)}
	families := []Condition{{0, NotIn, exactly(afUnix, afInet, afInet6, afNetlink)}}
	return []Rule{
		{"unshare setns", "", nil, EPERM, userNS, "new namespaces give capabilities, and reach for kernel code that ordinary users never ran"},
		{"clone", "", []Condition{{0, NotIn, []Bits{{newNamespaces, 0}}}}, EPERM, userNS, "as unshare; flags are the first argument on all of these machines"},
		{"chroot", "", nil, EPERM, userNS, "only of use inside a nested sandbox; Chromium's needs it"},
		{"clone3", "", nil, ENOSYS, GroupBase, "its flags lie in memory (CVE-2021-41133); EPERM would end every thread of glibc >= 2.34 (moby#42680)"},
		{"mount umount2 pivot_root", "", nil, EPERM, GroupBase, "the jail's view of files is final"},
		{"umount", "386", nil, EPERM, GroupBase, "umount2 without flags"},
		{"open_tree open_tree_attr move_mount fsopen fsconfig fsmount fspick mount_setattr", "", nil, ENOSYS, GroupBase, "as mount; programs fall back to the old calls"},
		{"open_by_handle_at", "", nil, EPERM, GroupBase, "opens files by number, past every path"},
		{"init_module finit_module delete_module kexec_load reboot swapon swapoff acct", "", nil, EPERM, GroupBase, "control of the kernel"},
		{"kexec_file_load", "amd64 arm64 riscv64", nil, EPERM, GroupBase, "as kexec_load"},
		{"quotactl quotactl_fd syslog settimeofday clock_settime vhangup", "", nil, EPERM, GroupBase, "control of the machine; the kernel's log shows addresses"},
		{"clock_settime64 stime", "386", nil, EPERM, GroupBase, "as clock_settime"},
		{"lookup_dcookie nfsservctl", "", nil, EPERM, GroupBase, "dead, and once a way in"},
		{"uselib _sysctl sysfs ustat", x86, nil, EPERM, GroupBase, "dead, and once a way in"},
		{"iopl ioperm modify_ldt", x86, nil, EPERM, GroupBase, "ports and segments: drivers and 16-bit programs"},
		{"vm86 vm86old", "386", nil, EPERM, GroupBase, "as modify_ldt"},
		{"add_key keyctl request_key", "", nil, EPERM, GroupBase, "keyrings belong to the uid, not to the jail"},
		{"bpf userfaultfd fanotify_init", "", nil, EPERM, GroupBase, "tools of kernel exploits"},
		{"perf_event_open", "", nil, EPERM, perf, "large kernel code with a long list of holes; measures other programs"},
		{"io_uring_setup io_uring_enter io_uring_register", "", nil, EPERM, ioURing, "does what filters refuse, unseen; EPERM, as libuv and tokio fall back on it"},
		{"pidfd_getfd kcmp move_pages migrate_pages", "", nil, EPERM, GroupBase, "reach into other processes"},
		{"ioctl", "", []Condition{{1, In, exactly(tiocSTI, tiocLINUX, tiocSETD, tiocCONS)}}, EPERM, GroupBase, "types into the user's shell, swaps line disciplines (CVE-2017-5226, CVE-2023-28100, CVE-2017-2636)"},
		{"socket", "", families, EAFNOSUPPORT, GroupBase, "rare families are where the holes are, AF_ALG of CVE-2026-31431 among them"},
		{"socketpair", "", families, EAFNOSUPPORT, GroupBase, "makes two sockets before it asks whether the family has pairs, and TIPC has"},
		{"socket", "", []Condition{{0, In, exactly(afNetlink)}, {2, NotIn, exactly(netlinkRoute)}}, EPERM, GroupBase, "getifaddrs needs ROUTE; nothing needs netfilter, audit, uevents"},
		{"socket", "", []Condition{inet, {2, In, exactly(protoSCTP, protoMPTCP)}}, EPROTONOSUPPORT, GroupBase, "Landlock's TCP rules do not see them; Go falls back from MPTCP to TCP"},
		{"socket", "", []Condition{inet, {1, In, []Bits{{sockTypeMask, sockSeqpacket}}}}, EPROTONOSUPPORT, GroupBase, "SCTP by its other name"},
		{"socket", "", []Condition{inet, {1, In, []Bits{{sockTypeMask, sockPacket}}}}, EPROTONOSUPPORT, GroupBase, "the kernel turns AF_INET with SOCK_PACKET into AF_PACKET"},
		{"socket", "", []Condition{inet, {1, In, []Bits{{sockTypeMask, sockRaw}}}}, EPERM, rawSocket, "forges packets"},
		{"socketcall", "386", []Condition{{0, In, exactly(1, 8)}}, ENOSYS, GroupBase, "SYS_SOCKET and SYS_SOCKETPAIR: the family lies in memory"},
		{"ipc", "386", nil, ENOSYS, GroupBase, "many calls in one, with arguments in memory; the direct ones exist since Linux 5.1"},
		{"personality", "", []Condition{{0, NotIn, []Bits{{^uint32(harmlessPersonality), 0}, {personalityQuery, personalityQuery}}}}, EPERM, GroupBase, "READ_IMPLIES_EXEC and the like weaken memory protection; gdb and TSan need ADDR_NO_RANDOMIZE"},

		{"ptrace process_vm_readv process_vm_writev", "", nil, EPERM, debug, "read and change other programs of the jail"},
		{"process_madvise mbind set_mempolicy set_mempolicy_home_node get_mempolicy", "", nil, EPERM, GroupStrict, "memory policies had holes, and only large servers use them"},
		{"personality", "", []Condition{{0, NotIn, exactly(0, personalityQuery)}}, EPERM, GroupStrict, "ADDR_NO_RANDOMIZE helps exploits too"},
		{"sethostname setdomainname adjtimex clock_adjtime name_to_handle_at fanotify_mark", "", nil, EPERM, GroupStrict, "not needed by programs"},
		{"clock_adjtime64", "386", nil, EPERM, GroupStrict, "as clock_adjtime"},
		{"mknod", x86, []Condition{{1, In, []Bits{{fileType, charDevice}, {fileType, blockDevice}}}}, EPERM, GroupStrict, "device nodes"},
		{"mknodat", "", []Condition{{2, In, []Bits{{fileType, charDevice}, {fileType, blockDevice}}}}, EPERM, GroupStrict, "device nodes"},
		{"chmod", x86, []Condition{{1, NotIn, []Bits{{setIDBits, 0}}}}, EPERM, GroupStrict, "set-user-id programs in the project would run outside; breaks tar and dpkg, so strict only"},
		{"fchmod", "", []Condition{{1, NotIn, []Bits{{setIDBits, 0}}}}, EPERM, GroupStrict, "as chmod"},
		{"fchmodat fchmodat2", "", []Condition{{2, NotIn, []Bits{{setIDBits, 0}}}}, EPERM, GroupStrict, "as chmod"},
		{"prlimit64", "", []Condition{{0, NotIn, exactly(0)}}, EPERM, GroupStrict, "takes memory and threads from other programs, PID 1 among them"},
		{"remap_file_pages vmsplice", "", nil, EPERM, GroupStrict, "rarely used ways to move pages, with a history of holes"},
		{"process_mrelease memfd_secret", "", nil, ENOSYS, GroupStrict, "new and rarely used"},
	}
}
