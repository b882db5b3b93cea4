package attacks

import (
	"testing"

	"jail/jail/jailtest"
)

// row is one attack. The ids are those of the threat model.
type row struct {
	id, attack string
	blocked    string // what stops it
	by         runner
	arch       string           // the one architecture that can make the attempt
	needs      jailtest.Feature // without which there is nothing to find; "" where there always is
	with       string           // flags of the jail
	control    place
	calls      []call
	host       func(t *testing.T, w *world, weak bool) string // what cannot be tried from inside alone
}

// call is one attempt: what the probe is told, and patterns of what it must say.
type call struct{ do, jail, free string }

// runner says who starts the jail.
type runner string

const (
	both runner = ""     // an ordinary user, and root
	user runner = "user" // an ordinary user alone: root cannot have it
	root runner = "root" // root alone: the kernel refuses everybody else, and the attempts only read
)

// place says where the control runs. Flags make a jail that lacks the wall; for rows of the host it is any text.
type place string

const (
	outside place = "outside"         // no jail at all
	bare    place = "bare namespaces" // all namespaces, the caller root in them, and no wall
)

// What a refusal reads like where several are right: which wall speaks first depends on the kernel and on who asks.
const (
	hidden = "ENOENT|EACCES|EPERM"
	denied = "EACCES|EPERM|EROFS"
	none   = "none"
	some   = ".*[A-Z_].*"
)

