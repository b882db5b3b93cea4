package seccomp

import (
	"slices"
	"strings"
)

// Errno is a Linux error number; it is the same on all architectures of this package, and not the one of the system that
// compiles it.
type Errno uint16

const (
	EPERM           Errno = 1
	ENOSYS          Errno = 38 // "this kernel is too old": the caller takes its older way
	EPROTONOSUPPORT Errno = 93
	EAFNOSUPPORT    Errno = 97
)

// Group is a set of rules that is one filter, loaded or left out as a whole. All but GroupBase and GroupStrict are named as the
// relaxation that leaves them out.
type Group string

const (
	GroupBase   Group = "base"               // always loaded
	GroupStrict Group = "strict"             // only in the profile Strict
	Group32Bit        = Group(Programs32Bit) // kills what calls by the table of another architecture; has no rules

	userNS    = Group(UserNS)
	debug     = Group(Debug) // only in the profile Strict
	perf      = Group(Perf)
	ioURing   = Group(IOURing)
	rawSocket = Group(RawSocket)
)

// Groups are all that exist, in the order in which they are loaded. Where two filters refuse the same call with different
// errnos the one loaded later wins (seccomp(2)).
func Groups() []Group {
	return []Group{GroupBase, userNS, debug, perf, ioURing, rawSocket, GroupStrict, Group32Bit}
}

// Rule refuses syscalls. What no rule refuses is allowed.
type Rule struct {
	Syscalls string // names, separated by spaces
	Only     string // the architectures that have them, separated by spaces; empty means all
	When     []Condition
	Errno    Errno
	Group    Group
	Why      string
}

// Names are the syscalls that the rule refuses on the architecture.
func (r Rule) Names(arch string) []string {
	if r.Only != "" && !slices.Contains(strings.Fields(r.Only), arch) {
		return nil
	}
	return strings.Fields(r.Syscalls)
}

// Condition is met by some values of one argument. All conditions of a rule must be met. Only the low 32 bits count, because
// every argument in the table is an int or unsigned int to the kernel, and the caller may put anything into the upper half:
// comparing 64 bits is how snapd and flatpak let TIOCSTI through (CVE-2019-7303, CVE-2019-10063).
type Condition struct {
	Arg  uint // 0 to 5
	Op   Op
	Bits []Bits
}

// Op says how a condition uses its bits.
type Op string

const (
	In    Op = "in"     // at least one pattern fits
	NotIn Op = "not in" // no pattern fits
)

// Bits is a pattern that fits an argument x where x & Mask == Value.
type Bits struct{ Mask, Value uint32 }

// exactly are the patterns that fit the values and nothing else.
func exactly(values ...uint32) []Bits {
	var bits []Bits
	for _, v := range values {
		bits = append(bits, Bits{^uint32(0), v})
	}
	return bits
}
