package plan

import (
	"jail/config"
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
	if s.Network == jail.NetworkAudit {
		b.lose("network", "every public address can be reached, and is written down; --net allow with rules closes it (jail net suggest makes them)")
	}
	if s.Network.Filtered() {
		b.relaxedNetwork()
	}
	b.shownUnfiltered(s)
	if old := s.Landlock == jail.WallRequired && b.in.Host.Landlock < jail.ScopesABI; old {
		if s.Network == jail.NetworkHost {
			b.lose("abstract-sockets", "Linux 6.12 or newer cuts them off (Landlock ABI %d, this kernel has %d), and so does --network none", jail.ScopesABI, b.in.Host.Landlock)
		}
		if s.Terminal == jail.TerminalInherit {
			b.lose("signals", "the command can signal the job of your shell that it is part of; Linux 6.12 or newer closes it (Landlock ABI %d, this kernel has %d), and so does redirecting input, output and errors", jail.ScopesABI, b.in.Host.Landlock)
		}
	}
	if s.Terminal == jail.TerminalInherit && b.in.Host.TIOCSTI && s.Syscalls.Wall == jail.WallOff {
		b.lose("terminal", "this kernel lets the command type into your terminal (TIOCSTI); sysctl dev.tty.legacy_tiocsti=0 closes it, and so does redirecting input and output")
	}
	if s.Terminal == jail.TerminalInherit && b.in.Host.Background {
		b.lose("terminal", "started in the background, the command can take the foreground of your terminal and read what you type into your shell; start it in the foreground, redirect input, output and errors, or use --lockdown")
	}
	if b.in.Host.KernelRoot {
		b.lose("root", "started by root: files that root owns can be written where they are visible, and /proc/sys is only read-only; start jail as an ordinary user")
	}
}

// relaxedNetwork names what of a filtered network is not looked at.
func (b *builder) relaxedNetwork() {
	for _, rule := range b.in.Config.Egress.Relax {
		switch rule.Text {
		case config.RelaxECH:
			b.lose("server-names", "a client that hides the server's name passes: behind an address of an allowed host it can reach others that are served there (ech allowed by %s)", rule.Origin)
		case config.RelaxPrivate:
			b.lose("private-addresses", "a name that a wildcard allows may lead into your local network (private allowed by %s)", rule.Origin)
		}
	}
}

// shownUnfiltered names what the command can do by what it writes to the caller's terminal.
func (b *builder) shownUnfiltered(s jail.Spec) {
	from := b.in.Config.Origins["terminal"]
	switch {
	case s.Output == jail.OutputClipboard:
		b.lose("clipboard", "what the command writes can fill your clipboard (from %s)", from)
	case s.Output == jail.OutputRaw:
		b.lose("terminal-output", "what the command writes reaches your terminal as it is, which can obey it: clipboard, titles, reports that come back as if typed (from %s)", from)
	case s.Terminal == jail.TerminalInherit:
		b.gap("terminal-output", "not filtered in the background, nor where standard output is a pipe, whose reader may read keys from the same terminal; what the command writes to it your terminal can obey")
	}
}
