package state

// Measure knows nothing here: there are no jails on this platform yet.
func Measure([]Session) map[int]Usage { return nil }
