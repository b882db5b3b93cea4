//go:build !linux

// Probe makes system calls of Linux.
package main

func main() {}
