// Package state keeps the record of named jails: one JSON file, changed under a lock and replaced as a whole, so that
// two processes lose no change of each other and a full disk or a crash leaves the file as it was.
package state

import (
	"crypto/rand"
	"encoding/hex"
	"time"
)

// SchemaVersion is the version of the file that this package reads and writes.
const SchemaVersion = 1

// File is the content of jails.json. Jails are sorted by name.
type File struct {
	SchemaVersion int      `json:"schema_version"`
	Jails         []Record `json:"jails"`
}

// Phase is the stage of a jail's life.
type Phase string

const (
	Creating   Phase = "creating"   // reserved; Sessions holds its creator; if that is gone, the jail is rolled back
	Ready      Phase = "ready"      // complete; Sessions holds who runs in it
	Destroying Phase = "destroying" // being removed; Sessions holds who does it; if that is gone, the removal is finished
)

// Record is one named jail. All paths are absolute and without symlinks.
type Record struct {
	ID         string    `json:"id"`         // random, 128 bits in hex: tells a jail from a later one of the same name
	Name       string    `json:"name"`       // see ValidName
	Repo       string    `json:"repo"`       // top of the repository's work tree, or its git directory if it is bare
	CommonDir  string    `json:"common_dir"` // git directory that all work trees of the repository share
	AdminDir   string    `json:"admin_dir"`  // the jail's own directory below CommonDir/worktrees; empty while creating
	Worktree   string    `json:"worktree"`   // the jail's work tree
	Branch     string    `json:"branch"`     // short name, as in jail/NAME
	Base       string    `json:"base"`       // commit id that the branch started from
	BaseRef    string    `json:"base_ref"`   // full name of the ref that Base came from; empty for a plain commit
	Created    time.Time `json:"created"`    // UTC
	Phase      Phase     `json:"phase"`
	Entrypoint []string  `json:"entrypoint,omitempty"` // program and arguments that enter runs; empty means the shell
	Sessions   []Session `json:"sessions,omitempty"`
}

// Find returns the index of the jail with that name, or -1.
func (f *File) Find(name string) int {
	for i := range f.Jails {
		if f.Jails[i].Name == name {
			return i
		}
	}
	return -1
}

// NewID returns a fresh Record.ID.
func NewID() string {
	var id [16]byte
	rand.Read(id[:]) // never fails (crypto/rand, Go 1.24)
	return hex.EncodeToString(id[:])
}
