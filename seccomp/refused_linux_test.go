package seccomp

import (
	"fmt"
	"os"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"testing"

	"golang.org/x/sys/unix"
)

// attempt is a refused call whose arguments are such that the kernel would do nothing if it came through.
type attempt struct {
	name string
	call call
}

// attempts has for each rule of the groups the calls that just meet its conditions. All other arguments are -1: no address, no
// file, no valid flags.
func attempts(t *testing.T, numbers map[string]uint32, wanted func(Group) bool) []attempt {
	var found []attempt
	for _, rule := range Rules() {
		for _, name := range rule.Names(runtime.GOARCH) {
			for _, args := range arguments([]Rule{rule}) {
				c := call{number: numbers[name], args: args}
				for i := range c.args {
					if !slices.ContainsFunc(rule.When, func(w Condition) bool { return w.Arg == uint(i) }) {
						c.args[i] = ^uint64(0)
					}
				}
				if c = harmless(name, c); wanted(rule.Group) && rule.hits(c.args) {
					found = append(found, attempt{name, c})
				}
			}
		}
	}
	return found
}

// harmless makes calls fail whose conditions alone would let them do something.
func harmless(name string, c call) call {
	switch name {
	case "clone": // a thread without shared signal handlers is EINVAL, and so no process is made
		c.args[0] = c.args[0]&^unix.CLONE_SIGHAND | unix.CLONE_THREAD
	case "socket", "socketpair": // unknown flags are EINVAL before the kernel loads a module for the family
		c.args[1] |= 0x40000000
	}
	return c
}

func tryAll(t *testing.T, profile string, all []attempt) []unix.Errno {
	t.Helper()
	var input strings.Builder
	for _, a := range all {
		fmt.Fprint(&input, a.call.number)
		for _, arg := range a.call.args {
			fmt.Fprint(&input, " ", arg)
		}
		input.WriteByte('\n')
	}
	out, err := run(t, profile+": calls", input.String())
	lines := strings.Fields(out)
	if err != nil || len(lines) != len(all) {
		t.Fatalf("%s: %d answers to %d calls: %v\n%s", profile, len(lines), len(all), err, out)
	}
	var answers []unix.Errno
	for _, line := range lines {
		n, err := strconv.Atoi(line)
		if err != nil {
			t.Fatalf("%s: %v", profile, err)
		}
		answers = append(answers, unix.Errno(n))
	}
	return answers
}

// alike are the calls whose refusal cannot be told from the kernel's own answer, at least on some kernels.
const (
	alikeAlways   = "_sysctl lookup_dcookie nfsservctl uselib clone3 memfd_secret process_mrelease vhangup"
	alikeForUsers = "init_module finit_module delete_module kexec_load kexec_file_load reboot swapon swapoff acct quotactl quotactl_fd " +
		"syslog settimeofday clock_settime mount umount2 pivot_root chroot fsopen fspick open_by_handle_at bpf userfaultfd " +
		"fanotify_init fanotify_mark perf_event_open sethostname setdomainname adjtimex clock_adjtime setns iopl ioperm " +
		"move_pages migrate_pages kcmp"
)

func TestRefusedCallsAnswerWithTheirErrno(t *testing.T) {
	numbers := syscalls(t, runtime.GOARCH)
	for _, profile := range []Profile{Normal, Strict} {
		t.Run(string(profile), func(t *testing.T) {
			all := attempts(t, numbers, func(g Group) bool { return profile == Strict || g != GroupStrict && g != debug })
			p := policyOf(t, archOf(t))
			control, got := tryAll(t, "free", all), tryAll(t, string(profile), all)
			told := map[string]bool{}
			for i, a := range all {
				a.call.audit = p.arch.Audit
				want := unix.Errno(decide(t, p, set{profile: profile}, a.call) & 0xffff)
				if got[i] != want || want == 0 {
					t.Errorf("%s(%#x): %v, want %v", a.name, a.call.args, got[i], want)
				}
				told[a.name] = told[a.name] || control[i] != want
			}
			alike := strings.Fields(alikeAlways)
			if os.Geteuid() != 0 {
				alike = append(alike, strings.Fields(alikeForUsers)...)
			}
			for _, a := range all {
				if !told[a.name] && !slices.Contains(alike, a.name) {
					t.Errorf("%s answers the same without a filter, so that this test shows nothing", a.name)
					told[a.name] = true
				}
			}
			t.Logf("%d calls", len(all))
		})
	}
}

// Each relaxation gives back what it names.
func TestRelaxationsGiveBack(t *testing.T) {
	numbers := syscalls(t, runtime.GOARCH)
	for _, group := range []Group{userNS, debug, perf, ioURing, rawSocket} {
		all := attempts(t, numbers, func(g Group) bool { return g == group })
		control, got := tryAll(t, "free", all), tryAll(t, "strict,"+string(group), all)
		p := policyOf(t, archOf(t))
		for i, a := range all {
			a.call.audit = p.arch.Audit
			want := control[i]
			if verdict := decide(t, p, set{profile: Strict, relaxed: []Relaxation{Relaxation(group)}}, a.call); verdict != verdictAllow {
				want = unix.Errno(verdict & 0xffff)
			}
			if got[i] != want {
				t.Errorf("%s relaxed: %s(%#x): %v, want %v", group, a.name, a.call.args, got[i], want)
			}
		}
	}
}

func archOf(t *testing.T) Architecture {
	for _, arch := range Architectures() {
		if arch.Name == runtime.GOARCH {
			return arch
		}
	}
	t.Skipf("no table for %s", runtime.GOARCH)
	return Architecture{}
}