func rows() []row {
	return []row{
		{id: "F01", attack: "read a secret of the home by its path", blocked: "mounts: an empty home", control: outside, calls: []call{
			{"read $HOME/.ssh/canary", "ENOENT", "OK"},
		}},
		{id: "F02", attack: "read it through another process's root", blocked: "pivot_root; PID 1 is undumpable", control: bare, calls: []call{
			{"read /proc/1/root$HOME/.ssh/canary", hidden, "OK"},
			{"read /proc/self/root$HOME/.ssh/canary", "ENOENT", "OK"},
		}},
		{id: "F03", attack: "find the old root still mounted", blocked: "mounts: a root of its own, the old one detached", control: outside, calls: []call{
			{"list /", `((bin|dev|etc|gnu|home|lib\w*|nix|opt|proc|run|sbin|tmp|usr|var) ?)+`, `.*\b(sys|root|boot)\b.*`},
			{"read /..$HOME/.ssh/canary", "ENOENT", "OK"},
		}},
		{id: "F05", attack: "swap a folder for a link while jails start", blocked: "mounts: openat2 without symlinks, one descriptor", control: "the same race against lstat, then open", host: raceSetup, calls: []call{
			{"swap and start", "no leak", "leaked"},
		}},
		{id: "F06", attack: "put a fake /dev/null under the masks", blocked: "mounts: the device is checked", control: "the real device in its place", host: fakeNull, calls: []call{
			{"start where /dev/null is a file", ".*is not the null device.* exit 125", ".*exit 0"},
		}},
		{id: "F07", attack: "put a fake file under /proc/sys", blocked: "mounts: a procfs of its own, by descriptor", control: "nothing fake there", host: fakeProc, calls: []call{
			{"start where a limit is a file", ".*proc.*not permitted.* exit 125", ".*exit 0"},
		}},
		{id: "F09", attack: "write the repository's config after the host replaced it", blocked: "mounts: of the repository only objects are there", control: "outside", host: replacedConfig, calls: []call{
			{"git config on the host, then write", "ENOENT", "OK"},
		}},
		{id: "F10", attack: "give a file of git's a second name, or move its folder", blocked: "mounts: .git is a mount point; what is written to it is the jail's own (TestGitTraps)", control: outside, calls: []call{
			{"link $PROJECT/.git/config $PROJECT/alias", "EXDEV", "OK"},
			{"rename $PROJECT/.git $PROJECT/.git2", "EBUSY", "OK"},
		}},
		{id: "F11", attack: "link a file of the host into the project", blocked: "mounts: each bind is a mount", with: "--map $HOME/shared", control: outside, calls: []call{
			{"link $HOME/shared $PROJECT/alias", "EXDEV|EPERM|EACCES", "OK"},
		}},
		{id: "F13", attack: "remount something with other flags", blocked: "no capabilities; syscall filter; Landlock", control: bare, calls: []call{
			{"remount /proc", "EPERM", "OK"},
			{"call mount 0 0 0 0x1020 0", "EPERM", "EFAULT|EINVAL|ENOENT"},
		}},
		{id: "F14", attack: "take a mount away", blocked: "no capabilities; syscall filter; Landlock", control: bare, calls: []call{
			{"umount /proc", "EPERM", "OK"},
		}},
		{id: "F15", attack: "the new mount calls", blocked: "syscall filter", control: "--no-seccomp", calls: []call{
			{"call open_tree 0 0 0 0 0", "ENOSYS", "EFAULT|EPERM|EINVAL|EBADF"},
			{"call move_mount 0 0 0 0 0", "ENOSYS", "EFAULT|EPERM|EINVAL|EBADF"},
			{"call fsopen 0 0 0 0 0", "ENOSYS", "EFAULT|EPERM|EINVAL|EBADF"},
			{"call fsconfig 0 0 0 0 0", "ENOSYS", "EFAULT|EPERM|EINVAL|EBADF"},
			{"call fsmount 0 0 0 0 0", "ENOSYS", "EFAULT|EPERM|EINVAL|EBADF"},
			{"call fspick 0 0 0 0 0", "ENOSYS", "EFAULT|EPERM|EINVAL|EBADF"},
			{"call mount_setattr 0 0 0 0 0", "ENOSYS", "EFAULT|EPERM|EINVAL|EBADF"},
		}},
		{id: "F17", attack: "make a device node", blocked: "Landlock (the kernel, for all but whiteouts)", control: "--no-landlock", calls: []call{
			{"node $PROJECT/node 0 0", "EACCES", "OK"},
			{"node /tmp/node 0 0", "EACCES", "OK"},
		}},
		{id: "F18", attack: "run a set-user-id program of one's own, open a device of one's own", blocked: "mounts: nosuid, nodev but in /dev", control: outside, calls: []call{
			{"mounts nosuid", none, "/.*"},
			{"mounts nodev", `((/dev/(full|null|pts|random|tty|urandom|zero)|\S*/project/\.env\.local) ?)+`, `/ .*|/`},
		}},
		{id: "F19", attack: "share /tmp and the like with the host", blocked: "mounts: tmpfs of its own", control: outside, calls: []call{
			{"read $TMP/canary", "ENOENT", "OK"},
			{"create $TMP/x", "ENOENT", "OK"},
		}},
		{id: "F21", attack: "mount an overlay in a nested user namespace", blocked: "the namespace's limit of 0; syscall filter", control: outside, calls: []call{
			{"clone 0x10020000", "EPERM", "OK"},
		}},
		{id: "F21b", attack: "the same, should the filter fail", blocked: "the namespace's limit of 0", with: "--no-seccomp", control: outside, calls: []call{
			{"clone 0x10020000", "ENOSPC|EPERM", "OK"},
		}},
		{id: "F22", attack: "reach the layer of an overlay that is mounted", blocked: "mounts: layers by descriptor; not there", control: outside, host: layerInUse, calls: []call{
			{"write a file of the layer", hidden, "OK"},
		}},
		{id: "F23", attack: "turn what a rule protects into a link", blocked: "plan: a rule on a link, or on nothing, is an error", control: "the rule on a folder", host: ruleOnLink, calls: []call{
			{"start with a rule on a link", "exit 125", "exit 0"},
		}},
		{id: "F26", attack: "read a folder whose name begins like the project's", blocked: "mounts: by descriptor, not by text", control: outside, calls: []call{
			{"read $HOME/project-secret/canary", "ENOENT", "OK"},
		}},
		{id: "F27", attack: "files of ours left in the project", blocked: "nothing is put there", control: "a command that makes a file", host: ghostFiles, calls: []call{
			{"kill -9 during a run, then git status", "clean", "changed"},
		}},

		{id: "T01", attack: "plant what the host runs later, in a review", blocked: "an overlay until jail apply; jail diff names it", control: "no review", host: plantInReview, calls: []call{
			{"write hooks, tasks, CI, scripts and instructions", "0 there, 9 named", "9 there"},
		}},
		{id: "T16", attack: "smuggle modes, pipes, links and repositories by jail apply", blocked: "layers: apply takes content and plain modes, and refuses the rest", control: "no review", host: smuggleByApply, calls: []call{
			{"make them and apply", "suid -rwxr-xr-x", "suid [ug].* pipe p.* out L.* repo/.git d.*"},
		}},

		{id: "N02", attack: "make namespaces by clone", blocked: "syscall filter; no capabilities", control: bare, calls: []call{
			{"clone 0x10000000", "EPERM", "OK"}, // user
			{"clone 0x00020000", "EPERM", "OK"}, // mount
			{"clone 0x02000000", "EPERM", "OK"}, // cgroup
			{"clone 0x04000000", "EPERM", "OK"}, // UTS
			{"clone 0x08000000", "EPERM", "OK"}, // IPC
			{"clone 0x20000000", "EPERM", "OK"}, // PID
			{"clone 0x40000000", "EPERM", "OK"}, // network
		}},
		{id: "N03", attack: "make them by clone3", blocked: "syscall filter", control: "--no-seccomp", calls: []call{
			{"call clone3 0 0", "ENOSYS", "EINVAL"},
		}},
		{id: "N04", attack: "enter a namespace", blocked: "syscall filter; PID 1 is undumpable", control: bare, calls: []call{
			{"setns /proc/self/ns/uts", "EPERM", "OK"},
			{"readlink /proc/1/ns/mnt", "EACCES|EPERM", `mnt:\[\d+\]`},
		}},
		{id: "N06", attack: "gain privileges by executing", blocked: "no_new_privs, on every thread", control: outside, calls: []call{
			{"status NoNewPrivs *", "1", "0( 1)?"},
		}},
		{id: "N07", attack: "see the host's processes", blocked: "a PID namespace and its own procfs", control: outside, calls: []call{
			{"many", "few", "many"},
			{"kill $HOSTPID 0", "ESRCH", "OK"},
		}},
		{id: "N08", attack: "debug PID 1, read its memory and environment", blocked: "PID 1 is undumpable; Landlock", control: bare, calls: []call{
			{"read /proc/1/mem", "EACCES|EPERM", "EIO"},
			{"read /proc/1/environ", "EACCES|EPERM", "OK"},
			{"ptrace 1", "EPERM", "OK"},
		}},
		{id: "N09", attack: "hold a capability", blocked: "all sets are emptied, on every thread", control: bare, calls: []call{
			{"status CapEff *", "0000000000000000", "[0-9a-f]*[1-9a-f][0-9a-f]*"},
			{"status CapPrm *", "0000000000000000", "[0-9a-f]*[1-9a-f][0-9a-f]*"},
			{"status CapBnd self", "0000000000000000", "[0-9a-f]*[1-9a-f][0-9a-f]*"},
		}},
		{id: "N10", attack: "take a descriptor out of another process", blocked: "syscall filter", control: "--no-seccomp", calls: []call{
			{"call pidfd_getfd -1 0 0", "EPERM", "EBADF"},
		}},
		{id: "N11", attack: "gain by a set-user-id program of the system", blocked: "no_new_privs; nosuid", by: user, control: outside, calls: []call{
			{"secure mount --version", "plain", "privileged"},
		}},
		{id: "N12", attack: "use a group of the caller's (kvm, disk, docker)", blocked: "mounts: no node and no socket of the host", control: outside, calls: []call{
			{"special devices /dev", "7 devices", `\d{2,} devices`},
			{"unix $RUN/docker.sock", "ENOENT", "OK"},
		}},
		{id: "N14", attack: "leave a process behind", blocked: "a PID namespace ends with its PID 1", control: "without a jail", host: leaveBehind, calls: []call{
			{"start one in a session of its own, and end", "gone", "alive"},
		}},

		{id: "S01", attack: "32-bit calls, which a filter may read wrongly", arch: "amd64", blocked: "syscall filter", control: "--no-seccomp", calls: []call{
			{"int80 20", "SIGSYS", "OK|SIGSEGV|ENOSYS"},          // getpid
			{"int80 310 0x10000000", "SIGSYS", "E.*|OK|SIGSEGV"}, // unshare
		}},
		{id: "S04", attack: "io_uring", blocked: "syscall filter", control: "--no-seccomp", calls: []call{
			{"call io_uring_setup 1 0", "EPERM", "EFAULT"},
		}},
		{id: "S05", attack: "bpf, perf", blocked: "syscall filter", control: "--no-seccomp", calls: []call{
			{"call bpf -1 0 -1", "EPERM", "E2BIG"},
			{"call perf_event_open 0 0 0 0 -1", "EPERM", "EINVAL|EFAULT"},
		}},
		{id: "S06", attack: "userfaultfd", blocked: "syscall filter", control: "--no-seccomp", calls: []call{
			{"call userfaultfd 1", "EPERM", "OK"},
		}},
		{id: "S08", attack: "the kernel's keyrings", blocked: "syscall filter; masks", control: outside, calls: []call{
			{"call keyctl 0 -3 0", "EPERM", "OK"},
			{"call add_key 0 0 0 0 -3", "EPERM", "EFAULT"},
			{"read /proc/keys", hidden, "OK|EMPTY"},
		}},
		{id: "S09", attack: "reboot", blocked: "syscall filter; no capabilities", control: bare, calls: []call{
			{"call reboot 0 0 0 0", "EPERM", "EINVAL"},
		}},
		{id: "S10", attack: "AF_ALG", blocked: "syscall filter", control: "--no-seccomp", calls: []call{
			{"socket 38 0x40000005", "EAFNOSUPPORT", "EINVAL"},
		}},
		{id: "S11", attack: "open a file by its handle", blocked: "syscall filter", control: bare, calls: []call{
			{"call open_by_handle_at -1 0 0", "EPERM", "EBADF|EFAULT"},
		}},
		{id: "S12", attack: "packet, raw and netlink sockets", blocked: "syscall filter; no capabilities", control: bare, calls: []call{
			{"socket 17 3 768", "EAFNOSUPPORT", "OK"},
			{"socket 2 3 1", "EPERM", "OK"},
			{"socket 16 3 9", "EPERM", "OK"},
		}},
		{id: "S13", attack: "rare socket families", blocked: "syscall filter", control: "--no-seccomp", calls: []call{
			{"socket 21 0x40000002", "EAFNOSUPPORT", "EINVAL"}, // RDS
			{"socket 29 0x40000002", "EAFNOSUPPORT", "EINVAL"}, // CAN
			{"socket 30 0x40000002", "EAFNOSUPPORT", "EINVAL"}, // TIPC
			{"socket 31 0x40000002", "EAFNOSUPPORT", "EINVAL"}, // Bluetooth
			{"socket 39 0x40000002", "EAFNOSUPPORT", "EINVAL"}, // NFC
			{"socket 42 0x40000002", "EAFNOSUPPORT", "EINVAL"}, // QIPCRTR
			{"socket 43 0x40000002", "EAFNOSUPPORT", "EINVAL"}, // SMC
			{"socket 44 0x40000002", "EAFNOSUPPORT", "EINVAL"}, // XDP
		}},
		{id: "S14", attack: "weaken memory protection by personality", blocked: "syscall filter", control: "--no-seccomp", calls: []call{
			{"call personality 0x400000", "EPERM", "OK"},
		}},
		{id: "S16", attack: "a thread without the filter", blocked: "loaded with TSYNC, last", control: "--no-seccomp", calls: []call{
			{"status Seccomp *", "2", "0"},
		}},

		{id: "U01", attack: "the session's D-Bus", blocked: "mounts: nothing of /run and the home", control: outside, calls: []call{
			{"unix $RUN/bus", "ENOENT", "OK"},
			{"env DBUS_.*|XDG_RUNTIME_DIR", none, some},
		}},
		{id: "U03", attack: "container daemons", blocked: "mounts; environment", control: outside, calls: []call{
			{"unix $RUN/docker.sock", "ENOENT", "OK"},
			{"env DOCKER_HOST", none, some},
		}},
		{id: "U04", attack: "abstract sockets, with the host's network", blocked: "Landlock", with: "--network host", control: "--network host --no-landlock", calls: []call{
			{"unix $ABSTRACT", "EPERM", "OK"},
		}},
		{id: "U04b", attack: "abstract sockets, without network", blocked: "a network namespace", with: "--network none", control: outside, calls: []call{
			{"unix $ABSTRACT", "ECONNREFUSED|EPERM", "OK"},
		}},
		{id: "U04c", attack: "abstract sockets, with a filtered network", blocked: "a network namespace", with: "--network allow", control: outside, calls: []call{
			{"unix $ABSTRACT", "ECONNREFUSED|EPERM", "OK"},
		}},
		{id: "U05", attack: "datagram sockets: the system's log", blocked: "mounts", control: outside, calls: []call{
			{"unixgram $RUN/log", "ENOENT", "OK"},
		}},
		{id: "U07", attack: "tmux, screen, zellij", blocked: "mounts: a /tmp of its own; environment", control: outside, calls: []call{
			{"unix $TMP/tmux", "ENOENT", "OK"},
			{"env TMUX|STY|ZELLIJ", none, some},
		}},
		{id: "U08", attack: "the editor's remote control", blocked: "environment", control: outside, calls: []call{
			{"env VSCODE_.*|NVIM|.*EMACS|JETBRAINS.*|TERM_PROGRAM", none, some},
		}},
		{id: "U09", attack: "the terminal's remote control", blocked: "environment", control: outside, calls: []call{
			{"env KITTY.*|WEZTERM.*", none, some},
		}},
		{id: "U11", attack: "the display and sound", blocked: "mounts; environment", control: outside, calls: []call{
			{"unix $RUN/wayland-0", "ENOENT", "OK"},
			{"env WAYLAND_DISPLAY|DISPLAY|PULSE_.*", none, some},
		}},
		{id: "U12", attack: "System V shared memory", blocked: "an IPC namespace", control: outside, calls: []call{
			{"shm $SHMKEY", "ENOENT", "OK"},
		}},
		{id: "U13", attack: "POSIX shared memory", blocked: "mounts: a /dev/shm of its own", control: outside, calls: []call{
			{"read $SHM/canary", "ENOENT", "OK"},
		}},
		{id: "U15", attack: "a descriptor that reaches a folder of the host", blocked: "init closes what it inherits", control: outside, calls: []call{
			{"fds", none, `.*\b9\b.*`},
		}},
		{id: "U16", attack: "Windows programs under WSL", blocked: "environment; syscall filter (AF_VSOCK)", control: outside, calls: []call{
			{"env WSL.*", none, some},
			{"socket 40 0x40000001", "EAFNOSUPPORT", "EINVAL"},
		}},
		{id: "U17", attack: "sockets of other programs in the usual places", blocked: "mounts", control: outside, calls: []call{
			{"special sockets /run /tmp /var /dev/shm $HOME", none, `\d+ sockets`},
		}},

		{id: "W04", attack: "services on the host's loopback, with --network none", blocked: "a network namespace", with: "--network none", control: "--network host", calls: []call{
			{"connect $TCP", "ECONNREFUSED|ENETUNREACH", "OK"},
			{"udp $UDP", "ECONNREFUSED|ENETUNREACH", "OK"},
		}},
		{id: "W04b", attack: "services on the host's loopback, with a filtered network that lets everything else through", blocked: "a network namespace; nothing listens there", with: "--network audit --allow-host *", control: "--network host", calls: []call{
			{"connect $TCP", "ECONNREFUSED", "OK"},
			{"udp $UDP", "ECONNREFUSED", "OK"},
		}},
		{id: "W14", attack: "MPTCP, which Landlock does not see", blocked: "syscall filter", control: "--no-seccomp", calls: []call{
			{"socket 2 0x40000001 262", "EPROTONOSUPPORT", "EINVAL"},
			{"socket 2 0x40000001 132", "EPROTONOSUPPORT", "EINVAL"},
		}},

		{id: "W20", attack: "the kernel's netfilter", blocked: "syscall filter; no capabilities", with: "--network allow", control: bare, calls: []call{
			{"socket 16 3 12", "E[A-Z]+", "OK"},
		}},

		{id: "K01", attack: "change a setting of the kernel", blocked: "mounts: /proc/sys is read-only; no capabilities", control: bare, calls: []call{
			{"write /proc/sys/user/max_user_namespaces", denied, "OK"},
			{"readonly /proc/sys", "yes", "no"}, // root owns what lies there whatever its capabilities
		}},
		{id: "K02", attack: "the kernel's addresses and log", blocked: "mounts: masks, a small /dev", control: outside, calls: []call{
			{"read /proc/kallsyms", hidden, "OK"},
		}},
		{id: "K02b", attack: "the kernel's memory and timers, from a jail of root's", blocked: "mounts: masks", by: root, control: outside, calls: []call{
			{"read /proc/timer_list", hidden, "OK"},
			{"read /dev/kmsg", "ENOENT", "OK|EINVAL"},
		}},
		{id: "K03", attack: "the host's processes in /proc", blocked: "a procfs of the jail's PID namespace", control: outside, calls: []call{
			{"read /proc/$HOSTPID/status", "ENOENT", "OK"},
		}},
		{id: "K04", attack: "read or change the machine through /sys", blocked: "there is no /sys", control: outside, calls: []call{
			{"list /sys", "ENOENT", ".*kernel.*"},
			{"list /sys/firmware", "ENOENT", ".*[a-z].*"},
		}},
		{id: "K06", attack: "device nodes of the host", blocked: "mounts: a small /dev", control: outside, calls: []call{
			{"list /dev", "fd full null ptmx pts random shm stderr stdin stdout tty urandom zero", ".*(console|kmsg|vd|sd|nvme|loop|fuse).*"},
		}},
		{id: "K07", attack: "other terminals", blocked: "mounts: a devpts of its own", control: outside, calls: []call{
			{"write /dev/pts/$PTY", "ENOENT", "OK"},
			{"list /dev/pts", "ptmx", ".*[0-9].*"},
		}},
		{id: "K08", attack: "recognise the machine by its name", blocked: "a UTS namespace", control: outside, calls: []call{
			{"hostname", "attacked", "$NODE"},
		}},
		{id: "K08b", attack: "recognise the machine by its id", blocked: "a generated /etc", needs: jailtest.MachineID, control: outside, calls: []call{
			{"exit cmp -s /etc/machine-id $PROJECT/host-id", "exit 1", "exit 0"},
		}},
		{id: "K10", attack: "secrets of the system", blocked: "mounts: a generated /etc", control: outside, calls: []call{
			{"read /etc/shadow", "ENOENT", "EACCES"},
			{"list /root", "ENOENT", "EACCES"},
			{"list /boot", "ENOENT", ".*[a-z].*|none|EACCES"},
		}},

		{id: "E01", attack: "secrets in the environment", blocked: "plan: only known names pass", control: outside, calls: []call{
			{"env .*", "HOME IS_SANDBOX JAIL LANG LC_TIME LOGNAME PATH PWD SHELL TERM USER", ".*AWS_SECRET_ACCESS_KEY.*"},
			{"env .*KEY|.*TOKEN|SSH_AUTH_SOCK|GPG_AGENT_INFO", none, some},
		}},
		{id: "E02", attack: "variables that loaders and interpreters obey", blocked: "plan: only known names pass", control: outside, calls: []call{
			{"env LD_.*|BASH_ENV|ENV|PROMPT_COMMAND|NODE_OPTIONS|PYTHON.*|PERL5.*|RUBY.*|JAVA_TOOL.*|GIT_.*|GLIBC_.*", none, some},
		}},
		{id: "E04", attack: "walk out by a folder's descriptor", blocked: "init closes what it inherits; Landlock", control: outside, calls: []call{
			{"beneath .ssh/canary", "ENOENT", "OK"},
		}},

		{id: "E05", attack: "read a secret in the project", blocked: "mounts: what is named like one reads as empty", control: "--secrets show", calls: []call{
			{"text $PROJECT/.env.local", "OK", "KEY=secret"},
		}},
		{id: "E06", attack: "read ignored secrets in a named jail", blocked: "create takes what git knows", control: "a .worktreeinclude", host: ignoredSecrets, calls: []call{
			{"read .env", "ENOENT", "OK"},
		}},
		{id: "E08", attack: "plant a hook in the agent's own settings", blocked: "mounts: a copy-on-write layer", control: outside, host: agentsSettings, calls: []call{
			{"write ~/.claude/settings.json", "{}", "planted"},
		}},
		{id: "E08b", attack: "read what other agents keep", blocked: "mounts: an empty home", control: outside, calls: []call{
			{"read $HOME/.codex/auth.json", "ENOENT", "OK"},
		}},
		{id: "E09", attack: "dump memory into a file of the host's", blocked: "limits", control: outside, calls: []call{
			{"rlimit 4", "0|1", "unlimited|1?[02-9].+"},
		}},

		{id: "R01", attack: "fork without end", blocked: "limits: a cgroup, or the user namespace's count", by: user, with: "--pids-limit 40", control: outside, calls: []call{
			{"children 90", "EAGAIN", "OK"},
		}},
		{id: "R03", attack: "write a file without end: only lockdown stops it", blocked: "limits", by: user, with: "--lockdown", control: "--network none", calls: []call{
			{"rlimit 1", "1073741824", "unlimited"},
		}},
		{id: "R04", attack: "open thousands of files: only lockdown stops it", blocked: "limits", by: user, with: "--lockdown", control: "--network none", calls: []call{
			{"open 4500", "EMFILE", "OK"},
		}},
		{id: "R05", attack: "outlive a supervisor that is killed", blocked: "parent death signal; PID namespace; private mounts", control: "a shell in its place", host: killSupervisor, calls: []call{
			{"kill -9", "gone", "alive"},
		}},

		{id: "T01b", attack: "make an agent's settings in the project", blocked: "guard: moved aside", control: "--unprotect", host: plant(".claude", "mkdir .claude; echo {} > .claude/settings.json || :"), calls: []call{
			{"make .claude", "ENOENT", "OK"},
		}},
		{id: "T03", attack: "change an editor's tasks that are there", blocked: "mounts: read-only, and a mount point", control: "--unprotect", host: change, calls: []call{
			{"change .vscode", "EROFS EROFS EBUSY", "OK OK (OK|EBUSY)"},
		}},
		{id: "T04", attack: "put an editor's folder in place by a rename, just before the end", blocked: "guard: looks again at the end", control: "--unprotect", host: plant(".idea", "mkdir x; touch x/workspace.xml; mv x .idea"), calls: []call{
			{"make .idea", "ENOENT", "OK"},
		}},
		{id: "T04b", attack: "put a folder in place that its owner may not write to, so that it cannot be moved", blocked: "guard: gives the permission back", control: "--unprotect", host: plant(".vscode", "mkdir x; chmod 555 x; mv -T x .vscode"), calls: []call{
			{"make .vscode", "ENOENT", "OK"},
		}},
		{id: "T05", attack: "make what a shell runs on entering the folder", blocked: "guard: moved aside", control: "--unprotect", host: plant("mise.toml", "echo '[hooks]' > mise.toml"), calls: []call{
			{"make mise.toml", "ENOENT", "OK"},
		}},
		{id: "T08", attack: "make hooks by a link", blocked: "guard: moved aside", control: "--unprotect", host: plant(".husky", "ln -s /tmp .husky"), calls: []call{
			{"make .husky", "ENOENT", "OK"},
		}},
		{id: "T09", attack: "make a package manager's settings again and again", blocked: "guard: moved aside", control: "--unprotect", host: plant(".npmrc", "for i in 1 2 3 4 5 6 7 8 9; do echo x > .npmrc; done"), calls: []call{
			{"make .npmrc", "ENOENT", "OK"},
		}},
		{id: "T17", attack: "read secrets of the project, by other names too", blocked: "mounts: covered by the null device", control: "--secrets show", host: readSecrets, calls: []call{
			{"read .env, a second name, another case, a moved folder", "empty", "read"},
		}},

		{id: "R07", attack: "forge the network's log", blocked: "mounts: not there", control: outside, calls: []call{
			{"write $HOME/.local/state/jail/net/log.jsonl", hidden, "OK"},
		}},
		{id: "P01", attack: "give the next run more by the project's file", blocked: "config: a project may only tighten", control: "the user's own file", host: loosen, calls: []call{
			{"write .jail.toml, run again, connect", "ECONNREFUSED|ENETUNREACH", "OK"},
		}},
		{id: "P03", attack: "write the user's settings", blocked: "mounts: not there", control: outside, calls: []call{
			{"create $HOME/.config/jail/x", hidden, "OK"},
			{"write $HOME/.config/jail/config.toml", hidden, "OK"},
		}},
		{id: "P04", attack: "read jail's own files", blocked: "mounts: not there", control: outside, calls: []call{
			{"read $HOME/.config/jail/config.toml", "ENOENT", "OK"},
			{"read $HOME/.local/state/jail/canary", "ENOENT", "OK"},
		}},
		{id: "P05", attack: "overwrite the program through /proc", blocked: "PID 1 is undumpable; Landlock", control: bare, calls: []call{
			{"write /proc/1/exe", denied, "ETXTBSY"},
			{"readlink /proc/1/exe", "EACCES|EPERM", "/.*probe"},
		}},
		{id: "P07", attack: "run without a jail from inside", blocked: "a jail in a jail is refused", control: outside, calls: []call{
			{"exit $BIN/jail run -- true", "exit 125", "exit 0"},
		}},
		{id: "P08", attack: "nest a jail with fewer walls", blocked: "no nested user namespaces", control: outside, calls: []call{
			{"exit $BIN/jail run --network host --no-seccomp --no-landlock -- true", "exit 125", "exit 0"},
		}},

		{id: "Y01", attack: "type into a terminal", blocked: "syscall filter", control: outside, calls: []call{
			{"ioctl - 0x5412", "EPERM", "ENOTTY"},
		}},
		{id: "Y03", attack: "paste into a console, with bits above the 32 that count", blocked: "syscall filter", control: outside, calls: []call{
			{"ioctl - 0x541C", "EPERM", "ENOTTY"},
			{"ioctl - 0x10000541C", "EPERM", "ENOTTY"},
		}},
		{id: "Y04", attack: "line disciplines and console redirection", blocked: "syscall filter", control: outside, calls: []call{
			{"ioctl - 0x5423", "EPERM", "ENOTTY"},
			{"ioctl - 0x541D", "EPERM", "ENOTTY"},
		}},
		{id: "Y07", attack: "escape sequences in names, shown by status", blocked: "output: printable", control: "git status -z", host: shown(`\033[2J`, "\x1b"), calls: []call{
			{"make a file, show it", "escaped", "raw"},
		}},
		{id: "Y08", attack: "text that runs backwards, shown by status", blocked: "output: printable", control: "git status -z", host: shown(`\342\200\256`, "\u202e"), calls: []call{
			{"make a file, show it", "escaped", "raw"},
		}},
		{id: "Y09", attack: "signal the supervisor", blocked: "PID namespace; PID 1 ignores it", control: outside, calls: []call{
			{"kill $HOSTPID 0", "ESRCH", "OK"},
		}},

		{id: "L01", attack: "change the project: only lockdown stops it", blocked: "mounts; Landlock", by: user, with: "--lockdown", control: "--network none", calls: []call{
			{"write $PROJECT/file", denied, "OK"},
			{"create $PROJECT/new", denied, "OK"},
		}},
		{id: "L02", attack: "debug another program of the jail: only lockdown stops it", blocked: "syscall filter, strict", by: user, with: "--lockdown", control: "--network none", calls: []call{
			{"call ptrace 0x4206 -1 0 0", "EPERM", "ESRCH"},
			{"call vmsplice -1 0 0 0", "EPERM", "EBADF"},
		}},
		{id: "L03", attack: "reach the network: only lockdown or --network none stops it", blocked: "a network namespace", by: user, with: "--lockdown", control: "--network host", calls: []call{
			{"connect $TCP", "ECONNREFUSED|ENETUNREACH", "OK"},
		}},
	}
}
