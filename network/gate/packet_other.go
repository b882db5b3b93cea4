//go:build !linux

package gate

// asAddressed has nothing to say: jails with a gate are Linux's.
func asAddressed([]byte) []byte { return nil }
