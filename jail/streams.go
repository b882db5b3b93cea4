package jail

import "os"

// Streams are the standard streams of a jail's command. They stay open for the caller.
type Streams struct {
	In, Out, Err *os.File
}

// Standard are the caller's own.
func Standard() Streams { return Streams{os.Stdin, os.Stdout, os.Stderr} }
