package main

import "os"

// ownProgram is what starts this program once more.
func ownProgram() (string, error) { return os.Executable() }
