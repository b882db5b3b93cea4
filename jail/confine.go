package jail

import (
	"runtime"

	"jail/landlock"
	"jail/mounts"
	"jail/seccomp"
)

// load puts the filters on. They are in this binary, so that nothing but the choice travels to init.
func (s Syscalls) load() error {
	filters, err := seccomp.Filters(runtime.GOARCH, s.Profile, s.Relaxed)
	if err != nil {
		return err
	}
	return seccomp.Load(filters)
}

// LandlockABI is the version of the running kernel, 0 where it has none; MinLandlockABI is what a jail needs.
func LandlockABI() int { return landlock.ABI() }

// MinLandlockABI is the oldest Landlock version that is enough.
const MinLandlockABI = landlock.MinABI

// ScopesABI is the Landlock version that keeps signals and abstract sockets inside (Linux 6.12).
const ScopesABI = landlock.ScopesABI

// landlockRules allows by Landlock what the mounts allow, and nothing else: reading whatever is visible, writing where a
// mount is writable. The rule for "/" covers all mounts of the jail and nothing outside, because Landlock looks upwards
// from a file through the mounts that lead to it.
func landlockRules(list []mounts.Mount) []landlock.Rule {
	rules := []landlock.Rule{{Path: "/", Access: landlock.Read}}
	for _, m := range list {
		switch {
		case m.Kind == mounts.Tmpfs, m.Kind == mounts.Overlay, m.Kind == mounts.Store, m.Kind == mounts.Bind && m.Access == mounts.ReadWrite:
			rules = append(rules, landlock.Rule{Path: m.Target, Access: landlock.Write})
		case m.Kind == mounts.Bind && m.Access == mounts.Connect:
			rules = append(rules, landlock.Rule{Path: m.Target, Access: landlock.Connect})
		case m.Kind == mounts.Device && m.Access == mounts.Control:
			rules = append(rules, landlock.Rule{Path: m.Target, Access: landlock.Terminal})
		case m.Kind == mounts.Proc, m.Kind == mounts.Device && m.Target != "/dev/tty":
			// In /proc a process names its threads and sets its out-of-memory score.
			rules = append(rules, landlock.Rule{Path: m.Target, Access: landlock.Edit})
		case m.Kind == mounts.Devpts, m.Kind == mounts.Device:
			rules = append(rules, landlock.Rule{Path: m.Target, Access: landlock.Terminal})
		}
	}
	return rules
}
