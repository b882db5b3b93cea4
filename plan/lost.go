package plan

import (
	"jail/jail"
	"jail/seccomp"
)

// losses names what this run does without. gitView adds its own.
func (b *builder) losses(s jail.Spec) {
	if s.Syscalls.Wall == jail.WallOff {
		b.lose("syscalls", "switched off by --no-seccomp: every system call of the kernel can be reached")
	}
	for i, r := range s.Syscalls.Relaxed {
		if r != seccomp.Debug || s.Syscalls.Profile == seccomp.Strict {
			b.lose(string(r), "%s (allowed by %s)", r.Weakening(), b.in.Config.Allow[i].Origin)
		}
	}
	b.inherited()
	b.unlimited(s.Limits)
	if s.Network == jail.NetworkHost {
		b.lose("network", "everything that you can reach can be reached, services on localhost included; --network none closes it")
	}
	if s.Terminal == jail.TerminalInherit && b.in.Host.TIOCSTI && s.Syscalls.Wall == jail.WallOff {
		b.lose("terminal", "this kernel lets the command type into your terminal (TIOCSTI); sysctl dev.tty.legacy_tiocsti=0 closes it, and so does redirecting input and output")
	}
	if b.in.Host.KernelRoot {
		b.lose("root", "started by root: files that root owns can be written where they are visible, and /proc/sys is only read-only; start jail as an ordinary user")
	}
}
