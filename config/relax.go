package config

import "slices"

// Relaxation is one thing that a wall refuses and that the user takes back by name.
type Relaxation struct {
	Name   string `json:"name"`
	Origin string `json:"origin"` // where it is said
}

// relaxations are those of the syscall filter. What they open is known to package seccomp; a test of package plan compares the two.
var relaxations = []string{"userns", "debug", "perf", "32bit", "io_uring", "raw-socket"}

// Relaxations are the names that exist of the syscall filter.
func Relaxations() []string { return slices.Clone(relaxations) }

// ParseRelaxation reads one name. An unknown one is an error that lists the valid ones.
func ParseRelaxation(text string) (Relaxation, error) {
	name, err := parseWord[string]("relaxation ", text, relaxations)
	return Relaxation{Name: name}, err
}

// Switch is a decision that a layer may leave open. The zero value says nothing.
type Switch string

const (
	On  Switch = "on"
	Off Switch = "off"
)

// Need says what becomes of a run that a wall is missing for. The zero value says nothing.
type Need string

const (
	Required Need = "required" // it is refused
	Optional Need = "optional" // it goes without, and says so
)

var needs = []string{string(Required), string(Optional)}

func parseNeed(text string) (Need, error) { return parseWord[Need]("", text, needs) }

// parseSwitch reads what the walker gives for a boolean.
func parseSwitch(text string) Switch {
	if text == "true" {
		return On
	}
	return Off
}
