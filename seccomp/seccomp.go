// Package seccomp refuses syscalls (seccomp(2)). The policy is one table, Rules; `go generate` compiles it with libseccomp to
// one filter per architecture and group, and those files are embedded, so that the program needs neither libseccomp nor cgo.
// Several filters are loaded and the kernel takes the strictest answer, hence a relaxation is a filter that is not loaded.
package seccomp

import (
	"embed"
	"fmt"
	"slices"
	"strings"
)

//go:generate env CGO_ENABLED=1 go run -tags seccompgen ./gen bpf

//go:embed bpf/*.bpf
var compiled embed.FS

// Profile is how much is refused. The zero value is no valid profile, and refused.
type Profile string

const (
	Normal Profile = "normal" // what development tools do not need
	Strict Profile = "strict" // more than that: no debuggers, no memory policies, no set-user-id bits
)

// Relaxation names one thing that the filters refuse and that the user may have back.
type Relaxation string

const (
	UserNS        Relaxation = "userns"     // user namespaces and chroot; mounting stays refused
	Debug         Relaxation = "debug"      // what Strict refuses of ptrace(2); Normal refuses nothing of it
	Perf          Relaxation = "perf"       // perf_event_open(2)
	Programs32Bit Relaxation = "32bit"      // i386 programs on amd64, under a table of their own
	IOURing       Relaxation = "io_uring"   // io_uring(7)
	RawSocket     Relaxation = "raw-socket" // SOCK_RAW of AF_INET and AF_INET6; packet(7) stays refused
)

// Relaxations are all that exist, in the order in which help shows them.
func Relaxations() []Relaxation {
	return []Relaxation{UserNS, Debug, Perf, Programs32Bit, IOURing, RawSocket}
}

// ParseRelaxation reads a name. An unknown one is an error that lists the valid names.
func ParseRelaxation(text string) (Relaxation, error) {
	all := Relaxations()
	if i := slices.Index(all, Relaxation(text)); i >= 0 {
		return all[i], nil
	}
	var names []string
	for _, r := range all {
		names = append(names, string(r))
	}
	return "", fmt.Errorf("unknown relaxation %q: valid are %s", text, strings.Join(names, ", "))
}

// Weakening says in one line what the jail loses by the relaxation.
func (r Relaxation) Weakening() string {
	switch r {
	case UserNS:
		return "programs may make user namespaces, and with their capabilities reach far more of the kernel"
	case Debug:
		return "programs may read and change each other's memory, as they may outside lockdown"
	case Perf:
		return "programs may use performance counters, kernel code with many past holes"
	case Programs32Bit:
		return "32-bit x86 programs may run, over an older and less tested half of the kernel; no new sockets through glibc, no ipc(2)"
	case IOURing:
		return "programs may use io_uring, whose operations no filter sees"
	case RawSocket:
		return "programs with the right to may send and read raw IP packets"
	}
	return ""
}

// Filters are the programs to load, in this order, for a machine named as in GOARCH. Each is an array of struct sock_filter,
// little-endian. Errors: no table was reviewed for the machine, or none of 32-bit programs on it; unknown profile or relaxation.
func Filters(arch string, profile Profile, relaxed []Relaxation) ([][]byte, error) {
	if profile != Normal && profile != Strict {
		return nil, fmt.Errorf("unknown seccomp profile %q", profile)
	}
	i := slices.IndexFunc(Architectures(), func(a Architecture) bool { return a.Name == arch })
	if i < 0 {
		return nil, fmt.Errorf("no reviewed syscall table for %s", arch)
	}
	machine := Architectures()[i]
	for _, r := range relaxed {
		if _, err := ParseRelaxation(string(r)); err != nil {
			return nil, err
		}
		if r == Programs32Bit && machine.Compat == nil {
			return nil, fmt.Errorf("cannot relax %s: no reviewed syscall table for 32-bit programs on %s", r, arch)
		}
	}
	var filters [][]byte
	for _, group := range Groups() {
		if slices.Contains(relaxed, Relaxation(group)) || profile == Normal && (group == GroupStrict || group == debug) {
			continue
		}
		files := []string{machine.file(group)}
		if slices.Contains(relaxed, Programs32Bit) {
			files = append(files, machine.Compat.file(group))
		}
		for _, file := range files {
			filter, err := compiled.ReadFile(file)
			if err != nil {
				return nil, fmt.Errorf("cannot read the filter of group %s for %s: %w", group, arch, err)
			}
			filters = append(filters, filter)
		}
	}
	return filters, nil
}
