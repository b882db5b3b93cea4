package jail

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/netip"
	"os"
	"runtime"

	"golang.org/x/sys/unix"

	"jail/landlock"
	"jail/mounts"
	"jail/seccomp"
)

// Doctor tries each primitive that a jail needs in a child that is thrown away, and tells what it found. Nothing of the
// host is changed.
func Doctor() []Check {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	uid, gid := os.Geteuid(), os.Getegid()
	if uid == 0 {
		uid, gid = 1000, 1000
	}
	attr := namespaces(Spec{UID: uid, GID: gid, Network: NetworkNone})
	handoff, err := newHandoff()
	if err != nil {
		return []Check{{"memfd", Missing, err.Error(), "run Linux 5.12 or newer"}}
	}
	defer handoff.Close()
	pid, control, err := spawn(probeName, Standard(), handoff, attr)
	if err != nil {
		why, fix := Diagnose(err)
		return []Check{{"namespaces", Missing, fmt.Sprintf("%v: %s", errors.Unwrap(err), why), fix}}
	}
	defer control.Close()
	checks := []Check{{Name: "namespaces", Grade: Works, Found: "user, mount, pid, ipc, uts, cgroup and network namespaces, ids mapped"}}
	decoder := json.NewDecoder(control)
	for {
		var check Check
		if decoder.Decode(&check) != nil {
			break
		}
		checks = append(checks, check)
	}
	if _, err := wait(pid); err != nil {
		checks = append(checks, Check{"probe", Missing, err.Error(), ""})
	}
	return append(checks, terminalInjection(), delegatedCgroup())
}

// trial is one primitive and what its absence means.
type trial struct {
	name  string
	grade Grade // where it fails
	do    func() (found string, err error)
	fix   string
}

// probe is the child stage of Doctor. The order matters as in Init: what changes the view comes last.
//
// Preconditions: as for Init.
func probe(control *os.File) {
	view := &mounts.Builder{}
	only := func(f func() error) func() (string, error) { return func() (string, error) { return "works", f() } }
	const newer = "run Linux 5.12 or newer"
	trials := []trial{
		{"private mounts", Missing, only(mounts.MakePrivate), "allow mounts in user namespaces"},
		{"mount API", Missing, only(func() (err error) { view, err = mounts.NewBuilder(); return err }), newer},
		{"tmpfs and binds", Missing, only(func() error { return applyAll(view, trialMounts) }), newer},
		{"procfs", Missing, only(func() error { return view.Apply(mounts.Mount{Kind: mounts.Proc, Target: "/proc"}) }), maskedProcFix},
		{"devpts", Missing, only(func() error { return view.Apply(mounts.Mount{Kind: mounts.Devpts, Target: "/dev/pts"}) }), newer},
		{"loopback", Missing, only(loopbackUp), "allow network namespaces"},
		{"network gate", Degraded, gateTrial, "run a kernel with network namespaces and the routes of Linux 2.6.37; --network allow needs them"},
		{"pivot_root", Missing, only(func() error { return view.Pivot() }), "do not run from an initramfs"},
		{"overlayfs", Degraded, only(overlayTrial), "run Linux 5.11 or newer; copy-on-write folders need it"},
		{"capabilities", Missing, func() (string, error) {
			return "dropped and found to be gone", errors.Join(dropCapabilities(), checkCapabilities())
		}, ""},
		{"landlock", Missing, landlockTrial, "boot with lsm=landlock,… on Linux 6.2 or newer; --no-landlock does without"},
		{"seccomp", Missing, seccompTrial, "run a kernel with CONFIG_SECCOMP_FILTER; --no-seccomp does without"},
	}
	for _, t := range trials {
		check := Check{Name: t.name, Grade: Works}
		found, err := t.do()
		if check.Found = found; err != nil {
			check.Grade, check.Found, check.Fix = t.grade, err.Error(), t.fix
		}
		send(control, check)
		if err != nil && t.grade == Missing {
			return // what follows stands on it
		}
	}
}

// trialMounts has one mount of each sort that needs no file of the host but those that every host has.
var trialMounts = []mounts.Mount{
	{Kind: mounts.Device, Source: "/dev/null", Target: "/dev/null"},
	{Kind: mounts.Tmpfs, Target: "/tmp", Size: 1 << 20},
	{Kind: mounts.Bind, Source: "/usr", Target: "/usr"},
	{Kind: mounts.Seal, Target: "/usr"},
}

func applyAll(view *mounts.Builder, list []mounts.Mount) error {
	for _, m := range list {
		if err := view.Apply(m); err != nil {
			return fmt.Errorf("%s: %w", m, err)
		}
	}
	return nil
}

// overlayTrial mounts an overlay with userxattr, as an unprivileged user must (overlayfs.rst; Linux 5.11).
func overlayTrial() error {
	for _, dir := range []string{"/tmp/lower", "/tmp/upper", "/tmp/work", "/tmp/merged"} {
		if err := unix.Mkdir(dir, 0o700); err != nil {
			return err
		}
	}
	return unix.Mount("overlay", "/tmp/merged", "overlay", 0, "userxattr,lowerdir=/tmp/lower,upperdir=/tmp/upper,workdir=/tmp/work")
}

// gateTrial opens the doors of a filtered network, and says which level is reached.
func gateTrial() (string, error) {
	v6, err := route()
	if err != nil {
		return "", err
	}
	var l listeners
	defer l.close()
	l.packets(dnsPort)
	l.tcp(netip.IPv4Unspecified(), dnsPort)
	if why := l.redirected(Gate{}, v6); why != nil {
		return fmt.Sprintf("level %s: works for the ports of rules, and what goes to others is refused and not written down (%v)", LevelListeners, why), l.err
	}
	found := fmt.Sprintf("level %s: every TCP port passes the gate", LevelNetfilter)
	if l.datagrams(v6) == 0 {
		found += "; datagrams are refused and not written down (no NFLOG)"
	}
	return found, l.err
}

// landlockTrial confines the child and tries what no rule allows.
func landlockTrial() (string, error) {
	abi, err := landlock.Restrict(landlockRules(trialMounts))
	if err != nil {
		return "", err
	}
	return fmt.Sprintf("ABI %d, denies", abi), checkLandlock(trialMounts)
}

// seccompTrial filters the child's calls and tries one that is refused.
func seccompTrial() (string, error) {
	if err := (Syscalls{Profile: seccomp.Strict}).load(); err != nil {
		return "", err
	}
	return "refuses", checkSyscalls()
}

// terminalInjection tells whether the kernel still lets a program type into its terminal (Linux 6.2 made it a switch). The
// filter refuses it either way.
func terminalInjection() Check {
	if readValue("/proc/sys/dev/tty/legacy_tiocsti") == "0" {
		return Check{Name: "TIOCSTI", Grade: Works, Found: "off in this kernel"}
	}
	return Check{Name: "TIOCSTI", Grade: Works, Found: "on in this kernel, and refused by the filter"}
}

// delegatedCgroup tells whether memory can be limited without root.
func delegatedCgroup() Check {
	found, err := FindCgroup()
	if err == nil && !found.Has(ControlMemory) {
		err = fmt.Errorf("%s controls only: %s", found.Dir, found.Controllers)
	}
	if err != nil {
		return Check{"cgroup", Degraded, "memory cannot be limited: " + err.Error(), "start jail by: " + DelegatedStart}
	}
	return Check{Name: "cgroup", Grade: Works, Found: fmt.Sprintf("%s can be divided, and controls %s", found.Dir, found.Controllers)}
}
