// Package guard keeps a jail from leaving files in a project that programs on the host obey: an editor's tasks, an agent's
// hooks, what a shell runs on entering a folder. What is there already is mounted read-only; what is not there cannot be,
// without a placeholder in the user's folder. So whatever appears by such a name is moved aside the moment it is made.
//
// That is no wall: between the making and the moving lie up to some milliseconds, in which a program of the host could
// read the file. Nothing is left at the end, unless the machine stops, or jail is killed by SIGKILL in that moment.
package guard

import (
	"path"
	"slices"
	"strings"
)

// Guard says what to keep out of one folder of the host.
type Guard struct {
	Dir    string   // absolute; jails write to it
	Names  []string // globs of package path, in small letters
	Stands []string // names in Dir that were there before: they are mounted, and never moved
	Links  []Link   // symlinks in Dir that were there before: what takes the place of one is moved, and the link made again
	Hidden []string // files of the host that the jail does not see; somebody who replaces one of them uncovers it
	Aside  string   // folder in which one is made for what is moved
}

// Link is a symlink.
type Link struct{ Name, Text string }

// Report is what happened.
type Report struct {
	Moved    []Moved
	Replaced []string // of Stands and Hidden: what is at these paths now was put there during the run
	Failed   []error  // what could not be moved
}

// Moved is a file or folder that was moved aside.
type Moved struct{ Name, To string }

// guards reports whether a name is to be kept out.
func (g Guard) guards(name string) bool {
	if slices.Contains(g.Stands, name) {
		return false
	}
	small := strings.ToLower(name)
	return slices.ContainsFunc(g.Names, func(glob string) bool {
		matched, err := path.Match(glob, small)
		return matched && err == nil
	})
}

// maxMoved is how many things are kept aside. Of what a jail makes again and again beyond that the last is kept, or none where
// the project lies on another file system.
const maxMoved = 100
