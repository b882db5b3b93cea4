package config

import "slices"

// keyMacAllow is the key that lists them.
const keyMacAllow = "macos_allow"

// macGrants are the services of macOS that a jail reaches only where they are asked for. What they open is known to package
// plan; a test there compares the two.
var macGrants = []string{"keychain", "mach", "mach-host", "iokit", "posix-ipc", "signal", "trust"}

// MacGrants are the names that exist.
func MacGrants() []string { return slices.Clone(macGrants) }

// ParseMacGrant reads one name. An unknown one is an error that lists the valid ones.
func ParseMacGrant(text string) (Relaxation, error) {
	name, err := parseWord[string]("service of macOS ", text, macGrants)
	return Relaxation{Name: name}, err
}

// addRelaxation adds one that is not there yet.
func addRelaxation(to *[]Relaxation, added Relaxation) {
	if !slices.ContainsFunc(*to, func(old Relaxation) bool { return old.Name == added.Name }) {
		*to = append(*to, added)
	}
}
