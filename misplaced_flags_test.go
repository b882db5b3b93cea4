package main

import (
	"slices"
	"testing"
)

// A name that is no flag of ours would refuse what nobody meant for us.
func TestUnmistakableFlagsAreOurs(t *testing.T) {
	var ours []string
	for _, f := range runFlags() {
		ours = append(ours, f.Names()...)
	}
	for _, old := range oldFlags() {
		ours = append(ours, old.name)
	}
	for _, name := range unmistakable {
		if !slices.Contains(ours, name) {
			t.Errorf("--%s is no flag of jail run", name)
		}
	}
}
