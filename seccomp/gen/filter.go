//go:build seccompgen && linux && amd64

package main

import "jail/seccomp"

// filter is the whole program of a group: which architecture the call is made for and how high its number may be, which
// libseccomp cannot express, and behind it what libseccomp made of the rules. Calls of other architectures pass, because
// other filters decide on them. host is the architecture whose kernel runs programs of arch too; nil where that is arch itself.
func filter(arch seccomp.Architecture, host *seccomp.Architecture, group seccomp.Group) (program, error) {
	if group == seccomp.Group32Bit {
		return program{loadArch, jumpEqual(arch.Audit, 0, 1), allow, killProcess}, nil
	}
	rules, err := section(arch, group)
	if err != nil {
		return nil, err
	}
	foreign := program{allow}
	if host != nil && group == seccomp.GroupBase {
		// Loaded instead of the filter that kills all but the host's own architecture.
		foreign = program{jumpEqual(host.Audit, 0, 1), allow, killProcess}
	}
	// A conditional jump reaches 255 instructions, an unconditional one all.
	head := program{loadArch, jumpEqual(arch.Audit, 1, 0), jump(uint32(len(rules)))}
	return append(append(head, rules...), foreign...), nil
}

// section decides calls of one architecture. It ends in a verdict on each way.
func section(arch seccomp.Architecture, group seccomp.Group) (program, error) {
	rules, err := compile(arch, group)
	if err != nil {
		return nil, err
	}
	if group != seccomp.GroupBase {
		return append(program{loadNumber}, rules...), nil
	}
	// x32 numbers have bit 30 set and so are above the last too. The number -1 is no call but how a tracer skips one; an errno
	// here would replace the result that the tracer set, and the kernel answers ENOSYS by itself.
	head := program{loadNumber, jumpAbove(arch.LastReviewed, 0, 3), jumpEqual(^uint32(0), 1, 0), refuse(seccomp.ENOSYS), allow}
	return append(head, rules...), nil
}
