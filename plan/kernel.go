package plan

import "jail/mounts"

// sealed are the parts of /proc that change the host and not the jail (proc(5)); masked are those that tell about the
// host's memory, keys and timers.
var (
	sealed = []string{"/proc/sys", "/proc/sysrq-trigger", "/proc/irq", "/proc/bus", "/proc/fs", "/proc/mtrr"}
	masked = []string{
		"/proc/kcore", "/proc/keys", "/proc/key-users", "/proc/timer_list", "/proc/sched_debug", "/proc/kallsyms",
		"/proc/kmsg", "/proc/latency_stats", "/proc/timer_stats", "/proc/acpi", "/proc/scsi", "/proc/asound",
		"/proc/kpagecount", "/proc/kpageflags", "/proc/kpagecgroup", "/proc/vmallocinfo", "/proc/slabinfo",
	}
	devices  = []string{"/dev/null", "/dev/zero", "/dev/full", "/dev/random", "/dev/urandom", "/dev/tty"}
	devLinks = []struct{ name, text string }{
		{"/dev/fd", "/proc/self/fd"},
		{"/dev/stdin", "/proc/self/fd/0"},
		{"/dev/stdout", "/proc/self/fd/1"},
		{"/dev/stderr", "/proc/self/fd/2"},
		{"/dev/ptmx", "pts/ptmx"},
	}
)

// kernel gives the jail its own /proc and a /dev with nothing but what every program expects. There is no /sys.
func (b *builder) kernel() {
	b.proc()
	for _, path := range devices {
		b.add(mounts.Mount{Kind: mounts.Device, Source: path, Target: path, Why: "every program expects it"})
	}
	for _, link := range devLinks {
		b.add(mounts.Mount{Kind: mounts.Symlink, Source: link.text, Target: link.name, Why: "every program expects it"})
	}
	b.add(mounts.Mount{Kind: mounts.Devpts, Target: "/dev/pts", Why: "the jail's own terminals only"})
	b.add(mounts.Mount{Kind: mounts.Tmpfs, Target: "/dev/shm", Size: b.ram(8), Mode: 0o1777, Why: "shared memory, the jail's own"})
}

// proc gives the jail its own /proc.
func (b *builder) proc() {
	b.add(mounts.Mount{Kind: mounts.Proc, Target: "/proc", Why: "the jail's own processes only"})
	for _, path := range sealed {
		if b.in.Host.Files.Lstat(path).Type != Missing {
			b.add(mounts.Mount{Kind: mounts.Seal, Target: path, Why: "changes the host"})
		}
	}
	for _, path := range masked {
		if b.in.Host.Files.Lstat(path).Type != Missing {
			b.add(mounts.Mount{Kind: mounts.Mask, Target: path, Why: "tells about the host"})
		}
	}
}

// scratch gives writable places that vanish with the jail. They lie in memory: the shares of all of them and the home's
// stay below one, so that filling them cannot take the machine down where no cgroup limits the jail.
func (b *builder) scratch() {
	b.add(mounts.Mount{Kind: mounts.Tmpfs, Target: "/tmp", Size: b.ram(4), Mode: 0o1777, Why: "vanishes with the jail"})
	b.add(mounts.Mount{Kind: mounts.Tmpfs, Target: "/var/tmp", Size: b.ram(8), Mode: 0o1777, Why: "vanishes with the jail"})
	b.add(mounts.Mount{Kind: mounts.Tmpfs, Target: "/run", Size: b.ram(64), Why: "vanishes with the jail"})
}

// ram is a share of the machine's memory in whole MiB: an upper limit, nothing is reserved.
func (b *builder) ram(share int64) int64 {
	return max(b.in.Host.Memory/share>>20, 64) << 20
}
