package main

import (
	"os"

	"golang.org/x/sys/unix"
)

// redirectStderr lets all that is written to standard error go to a file.
func redirectStderr(to *os.File) error { return unix.Dup2(int(to.Fd()), 2) }
