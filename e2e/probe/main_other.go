//go:build !linux

// Probe attempts what only Linux has.
package main

func main() {}
