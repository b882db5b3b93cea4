// Package landlock is the second wall under the mounts: what a rule does not allow stays closed even if a mount fails to
// close it (landlock(7)). Rules name paths as they are inside the jail. A deny inside an allowed folder does not exist in
// Landlock; that is the mounts' work.
package landlock

import "fmt"

// MinABI is the oldest version that is enough: it added control over truncation (Linux 6.2), without which every visible
// file could be emptied.
const MinABI = 3

// ScopesABI is the version from which signals and connections to abstract sockets stay among the confined (Linux 6.12).
const ScopesABI = 6

// Access is what a rule allows at its path and below it. The zero value is no valid access, and refused.
type Access string

const (
	Read     Access = "read"     // read, list, execute
	Edit     Access = "edit"     // Read, and write to files that exist; nothing is made or removed
	Write    Access = "write"    // everything but device nodes and device control
	Fill     Access = "fill"     // write to a file that exists, and not read it
	Terminal Access = "terminal" // Edit, and device control, which terminals need for their settings, and graphics cards for all
	Connect  Access = "connect"  // connect to the socket, which needs to be allowed from ABI 9
)

// Rule allows access at a path that exists.
type Rule struct {
	Path   string
	Access Access
	Follow bool // what the link at Path leads to is meant
}

// String describes the rule.
func (r Rule) String() string { return fmt.Sprintf("%s %s", r.Access, r.Path) }
