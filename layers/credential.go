package layers

import "fmt"

// Credential is a file by which an agent is logged in. Logins expire, and agents replace the file by a newer one; where
// that happens in a jail, the host would be left with one that is used up.
type Credential struct {
	Host string // the file on the host
	Dir  string // the folder of the host that the jail writes to: an upper layer, or a home
	Path string // beneath Dir
}

// RefusedError says why what the jail has in the place of a login is not brought to the host.
type RefusedError struct {
	Credential
	Why string
}

func (e *RefusedError) Error() string {
	return fmt.Sprintf("the login that the jail has for %q was not taken: %s", e.Host, e.Why)
}
