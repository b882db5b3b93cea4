package state

// Process is one process.
type Process struct {
	PID     int    // on the host
	Command string // the program's name, cut off at 15 bytes; a jail chooses it
}
