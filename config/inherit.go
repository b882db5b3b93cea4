package config

// Inherit says what of the caller's environment reaches the jail beyond the names that always do. The zero value says nothing.
type Inherit string

const (
	InheritNone     Inherit = "none"
	InheritFiltered Inherit = "filtered" // all but what looks like a secret, a socket, or an order to a loader or interpreter
	InheritAll      Inherit = "all"
)

// inherits are all modes, the tightest first.
var inherits = []string{string(InheritNone), string(InheritFiltered), string(InheritAll)}

// ParseInherit reads a mode.
func ParseInherit(text string) (Inherit, error) { return parseWord[Inherit]("", text, inherits) }
