package layers

import (
	"fmt"
	"slices"
	"strings"
)

// ChangeKind says what became of the host's file.
type ChangeKind string

const (
	Added    ChangeKind = "added"
	Modified ChangeKind = "modified"
	Deleted  ChangeKind = "deleted"
)

// Change is one difference between a layer and the host's folder.
type Change struct {
	Path string     `json:"path"` // beneath the folder; empty for a seed, which is one file
	Kind ChangeKind `json:"kind"`
	Type string     `json:"type"`           // file, folder, link or other
	Size int64      `json:"size,omitempty"` // bytes of a file
	// Permission bits before and after; 0 where there was nothing or is nothing.
	OldMode Permissions `json:"old_mode,omitempty"`
	Mode    Permissions `json:"mode,omitempty"`
	Link    string      `json:"link,omitempty"` // the text of a link
}

// Permissions are the lower twelve bits of a mode.
type Permissions uint32

// MarshalText writes them as chmod(1) reads them.
func (p Permissions) MarshalText() ([]byte, error) { return fmt.Appendf(nil, "%04o", uint32(p)), nil }

func permissions(mode uint32) Permissions { return Permissions(mode & 0o7777) }

// Problem is a change that was not applied.
type Problem struct {
	Path string      `json:"path"`
	Kind ProblemKind `json:"kind"`
	Why  string      `json:"why"`
}

// ProblemKind says what it takes for a change to be applied.
type ProblemKind string

const (
	Refused  ProblemKind = "refused"  // nothing: it is never applied
	Conflict ProblemKind = "conflict" // Taking.Conflicts
	Withheld ProblemKind = "withheld" // its name in Taking.Only
)

// Selection names the parts of a layer that are meant, by their paths beneath it. None means all of it.
type Selection []string

// Covers reports whether a path is meant.
func (s Selection) Covers(rel string) bool {
	whole, _ := s.covers(rel)
	return whole
}

// covers reports whether a path is meant, and within whether something below it may be.
func (s Selection) covers(rel string) (whole, within bool) {
	if len(s) == 0 {
		return true, true
	}
	for _, want := range s {
		if rel == want || strings.HasPrefix(rel, want+"/") {
			return true, true
		}
		within = within || strings.HasPrefix(want, rel+"/")
	}
	return false, within
}

// Taking says which changes Apply brings to the host.
type Taking struct {
	Only      Selection
	Conflicts Conflicts
	// Withheld are those that make a program on the host run code; "" is everything. They are brought where Only names them
	// themselves. Every .git is one of them without being listed.
	Withheld []string
}

// withholds reports whether a path is one of those that nobody has named.
func (t Taking) withholds(rel string) bool {
	runs := func(p string) bool {
		// git on the host obeys what lies in a .git: hooks, filters, a monitor of files.
		if slices.Contains(strings.Split(p, "/"), ".git") {
			return true
		}
		return slices.ContainsFunc(t.Withheld, func(w string) bool { return w == "" || p == w || strings.HasPrefix(p, w+"/") })
	}
	named := func(o string) bool { return runs(o) && (rel == o || strings.HasPrefix(rel, o+"/")) }
	return runs(rel) && !slices.ContainsFunc(t.Only, named)
}

// Conflicts says what to do with a file that the host has changed after the jail, or, of a review, since it was begun. The zero
// value is the safe one.
type Conflicts string

const (
	KeepHost Conflicts = ""
	TakeJail Conflicts = "take"
)
