package main

// ownProgram is what starts this program once more: this very one, also where its file was replaced meanwhile.
func ownProgram() (string, error) { return "/proc/self/exe", nil }
