package seccomp

import (
	"fmt"
	"slices"
	"testing"
)

const (
	x32Bit      = 0x40000000
	auditARM    = 0x40000028 // what an arm64 kernel says for 32-bit programs
	highGarbage = 0xDEADBEEF_00000000
)

// Every number on every architecture that a program can call by, with arguments that just meet and just miss each condition, is
// answered by each compiled filter as the table says, and by each set of filters as the kernel would choose.
func TestFiltersAnswerAsTheTable(t *testing.T) {
	for _, arch := range Architectures() {
		t.Run(arch.Name, func(t *testing.T) {
			t.Parallel()
			p, machines, sets := policyOf(t, arch), machinesOf(t, arch), setsOf(t, arch)
			count := 0
			each(p, func(c call) {
				count++
				packet, want := c.packet(), map[Group]uint32{}
				for _, group := range arch.Groups() {
					want[group] = p.answer(t, group, c)
					if got := machines[group].answer(t, packet); got != want[group] {
						t.Fatalf("group %s answers %+v with %#x, want %#x", group, c, got, want[group])
					}
				}
				for _, s := range sets {
					if got, want := s.answer(want), decide(t, p, s, c); got != want {
						t.Fatalf("%s answers %+v with %#x, want %#x", s.name, c, got, want)
					}
				}
			})
			t.Logf("%d calls", count)
		})
	}
}

func machinesOf(t testing.TB, arch Architecture) map[Group]machine {
	machines := map[Group]machine{}
	for _, group := range arch.Groups() {
		machines[group] = newMachine(t, fileOf(t, arch, group))
	}
	return machines
}

func fileOf(t testing.TB, arch Architecture, group Group) []byte {
	filter, err := compiled.ReadFile(fmt.Sprintf("bpf/%s-%s.bpf", arch.Name, group))
	if err != nil {
		t.Fatal(err)
	}
	return filter
}

// set is what Filters gives for one choice, known by its groups.
type set struct {
	name    string
	profile Profile
	relaxed []Relaxation
	groups  []Group
}

func (s set) answer(byGroup map[Group]uint32) uint32 {
	var answers []uint32
	for _, group := range s.groups {
		answers = append(answers, byGroup[group])
	}
	return strictest(answers)
}

// setsOf are both profiles with no, each and every relaxation.
func setsOf(t *testing.T, arch Architecture) []set {
	possible := slices.DeleteFunc(Relaxations(), func(r Relaxation) bool { return !slices.Contains(arch.Groups(), Group(r)) })
	choices := [][]Relaxation{nil, possible}
	for _, r := range possible {
		choices = append(choices, []Relaxation{r})
	}
	var sets []set
	for _, profile := range []Profile{Normal, Strict} {
		for _, relaxed := range choices {
			filters, err := Filters(arch.Name, profile, relaxed)
			if err != nil {
				t.Fatal(err)
			}
			s := set{fmt.Sprintf("%s with %v relaxed", profile, relaxed), profile, relaxed, nil}
			for _, filter := range filters {
				s.groups = append(s.groups, groupOf(t, arch, filter))
			}
			sets = append(sets, s)
		}
	}
	return sets
}

func groupOf(t *testing.T, arch Architecture, filter []byte) Group {
	for _, group := range arch.Groups() {
		if slices.Equal(filter, fileOf(t, arch, group)) {
			return group
		}
	}
	t.Fatal("Filters gave a filter that is no file")
	return ""
}

// decide says what a profile with relaxations should do, from the table and the package's words alone.
func decide(t testing.TB, p policy, s set, c call) uint32 {
	relaxed := func(g Group) bool { return slices.Contains(s.relaxed, Relaxation(g)) }
	rules, last := p.native[c.number], p.arch.LastReviewed
	if c.audit != p.arch.Audit {
		if p.arch.Compat == nil || c.audit != p.arch.Compat.Audit || !relaxed(Group32Bit) {
			return verdictKill
		}
		rules, last = p.compat[c.number], p.arch.Compat.LastReviewed
	}
	if c.number > last && c.number != ^uint32(0) {
		return verdictErrno | uint32(ENOSYS)
	}
	said := uint32(verdictAllow)
	latest := -1
	for _, rule := range rules {
		lockdown := rule.Group == GroupStrict || rule.Group == debug
		if relaxed(rule.Group) || lockdown && s.profile == Normal || !rule.hits(c.args) {
			continue
		}
		if order := slices.Index(loadOrder(), rule.Group); order > latest {
			said, latest = verdictErrno|uint32(rule.Errno), order
		}
	}
	return said
}

