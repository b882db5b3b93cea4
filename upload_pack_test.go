package main

import (
	"bytes"
	"io"
	"os"
	"strings"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"
)

// What comes out of a jail as a pack is cut off at the limit, and said to be; what is smaller comes out whole.
func TestPackIsLimited(t *testing.T) {
	const limit = 3 << 20
	for _, size := range []int{limit, limit + 1, 4 * limit} {
		got, err := throughCounted(t, limit, size)
		switch {
		case size <= limit && (err != nil || got != size):
			t.Errorf("%d bytes: got %d, %v", size, got, err)
		case size > limit && (err == nil || !strings.Contains(err.Error(), "larger than 3 MiB") || got > limit+1):
			t.Errorf("%d bytes: got %d, %v", size, got, err)
		}
	}
}

// throughCounted writes that many bytes to a limited standard output and returns how many came out.
func throughCounted(t *testing.T, limit int64, size int) (int, error) {
	t.Helper()
	stdout, err := syscall.Dup(1)
	if err != nil {
		t.Fatal(err)
	}
	defer syscall.Close(stdout)
	read, write, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer read.Close()
	if err := unix.Dup2(int(write.Fd()), 1); err != nil {
		t.Fatal(err)
	}
	write.Close()
	arrived := make(chan int)
	go func() {
		n, _ := io.Copy(io.Discard, read)
		arrived <- int(n)
	}()
	out, wait, err := counted(limit, func() {})
	if err != nil {
		t.Fatal(err)
	}
	_, _ = out.Write(bytes.Repeat([]byte{'x'}, size)) // EPIPE beyond the limit
	out.Close()
	if err := unix.Dup2(stdout, 1); err != nil { // closes the copy that 1 was
		t.Fatal(err)
	}
	err = wait()
	return <-arrived, err
}
