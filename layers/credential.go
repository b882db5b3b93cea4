package layers

import (
	"fmt"
	"strings"
)

// Credential is a file by which an agent is logged in. Logins expire, and agents replace the file by a newer one; where
// that happens in a jail, the host would be left with one that is used up.
type Credential struct {
	Host string // the file on the host
	Dir  string // the folder of the host that the jail writes to: an upper layer, or a home
	Path string // beneath Dir
	// Values are those of the JSON object in the file that make a login: names from the outermost object to the value, parted
	// by spaces, where * is any name that has no slash in it. With =TEXT after it, the object that holds the value is a login
	// only where the value is one of the texts so given. Nothing else is ever brought to the host.
	Values []string
}

// RefusedError says why what the jail has in the place of a login is not brought to the host.
type RefusedError struct {
	Credential
	Why string
}

func (e *RefusedError) Error() string {
	return fmt.Sprintf("the login that the jail has for %q was not taken: %s", e.Host, e.Why)
}

// LeftOutError says what of a jail's file was not brought to the host, as it is more than a login. The rest may have been.
type LeftOutError struct {
	Credential
	Names []string
}

// maxNamed is how many names of values an error tells, and how long each may be: a jail wrote them.
const maxNamed, maxNameLength = 3, 80

func (e *LeftOutError) Error() string {
	var names []string
	for _, name := range e.Names[:min(len(e.Names), maxNamed)] {
		names = append(names, fmt.Sprintf("%.*q", maxNameLength, name))
	}
	if more := len(e.Names) - maxNamed; more > 0 {
		names = append(names, fmt.Sprintf("%d more", more))
	}
	return fmt.Sprintf("the jail has more than a renewed login for %q, and this was not taken: %s", e.Host, strings.Join(names, ", "))
}
