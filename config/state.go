package config

import "slices"

// StateMode says what becomes of the files that an agent keeps in the home: its login, its history, its settings. The zero
// value says nothing.
type StateMode string

const (
	StateNone StateMode = "none" // the jail has none of them
	StateRO   StateMode = "ro"   // they can be read
	StateCopy StateMode = "copy" // the jail has its own from then on; a refreshed login alone goes back to the host
	StateRW   StateMode = "rw"   // they are shared, but for what makes the agent run code
)

// stateModes are the modes, each wider than those before it.
var stateModes = []string{string(StateNone), string(StateRO), string(StateCopy), string(StateRW)}

// ParseStateMode reads a mode of agent state.
func ParseStateMode(text string) (StateMode, error) {
	return parseWord[StateMode]("mode ", text, stateModes)
}

// wider reports whether a mode gives more than another.
func (m StateMode) wider(than StateMode) bool {
	return slices.Index(stateModes, string(m)) > slices.Index(stateModes, string(than))
}

// HomeMode says how long the home lives. The zero value says nothing, and leaves it to the plan.
type HomeMode string

const (
	HomeEphemeral HomeMode = "ephemeral" // as long as the run
	HomeJail      HomeMode = "jail"      // as long as the named jail, or the project
)

var homeModes = []string{string(HomeEphemeral), string(HomeJail)}

// ParseHomeMode reads a mode of the home.
func ParseHomeMode(text string) (HomeMode, error) {
	return parseWord[HomeMode]("mode ", text, homeModes)
}
