package session

import (
	"testing"

	"jail/state"
)

// self is this process as a session.
func self(t *testing.T) state.Session {
	t.Helper()
	s, err := state.CurrentSession("cargo")
	if err != nil {
		t.Fatal(err)
	}
	return s
}
