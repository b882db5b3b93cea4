package main

import (
	"strings"
	"testing"

	"jail/plan"
)

// TestCommandHint: a command of jail's is suggested for a word that could have been one, and not for what follows jail run.
func TestCommandHint(t *testing.T) {
	for _, test := range []struct {
		typed string
		verb  bool
		want  string
	}{
		{"merg", true, "did you mean: jail merge"},
		{"merg", false, "install it"},
		{"no-such-program", true, "install it"},
	} {
		err := &commandError{&plan.ProgramError{}, test.typed, test.verb}
		if got := err.Hint(); !strings.HasPrefix(got, test.want) {
			t.Errorf("%s, %t: got %q", test.typed, test.verb, got)
		}
	}
}
