package jail

import (
	"fmt"
	"os"

	"golang.org/x/sys/unix"

	"jail/landlock"
)

// terminal returns where the caller types, and where he looks: his terminal may be only some of the streams.
func (s Streams) terminal() (in, out *os.File) {
	in, out = s.In, s.Out
	isTerminal := func(f *os.File) bool {
		_, err := unix.IoctlGetTermios(int(f.Fd()), unix.TCGETS)
		return err == nil
	}
	for _, f := range []*os.File{s.Err, s.In} {
		if !isTerminal(out) {
			out = f
		}
	}
	if !isTerminal(in) {
		in = out
		if tty, err := os.OpenFile("/dev/tty", os.O_RDWR|unix.O_NOCTTY, 0); err == nil {
			in = tty
		}
	}
	return in, out
}

// streamRules lets the command open its standard streams again, as /dev/stdout and the like are for, in the ways in which
// they are open already. They may lead to files and terminals of the host that no mount shows; pipes need no rule.
func streamRules() []landlock.Rule {
	var rules []landlock.Rule
	for fd := range 3 {
		var st unix.Stat_t
		// One that has no name any more, or never had one, as a memfd, cannot be in a rule.
		if unix.Fstat(fd, &st) != nil || st.Nlink == 0 {
			continue
		}
		flags, err := unix.FcntlInt(uintptr(fd), unix.F_GETFL, 0)
		if err != nil {
			continue
		}
		access := map[int]landlock.Access{unix.O_RDONLY: landlock.Read, unix.O_WRONLY: landlock.Fill, unix.O_RDWR: landlock.Edit}[flags&unix.O_ACCMODE]
		switch st.Mode & unix.S_IFMT {
		case unix.S_IFCHR:
			if _, err := unix.IoctlGetTermios(fd, unix.TCGETS); err == nil {
				access = landlock.Terminal
			}
		case unix.S_IFREG:
		default:
			continue
		}
		rules = append(rules, landlock.Rule{Path: fmt.Sprintf("/proc/self/fd/%d", fd), Access: access, Follow: true})
	}
	return rules
}
