package jail

import (
	"os"
	"path/filepath"
	"testing"

	"golang.org/x/sys/unix"
)

// The dynamic loader relocates pages of the files that it maps, and then makes them read-only: to drop them would bring back what the
// file says. A binary with cgo has such pages.
func TestRelocatedPagesAreKept(t *testing.T) {
	name := filepath.Join(t.TempDir(), "library")
	if err := os.WriteFile(name, make([]byte, os.Getpagesize()), 0o600); err != nil {
		t.Fatal(err)
	}
	file, err := os.Open(name)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	page, err := unix.Mmap(int(file.Fd()), 0, os.Getpagesize(), unix.PROT_READ|unix.PROT_WRITE, unix.MAP_PRIVATE)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = unix.Munmap(page) }()
	page[0] = 'r'
	if err := unix.Mprotect(page, unix.PROT_READ); err != nil {
		t.Fatal(err)
	}
	forgetProgram()
	if page[0] != 'r' {
		t.Error("a relocated page is as it is in the file")
	}
}
