package plan

import (
	"fmt"
	"strings"
	"time"

	"jail/config"
	"jail/jail"
	"jail/mounts"
)

// Limits that do not scale, of each jail and of one in lockdown.
const (
	openFiles, lockedOpenFiles = 65536, 4096
	lockedProcesses            = 1024
	lockedFileSize             = 1 << 30
)

// limits decides what a jail may use. What was not asked for follows the machine: three quarters of its memory, where a
// cgroup can hold that, and a process for each 2 MiB of it. Processors are shared fairly by the kernel, and limited only
// where somebody asks.
func (in Input) limits() jail.Limits {
	asked, ceiling := in.Config.Limits, in.Config.Ceilings
	l := jail.Limits{Timeout: chosen(asked.Timeout, ceiling.Timeout, 0)}
	if in.Limits == jail.WallOff || in.Host.System == MacOS {
		return l
	}
	l.Cgroup = in.Host.Cgroup
	l.CPUs = chosen(asked.CPUs, ceiling.CPUs, 0)
	memory, processes := in.Host.Memory/4*3, min(max(in.Host.Memory>>21, 1024), 16384)
	files := int64(openFiles)
	if in.locked() {
		memory, processes, files = in.Host.Memory/2, lockedProcesses, lockedOpenFiles
		l.FileSize = lockedFileSize
	}
	if l.Cgroup.Has(jail.ControlMemory) {
		memory = max(memory>>20, 64) << 20
	} else {
		memory = 0
	}
	if in.uncountable() != "" {
		processes = 0
	} else if h := int64(in.Host.Processes); h > 0 {
		// The jail's count for the caller outside too, whose own must stay possible.
		processes = min(processes, max(h/2, 32))
	}
	if h := int64(in.Host.OpenFiles); h > 0 {
		files = min(files, h)
	}
	l.Memory = chosen(asked.Memory, ceiling.Memory, memory)
	l.Processes = chosen(asked.Processes, ceiling.Processes, int(processes))
	l.Files = int(files)
	return l
}

// chosen is what was asked for, or else the default, and no more than the ceiling. 0 says nothing.
func chosen[T int | int64 | time.Duration](asked, ceiling, otherwise T) T {
	if asked > 0 {
		otherwise = asked
	}
	if ceiling > 0 && (otherwise == 0 || ceiling < otherwise) {
		return ceiling
	}
	return otherwise
}

// uncountable says why processes cannot be limited, where they cannot.
func (in Input) uncountable() string {
	switch {
	case in.Host.Cgroup.Has(jail.ControlProcesses):
		return ""
	case in.Host.KernelRoot:
		return "the kernel lets root start as many as it likes, and " + in.noController(jail.ControlProcesses)
	case !in.Host.CountsPerNamespace:
		return "this kernel counts them for all of a user's programs together (Linux 5.14 does not), and " + in.noController(jail.ControlProcesses)
	}
	return ""
}

// noController says why a cgroup with that controller cannot be had.
func (in Input) noController(name string) string {
	if in.Host.Cgroup.Dir == "" {
		return in.Host.NoCgroup
	}
	return fmt.Sprintf("the cgroup below %s has no controller %q", in.Host.Cgroup.Dir, name)
}

// checkLimits refuses what was asked for and cannot be held: a limit that is dropped is worse than none.
func (b *builder) checkLimits() error {
	const start = "start jail in a cgroup of its own: " + jail.DelegatedStart + "; or do without: --no-rlimits"
	l := b.in.limits()
	switch {
	case b.in.Limits == jail.WallOff:
		return nil
	case l.Memory > 0 && !l.Cgroup.Has(jail.ControlMemory):
		return noWall(b.asked("memory", mounts.Size(l.Memory)+" of memory"), b.in.noController(jail.ControlMemory), start)
	case l.CPUs > 0 && !l.Cgroup.Has(jail.ControlCPU):
		return noWall(b.asked("cpus", processors(l.CPUs)), b.in.noController(jail.ControlCPU), start)
	case l.Processes > 0 && b.in.uncountable() != "":
		return noWall(b.asked("pids_limit", fmt.Sprintf("%d processes", l.Processes)), b.in.uncountable(), start)
	}
	return nil
}

// asked names a limit, and who asked for it.
func (b *builder) asked(key, value string) string {
	from := b.in.Config.Origins[key]
	if ceiling := b.in.Config.Origins[config.Ceiling(key)]; b.in.Config.Ceilings.Has(key) {
		from = ceiling
	}
	return fmt.Sprintf("A limit of %s (from %s)", value, from)
}

// unlimited names what the limits of a Spec do not hold.
func (b *builder) unlimited(l jail.Limits) {
	if b.in.Limits == jail.WallOff {
		b.lose("limits", "switched off by --no-rlimits: memory, processes and open files are not limited")
		return
	}
	var open []string
	if l.Memory == 0 {
		open = append(open, "memory is not limited: "+b.in.noController(jail.ControlMemory))
	}
	if l.Processes == 0 {
		open = append(open, "processes are not limited: "+b.in.uncountable())
	}
	if len(open) > 0 {
		b.lose("limits", "%s; in a cgroup of its own jail can: %s", strings.Join(open, "; "), jail.DelegatedStart)
	}
}

// describeLimits tells the limits in one line.
func describeLimits(l jail.Limits) string {
	var parts []string
	if l.Memory > 0 {
		parts = append(parts, mounts.Size(l.Memory)+" of memory")
	}
	if l.CPUs > 0 {
		parts = append(parts, processors(l.CPUs))
	}
	if l.Processes > 0 {
		parts = append(parts, fmt.Sprintf("%d processes", l.Processes))
	}
	if l.Files > 0 {
		parts = append(parts, fmt.Sprintf("%d open files each", l.Files))
	}
	if l.FileSize > 0 {
		parts = append(parts, "files of "+mounts.Size(l.FileSize))
	}
	if l.Timeout > 0 {
		parts = append(parts, "end after "+l.Timeout.String())
	}
	return strings.Join(append(parts, "no core dumps"), ", ")
}

// processors renders thousandths of a processor.
func processors(milli int) string { return fmt.Sprintf("%g processors", float64(milli)/1000) }
