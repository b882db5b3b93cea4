package seccomp

import (
	"encoding/binary"
	"slices"
	"testing"

	"golang.org/x/net/bpf"
)

// The verdicts of seccomp(2), as the kernel has them in linux/seccomp.h.
const (
	verdictKill  = 0x80000000
	verdictErrno = 0x00050000
	verdictAllow = 0x7fff0000
)

// call is a struct seccomp_data without the instruction pointer.
type call struct {
	audit, number uint32
	args          [6]uint64
}

// policy is the table as a lookup, without anything that the generator does to it.
type policy struct {
	arch   Architecture
	native map[uint32][]Rule
	compat map[uint32][]Rule
}

func policyOf(t testing.TB, arch Architecture) policy {
	p := policy{arch: arch, native: rulesByNumber(t, arch.Name)}
	if arch.Compat != nil {
		p.compat = rulesByNumber(t, arch.Compat.Name)
	}
	return p
}

func rulesByNumber(t testing.TB, arch string) map[uint32][]Rule {
	numbers, rules := syscalls(t, arch), map[uint32][]Rule{}
	for _, rule := range Rules() {
		for _, name := range rule.Names(arch) {
			rules[numbers[name]] = append(rules[numbers[name]], rule)
		}
	}
	return rules
}

func (r Rule) hits(args [6]uint64) bool {
	for _, c := range r.When {
		fits := slices.ContainsFunc(c.Bits, func(b Bits) bool { return uint32(args[c.Arg])&b.Mask == b.Value })
		if fits != (c.Op == In) {
			return false
		}
	}
	return true
}

// answer is what one file should say.
func (p policy) answer(t testing.TB, f file, c call) uint32 {
	rules, arch := p.native, p.arch
	if f.compat {
		rules, arch = p.compat, *p.arch.Compat
	}
	switch {
	case c.audit == arch.Audit && f.group == Group32Bit:
		return verdictAllow
	case f.group == Group32Bit, f.compat && f.group == GroupBase && c.audit != arch.Audit && c.audit != p.arch.Audit:
		return verdictKill
	case c.audit != arch.Audit:
		return verdictAllow
	}
	if f.group == GroupBase && c.number > arch.LastReviewed && c.number != ^uint32(0) {
		return verdictErrno | uint32(ENOSYS)
	}
	said := uint32(verdictAllow)
	for _, rule := range rules[c.number] {
		if rule.Group != f.group || !rule.hits(c.args) {
			continue
		}
		verdict := verdictErrno | uint32(rule.Errno)
		if said != verdictAllow && said != verdict {
			t.Fatalf("two rules of group %s refuse %+v with different errnos", f.group, c)
		}
		said = verdict
	}
	return said
}

// strictest is the kernel's choice among the answers of filters in the order in which they were loaded.
func strictest(answers []uint32) uint32 {
	chosen := uint32(verdictAllow)
	for _, a := range slices.Backward(answers) {
		if int32(a&0xffff0000) < int32(chosen&0xffff0000) {
			chosen = a
		}
	}
	return chosen
}

// machine runs a compiled filter.
type machine struct{ vm *bpf.VM }

func newMachine(t testing.TB, filter []byte) machine {
	t.Helper()
	var raw []bpf.RawInstruction
	for ; len(filter) >= 8; filter = filter[8:] {
		raw = append(raw, bpf.RawInstruction{
			Op: binary.LittleEndian.Uint16(filter), Jt: filter[2], Jf: filter[3], K: binary.LittleEndian.Uint32(filter[4:]),
		})
	}
	program, ok := bpf.Disassemble(raw)
	if !ok {
		t.Fatal("the filter has unknown instructions")
	}
	vm, err := bpf.NewVM(program)
	if err != nil {
		t.Fatal(err)
	}
	return machine{vm}
}

// packet lays the call out for the machine. It loads words in network order and the kernel in the machine's, so each word
// is turned round; the filters load whole words only.
func (c call) packet() []byte {
	data := make([]byte, 0, 64)
	for _, word := range []uint32{c.number, c.audit, 0, 0} {
		data = binary.BigEndian.AppendUint32(data, word)
	}
	for _, arg := range c.args {
		data = binary.BigEndian.AppendUint32(data, uint32(arg))
		data = binary.BigEndian.AppendUint32(data, uint32(arg>>32))
	}
	return data
}

func (m machine) answer(t testing.TB, packet []byte) uint32 {
	verdict, err := m.vm.Run(packet)
	if err != nil {
		t.Fatal(err)
	}
	return uint32(verdict)
}
