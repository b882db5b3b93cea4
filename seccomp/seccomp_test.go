package seccomp

import (
	"strings"
	"testing"
)

func TestParseRelaxation(t *testing.T) {
	for _, want := range Relaxations() {
		got, err := ParseRelaxation(string(want))
		if err != nil || got != want {
			t.Errorf("got %q, %v, want %q", got, err, want)
		}
		if got.Weakening() == "" || strings.Contains(got.Weakening(), "\n") {
			t.Errorf("%s says %q of the weakening, want one line", got, got.Weakening())
		}
	}
	for _, bad := range []string{"", "base", "strict", "userns "} {
		if _, err := ParseRelaxation(bad); err == nil || !strings.Contains(err.Error(), "userns, debug, perf, 32bit, io_uring, raw-socket") {
			t.Errorf("%q: %v, want an error with the valid names", bad, err)
		}
	}
}

func TestFiltersRefusesWhatItHasNoTableFor(t *testing.T) {
	tests := []struct {
		arch    string
		profile Profile
		relaxed []Relaxation
		want    string
	}{
		{"mips64le", Normal, nil, "no reviewed syscall table for mips64le"},
		{"386", Normal, nil, "no reviewed syscall table for 386"},
		{"arm64", Normal, []Relaxation{"32bit"}, "no reviewed syscall table for 32-bit programs on arm64"},
		{"amd64", "", nil, `unknown seccomp profile ""`},
		{"amd64", Normal, []Relaxation{"base"}, `unknown relaxation "base"`},
	}
	for _, test := range tests {
		filters, err := Filters(test.arch, test.profile, test.relaxed)
		if err == nil || filters != nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s %q %v: %d filters, %v, want %q", test.arch, test.profile, test.relaxed, len(filters), err, test.want)
		}
	}
}

// What a program of the reference's attack cases gets, in words.
func TestRulesInWords(t *testing.T) {
	p := policyOf(t, Architectures()[0])
	numbers := syscalls(t, "amd64")
	tests := []struct {
		name string
		args [6]uint64
		want uint32
	}{
		{"clone3", [6]uint64{}, verdictErrno | 38},
		{"clone", [6]uint64{0x10000011}, verdictErrno | 1},
		{"clone", [6]uint64{0x20011}, verdictErrno | 1},
		{"clone", [6]uint64{0x3d0f00}, verdictAllow}, // a thread
		{"fsopen", [6]uint64{}, verdictErrno | 38},
		{"ioctl", [6]uint64{0, 0x1_0000_541C}, verdictErrno | 1},
		{"ioctl", [6]uint64{0, 0x5413}, verdictAllow},
		{"socket", [6]uint64{38, 5}, verdictErrno | 97},
		{"socket", [6]uint64{16, 3, 9}, verdictErrno | 1},
		{"socket", [6]uint64{16, 3, 0}, verdictAllow},
		{"socket", [6]uint64{2, 3, 1}, verdictErrno | 1},
		{"socket", [6]uint64{2, 1 | 0x80800, 262}, verdictErrno | 93},
		{"socket", [6]uint64{10, 1 | 0x80800, 6}, verdictAllow},
		{"personality", [6]uint64{0x400000}, verdictErrno | 1},
		{"personality", [6]uint64{0x40000}, verdictAllow},
		{"personality", [6]uint64{0xffffffff}, verdictAllow},
		{"ptrace", [6]uint64{}, verdictAllow},
		{"io_uring_setup", [6]uint64{}, verdictErrno | 1},
	}
	for _, test := range tests {
		c := call{p.arch.Audit, numbers[test.name], test.args}
		if got := decide(t, p, set{profile: Normal}, c); got != test.want {
			t.Errorf("%s%#x: %#x, want %#x", test.name, test.args, got, test.want)
		}
	}
}
