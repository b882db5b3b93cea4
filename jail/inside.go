package jail

import "os"

// What there is to say to who makes a jail in a jail.
const (
	AlreadyInside = "this is a jail already, and a jail makes no jails"
	LeaveItAsItIs = "run the command as it is: it is confined; or start jail outside"
)

// Inside reports whether this process is in a jail, by what jails set. A command inside could forge it: it is asked for a better
// message only.
func Inside() bool { return os.Getenv("IS_SANDBOX") != "" && os.Getenv("JAIL") != "" }
