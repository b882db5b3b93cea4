package state

import "fmt"

// CorruptError says that the state file cannot be understood. Nothing overwrites such a file.
type CorruptError struct {
	Path string
	Err  error // what is wrong with it
}

func (e *CorruptError) Error() string {
	return fmt.Sprintf("state file %q is damaged: %v; it was left untouched: repair it, or move it away to start with an "+
		"empty list (worktrees and branches stay as they are)", e.Path, e.Err)
}

func (e *CorruptError) Unwrap() error { return e.Err }

// VersionError says that the state file was written by a newer version of the program. It comes inside a *CorruptError.
type VersionError struct {
	Got int
}

func (e *VersionError) Error() string {
	return fmt.Sprintf("it has schema_version %d and this program knows up to %d: use the newer jail that wrote it",
		e.Got, SchemaVersion)
}
