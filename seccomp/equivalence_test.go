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
				packet, want := c.packet(), map[file]uint32{}
				for f, machine := range machines {
					want[f] = p.answer(t, f, c)
					if got := machine.answer(t, packet); got != want[f] {
						t.Fatalf("%+v answers %+v with %#x, want %#x", f, c, got, want[f])
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

// file is one embedded filter of an architecture: its own, or that of the programs which its kernel runs too.
type file struct {
	group  Group
	compat bool
}

func filesOf(t testing.TB, arch Architecture) map[file][]byte {
	files := map[file][]byte{}
	read := func(f file, of Architecture) {
		filter, err := compiled.ReadFile(of.file(f.group))
		if err != nil {
			t.Fatal(err)
		}
		files[f] = filter
	}
	for _, group := range Groups() {
		read(file{group, false}, arch)
		if arch.Compat != nil && group != Group32Bit {
			read(file{group, true}, *arch.Compat)
		}
	}
	return files
}

func machinesOf(t testing.TB, arch Architecture) map[file]machine {
	machines := map[file]machine{}
	for f, filter := range filesOf(t, arch) {
		machines[f] = newMachine(t, filter)
	}
	return machines
}

// set is what Filters gives for one choice, known by its groups.
type set struct {
	name    string
	profile Profile
	relaxed []Relaxation
	files   []file
}

func (s set) answer(byFile map[file]uint32) uint32 {
	var answers []uint32
	for _, f := range s.files {
		answers = append(answers, byFile[f])
	}
	return strictest(answers)
}

// setsOf are both profiles with no, each and every relaxation.
func setsOf(t *testing.T, arch Architecture) []set {
	possible := slices.DeleteFunc(Relaxations(), func(r Relaxation) bool { return r == Programs32Bit && arch.Compat == nil })
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
				s.files = append(s.files, fileOf(t, arch, filter))
			}
			sets = append(sets, s)
		}
	}
	return sets
}

func fileOf(t *testing.T, arch Architecture, filter []byte) file {
	for f, known := range filesOf(t, arch) {
		if slices.Equal(filter, known) {
			return f
		}
	}
	t.Fatal("Filters gave a filter that is no file")
	return file{}
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
		if order := slices.Index(Groups(), rule.Group); order > latest {
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
	var machines []map[file]machine
	for _, arch := range Architectures() {
		policies, machines = append(policies, policyOf(f, arch)), append(machines, machinesOf(f, arch))
	}
	f.Fuzz(func(t *testing.T, arch, audit uint8, number uint32, a, b, c, d uint64) {
		p := policies[int(arch)%len(policies)]
		audits := []uint32{p.arch.Audit, auditARM, 0, 0x40000003}
		made := call{audits[int(audit)%len(audits)], number, [6]uint64{a, b, c, d}}
		for f, machine := range machines[int(arch)%len(policies)] {
			if got, want := machine.answer(t, made.packet()), p.answer(t, f, made); got != want {
				t.Errorf("%+v answers %+v with %#x, want %#x", f, made, got, want)
			}
		}
	})
}
