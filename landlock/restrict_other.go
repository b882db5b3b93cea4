//go:build !linux

package landlock

import "errors"

// ABI is 0: only Linux has Landlock.
func ABI() int { return 0 }

// Restrict refuses: only Linux has Landlock.
func Restrict([]Rule) (int, error) { return 0, errors.New("only Linux has Landlock") }
