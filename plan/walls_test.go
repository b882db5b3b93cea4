package plan

import (
	"testing"

	"jail/config"
	"jail/seccomp"
)

// The names that config reads are those that the filter knows.
func TestRelaxationsAreTheFilters(t *testing.T) {
	names, known := config.Relaxations(), seccomp.Relaxations()
	if len(names) != len(known) {
		t.Fatalf("%v, want %v", names, known)
	}
	for i, r := range known {
		if names[i] != string(r) {
			t.Errorf("%q, want %q", names[i], r)
		}
	}
}
