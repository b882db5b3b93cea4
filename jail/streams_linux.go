package jail

import (
	"fmt"

	"golang.org/x/sys/unix"

	"jail/landlock"
)

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
