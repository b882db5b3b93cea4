package main

import "syscall"

// int80 makes a call by the table of 32-bit programs, which a 64-bit program can do too. Negative results are errors.
func int80(number, ebx uint32) int32

func thirtyTwoBit(number, ebx uintptr) error {
	if result := int80(uint32(number), uint32(ebx)); result < 0 {
		return syscall.Errno(-result)
	}
	return nil
}
