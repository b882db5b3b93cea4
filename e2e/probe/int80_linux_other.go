//go:build linux && !amd64

package main

import "syscall"

func thirtyTwoBit(_, _ uintptr) error { return syscall.ENOSYS }
