package plan

// System is what a jail is built from. The zero value is Linux.
type System string

const (
	Linux System = ""
	MacOS System = "macos" // Apple's sandbox (package sbpl), which hides and denies, and mounts nothing
)
