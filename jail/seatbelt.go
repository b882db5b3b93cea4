package jail

import (
	"fmt"
	"slices"

	"jail/mounts"
	"jail/sbpl"
)

// Seatbelt is what macOS's sandbox is told beside the mounts and the network. On Linux it is empty.
type Seatbelt struct {
	Grants []Grant `json:"grants,omitempty"`
	// Copied are files that begin as copies of the host's, in a folder that is made for the run.
	Copied []Seed `json:"copied,omitempty"`
	// Replaced are files of Mounts that their program replaces as a whole: it writes a new one beside the old, by a name that
	// begins as the old one's does, and renames it.
	Replaced []string `json:"replaced,omitempty"`
	// Closed are names that cannot be made or changed in a folder of Mounts.
	Closed ClosedNames `json:"closed,omitzero"`
}

// ClosedNames are names in a folder.
type ClosedNames struct {
	Dir   string   `json:"dir"`
	Names []string `json:"names"` // in small letters, which stand for both; * stands for the rest of a name
}

// Grant is a service of macOS that a jail reaches only where it is asked for.
type Grant string

const (
	GrantKeychain Grant = "keychain"  // the user's passwords and keys
	GrantMach     Grant = "mach"      // every service of the session
	GrantMachHost Grant = "mach-host" // the host's own ports, which tell about its processors
	GrantIOKit    Grant = "iokit"     // drivers
	GrantPosixIPC Grant = "posix-ipc" // named semaphores and shared memory, which all programs share
	GrantSignal   Grant = "signal"    // signals to the user's other processes
	GrantTrust    Grant = "trust"     // whom macOS trusts; with the host's network it is there anyway
)

// UnfitError says that macOS's sandbox cannot give what a Spec says.
type UnfitError struct {
	What string
	Why  string
}

func (e *UnfitError) Error() string {
	return fmt.Sprintf("macOS's sandbox cannot give %q: %s", e.What, e.Why)
}

// Found is what a profile needs to know beside the Spec, and what is known when the run begins.
type Found struct {
	Terminal string // the device of a terminal of the jail's own; empty where it has none
	Proxy    int    // the port of the host's loopback at which a filtered network's gate is; 0 where there is none
}

// Profile renders a Spec for macOS's sandbox. It refuses what it cannot render, and leaves nothing out. Errors: *UnfitError.
func Profile(s Spec, found Found) (sbpl.Profile, error) {
	if err := s.fitsSeatbelt(found); err != nil {
		return nil, err
	}
	files, err := newFileRules(s)
	if err != nil {
		return nil, err
	}
	grants, err := s.Seatbelt.rules()
	if err != nil {
		return nil, err
	}
	closed, err := s.Seatbelt.Closed.rules()
	if err != nil {
		return nil, err
	}
	profile := slices.Concat(processRules(), grants, terminalRules(found.Terminal), networkRules(s, found.Proxy), files.parents(), s.Seatbelt.replaced(), files.rules, closed, files.last())
	return profile, profile.Check()
}

// fitsSeatbelt refuses what has no place in a profile. What Linux's kernel alone can give is not refused here: the plan has
// named it in Lost.
func (s Spec) fitsSeatbelt(found Found) error {
	switch {
	case s.Backend != BackendSeatbelt:
		return &UnfitError{"the plan", "it was made for Linux"}
	case s.Landlock != WallOff || s.Syscalls.Wall != WallOff:
		return &UnfitError{"Landlock or a filter of system calls", "only Linux has them"}
	case s.Network.Filtered() != (found.Proxy != 0):
		return &UnfitError{"network " + string(s.Network), fmt.Sprintf("its gate is at port %d", found.Proxy)}
	case len(s.Gate.Publish) > 0:
		return &UnfitError{"published ports", "the jail has no ports of its own"}
	case slices.ContainsFunc(s.Gate.HostPorts, func(p HostPort) bool { return p.Jail != p.Host }):
		return &UnfitError{"another port of the host's", "the jail has the host's localhost"}
	case s.Terminal == TerminalInherit:
		return &UnfitError{"terminal " + string(s.Terminal), "who may set the caller's terminal may type into it"}
	case (s.Terminal == TerminalOwn) != (found.Terminal != ""):
		return &UnfitError{"terminal " + string(s.Terminal), fmt.Sprintf("its device is %q", found.Terminal)}
	case s.Kept.Any():
		return &UnfitError{"what outlives the run", "there are no overlays"}
	case s.Limits != Limits{Timeout: s.Limits.Timeout}:
		return &UnfitError{"limits", "nothing holds them"}
	}
	for _, c := range s.Seatbelt.Copied {
		if !scratch(s.Mounts, c.Target) {
			return &UnfitError{c.Target, "a copy needs a folder of the run's own"}
		}
	}
	return nil
}

// replaced allows the names that programs write a new version of a file to. They are bounded: any other name that begins so
// is another file.
func (b Seatbelt) replaced() sbpl.Profile {
	if len(b.Replaced) == 0 {
		return nil
	}
	rule := sbpl.Rule{Action: sbpl.Allow, Operations: []sbpl.Operation{sbpl.FileRead, sbpl.FileWrite}, Why: "new versions of files that are replaced as a whole, and their locks"}
	for _, file := range b.Replaced {
		rule.Filters = append(rule.Filters, sbpl.Filter{Kind: sbpl.Regex, Value: file, Tail: siblings})
	}
	return sbpl.Profile{rule}
}

// siblings follow the name of a file: .tmp, a process's number and a time or a random number, or .lock.
const siblings = `(\.tmp\.[0-9]+\.[0-9a-f]+|\.lock)`

// rules closes names in both cases of their letters, as most file systems of Macs tell none apart. Names of hidden files that
// have other letters than ASCII's are closed as well: some of those count as equal.
func (c ClosedNames) rules() (sbpl.Profile, error) {
	if c.Dir == "" {
		return nil, nil
	}
	rule := sbpl.Rule{Action: sbpl.Deny, Operations: []sbpl.Operation{sbpl.FileWrite}, Why: "programs on the host obey what has such a name"}
	for _, name := range c.Names {
		tail, err := eitherCase(name)
		if err != nil {
			return nil, err
		}
		rule.Filters = append(rule.Filters, sbpl.Filter{Kind: sbpl.Regex, Value: c.Dir, Tail: "/" + tail + "(/.*)?"})
	}
	rule.Filters = append(rule.Filters, sbpl.Filter{Kind: sbpl.Regex, Value: c.Dir, Tail: `/\.[^/]*[^ -~][^/]*(/.*)?`})
	return sbpl.Profile{rule}, nil
}

// eitherCase makes a regular expression of a name.
func eitherCase(name string) (string, error) {
	var tail []byte
	for i := range len(name) {
		switch c := name[i]; {
		case c >= 'a' && c <= 'z':
			tail = append(tail, '[', c, c-'a'+'A', ']')
		case c == '*':
			tail = append(tail, "[^/]*"...)
		case c == '.':
			tail = append(tail, `\.`...)
		case c >= '0' && c <= '9', c == '-', c == '_':
			tail = append(tail, c)
		default:
			return "", &UnfitError{name, fmt.Sprintf("no name of a file to close has the letter %q", c)}
		}
	}
	return string(tail), nil
}

// scratch reports whether a path lies in what the back end makes for a run.
func scratch(list []mounts.Mount, p string) bool {
	return slices.ContainsFunc(list, func(m mounts.Mount) bool {
		return m.Kind == mounts.Tmpfs && p != m.Target && mounts.Within(p, m.Target)
	})
}
