package config

import "fmt"

// Refusal is one thing that was asked for and is not given.
type Refusal struct {
	Origin string `json:"origin"` // "PATH:LINE"
	Key    string `json:"key"`    // the key of the file, or "commands.NAME"
	Value  string `json:"value"`  // as written; for an environment variable, its name only
	Why    string `json:"why"`    // the reason, and what to do instead
	// Trust says that a project file asks for it, and gets it once the user trusts that file.
	Trust bool `json:"trust,omitempty"`
}

// String is one line for people. Whatever the file wrote is quoted, so that it cannot act on a terminal.
func (r Refusal) String() string {
	if r.Value == "" {
		return fmt.Sprintf("%s: %s is not taken: %s", printable(r.Origin), printable(shorten(r.Key)), r.Why)
	}
	return fmt.Sprintf("%s: %s %q is not taken: %s", printable(r.Origin), printable(shorten(r.Key)), shorten(r.Value), r.Why)
}
