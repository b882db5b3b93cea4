package state

import (
	"errors"
	"fmt"
)

// MaxName is the longest name of a jail, in bytes.
const MaxName = 64

// ErrName is what every error of ValidName is.
var ErrName = errors.New("use 1 to 64 of the characters A-Z a-z 0-9 _ and -, not beginning with -")

// ValidName returns nil for a name that a jail may have. The name becomes part of a path and of a branch name, and
// stands on command lines, so it cannot be a path, an option or anything that a terminal would interpret.
func ValidName(name string) error {
	if name == "" || len(name) > MaxName || name[0] == '-' {
		return nameError(name)
	}
	for i := range len(name) {
		if !nameByte(name[i]) {
			return nameError(name)
		}
	}
	return nil
}

func nameByte(c byte) bool {
	return 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9' || c == '_' || c == '-'
}

// nameError quotes, so that no control or bidi character of a hostile name reaches a terminal, and shortens.
func nameError(name string) error {
	if len(name) > 2*MaxName {
		return fmt.Errorf("invalid jail name %q... (%d bytes): %w", name[:2*MaxName], len(name), ErrName)
	}
	return fmt.Errorf("invalid jail name %q: %w", name, ErrName)
}
