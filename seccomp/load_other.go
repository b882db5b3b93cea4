//go:build !linux

package seccomp

import "errors"

// Load refuses: only Linux has seccomp.
func Load([][]byte) error { return errors.New("only Linux has seccomp") }