// each gives every call that is worth a try.
func each(p policy, try func(call)) {
	audits := []uint32{p.arch.Audit, auditARM, 0}
	if p.arch.Compat != nil {
		audits = append(audits, p.arch.Compat.Audit)
	}
	for _, audit := range audits {
		rules := p.native
		if p.arch.Compat != nil && audit == p.arch.Compat.Audit {
			rules = p.compat
		}
		for number := range uint32(1101) {
			for _, args := range arguments(rules[number]) {
				try(call{audit, number, args})
			}
			for _, args := range arguments(nil) {
				try(call{audit, number | x32Bit, args})
			}
		}
		for _, number := range []uint32{x32Bit - 1, 0x7fffffff, 0x80000000, 0xffffffff} {
			try(call{audit, number, [6]uint64{}})
		}
	}
}

// arguments combines the values that decide the rules' conditions: all samples of one argument with the patterns' own values of
// the others, with and without garbage above the low 32 bits.
func arguments(rules []Rule) [][6]uint64 {
	zero, ones := [6]uint64{}, [6]uint64{^uint64(0), ^uint64(0), ^uint64(0), ^uint64(0), ^uint64(0), ^uint64(0)}
	all := [][6]uint64{zero, ones}
	for thorough := range uint(6) {
		if len(samples(rules, thorough, true)) == 0 {
			continue
		}
		combined := [][6]uint64{zero, ones}
		for arg := range uint(6) {
			if values := samples(rules, arg, arg == thorough); len(values) > 0 {
				combined = withEach(combined, arg, values)
			}
		}
		all = append(all, combined...)
	}
	for _, args := range slices.Clone(all) {
		for i := range args {
			args[i] = args[i]&0xffffffff | highGarbage
		}
		all = append(all, args)
	}
	return all
}

func withEach(all [][6]uint64, arg uint, values []uint32) [][6]uint64 {
	var longer [][6]uint64
	for _, args := range all {
		for _, v := range values {
			args[arg] = uint64(v)
			longer = append(longer, args)
		}
	}
	return longer
}

// samples are values on both sides of each pattern for the argument: the value, all else set, and if it is to be thorough one
// wrong bit at a time.
func samples(rules []Rule, arg uint, thorough bool) []uint32 {
	var values []uint32
	for _, rule := range rules {
		for _, c := range rule.When {
			if c.Arg != arg {
				continue
			}
			for _, b := range c.Bits {
				values = append(values, b.Value, b.Value|^b.Mask)
				for bit := range 32 {
					if thorough && b.Mask>>bit&1 == 1 {
						values = append(values, b.Value^1<<bit)
					}
				}
			}
			values = append(values, 0, 7, ^uint32(0))
		}
	}
	slices.Sort(values)
	return slices.Compact(values)
}

func FuzzFiltersAnswerAsTheTable(f *testing.F) {
	f.Add(uint8(0), uint8(0), uint32(41), uint64(16), uint64(3), uint64(9), uint64(0))
	f.Add(uint8(0), uint8(3), uint32(120), uint64(0x10000000), uint64(0), uint64(0), uint64(0))
	f.Add(uint8(1), uint8(0), uint32(92), uint64(0x400000), uint64(0), uint64(0), uint64(0))
	var policies []policy
	var machines []map[Group]machine
	for _, arch := range Architectures() {
		policies, machines = append(policies, policyOf(f, arch)), append(machines, machinesOf(f, arch))
	}
	f.Fuzz(func(t *testing.T, arch, audit uint8, number uint32, a, b, c, d uint64) {
		p := policies[int(arch)%len(policies)]
		audits := []uint32{p.arch.Audit, auditARM, 0, 0x40000003}
		made := call{audits[int(audit)%len(audits)], number, [6]uint64{a, b, c, d}}
		for _, group := range p.arch.Groups() {
			if got, want := machines[int(arch)%len(policies)][group].answer(t, made.packet()), p.answer(t, group, made); got != want {
				t.Errorf("group %s answers %+v with %#x, want %#x", group, made, got, want)
			}
		}
	})
}
