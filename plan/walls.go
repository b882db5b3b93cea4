package plan

import (
	"fmt"

	"jail/config"
	"jail/jail"
	"jail/mounts"
	"jail/seccomp"
)

// noWall refuses to start a jail without a wall that cannot be had on this host.
func noWall(wall, why, fix string) error { return &RefusedError{wall + " cannot be had", why, fix} }

const (
	withoutLandlock   = "only the mounts keep files apart, a file that is open for reading can be opened again for writing, and signals and abstract sockets of the host are not cut off"
	goWithoutLandlock = `do without: --no-landlock once, or landlock = "optional" in your config`
)

// checkWalls refuses to start without a wall that the caller did not give up by name. In lockdown none can be given up.
func (b *builder) checkWalls() error {
	const runBare = "run without lockdown, or without the flag that switches the wall off"
	switch {
	case b.locked() && b.in.Landlock == jail.WallOff:
		return noWall("Lockdown", "it needs Landlock, which is switched off", runBare)
	case b.locked() && b.in.Seccomp == jail.WallOff:
		return noWall("Lockdown", "it needs the syscall filter, which is switched off", runBare)
	case b.locked() && b.in.Limits == jail.WallOff:
		return noWall("Lockdown", "it needs limits, which are switched off", runBare)
	case b.locked() && b.in.Host.KernelRoot:
		return noWall("Lockdown", "it was started by root, who owns what no wall covers", "start jail as an ordinary user")
	}
	if _, err := seccomp.Filters(b.in.Host.Arch, seccomp.Normal, nil); err != nil && b.in.Seccomp == jail.WallRequired {
		return noWall("The syscall filter", err.Error(), "do without: --no-seccomp")
	}
	if _, err := seccomp.Filters(b.in.Host.Arch, seccomp.Normal, b.relaxed()); err != nil && b.in.Seccomp == jail.WallRequired {
		return noWall("The syscall filter", err.Error(), "leave that relaxation out")
	}
	have := b.in.Host.Landlock
	switch {
	case b.in.Landlock == jail.WallOff:
		b.lose("landlock", "switched off by --no-landlock: %s", withoutLandlock)
	case have >= jail.MinLandlockABI:
	case b.in.Config.Landlock == config.Optional:
		b.in.Landlock = jail.WallOff
		b.lose("landlock", "this kernel has ABI %d, %d is needed, and %s makes it optional: %s", have, jail.MinLandlockABI, b.in.Config.Origins["landlock"], withoutLandlock)
	case have == 0:
		return noWall("Landlock", "it is not built into this kernel, or not switched on at boot", "boot with lsm=landlock,… on Linux 6.2 or newer, or "+goWithoutLandlock)
	default:
		return noWall("Landlock", fmt.Sprintf("this kernel has ABI %d, and %d is needed", have, jail.MinLandlockABI), "run Linux 6.2 or newer, or "+goWithoutLandlock)
	}
	return nil
}

func (b *builder) locked() bool { return b.in.locked() }

func (in Input) locked() bool { return in.Config.Lockdown == config.On }

// syscalls is what the filter refuses.
func (b *builder) syscalls() jail.Syscalls {
	profile := seccomp.Normal
	if b.locked() {
		profile = seccomp.Strict
	}
	return jail.Syscalls{Wall: b.in.Seccomp, Profile: profile, Relaxed: b.relaxed()}
}

// relaxed are the relaxations that were asked for.
func (b *builder) relaxed() []seccomp.Relaxation {
	var relaxed []seccomp.Relaxation
	for _, r := range b.in.Config.Allow {
		relaxed = append(relaxed, seccomp.Relaxation(r.Name))
	}
	return relaxed
}

// freeze takes all write access back: in lockdown the command may look at the project and write to what vanishes.
func (b *builder) freeze() {
	for i, m := range b.mounts {
		if m.Kind == mounts.Bind {
			b.mounts[i].Access = mounts.ReadOnly
		}
	}
}
