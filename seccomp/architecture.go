package seccomp

// Architecture is what a filter must know of one machine.
type Architecture struct {
	Name  string // as GOARCH
	Audit uint32 // AUDIT_ARCH_* of linux/audit.h, which the kernel puts into seccomp_data.arch
	// LastReviewed is the highest syscall number that somebody looked at for this policy; all above answer ENOSYS. A list of
	// denials that lets new numbers through is how the new mount API opened flatpak (CVE-2021-41133). A test names what
	// golang.org/x/sys has above it.
	LastReviewed uint32
	Compat       *Architecture // whose programs the relaxation 32bit lets run; nil where no table for them was reviewed
}

// Architectures are those with a reviewed table. The filters of all others do not exist.
func Architectures() []Architecture {
	return []Architecture{
		{Name: "amd64", Audit: 0xC000003E, LastReviewed: 471, Compat: &Architecture{Name: "386", Audit: 0x40000003, LastReviewed: 471}},
		{Name: "arm64", Audit: 0xC00000B7, LastReviewed: 471},
		{Name: "riscv64", Audit: 0xC00000F3, LastReviewed: 471},
	}
}

// file is the name of the filter that a group is for one architecture.
func (a Architecture) file(group Group) string { return "bpf/" + a.Name + "-" + string(group) + ".bpf" }
