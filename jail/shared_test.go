//go:build linux || darwin

package jail

import (
	"bytes"
	"io"
	"os"
	"testing"

	"golang.org/x/sys/unix"
)

// A pipe that becomes non-blocking after os has taken it for a blocking one, as a stream of the caller's does.
func TestSharedStreamThatBecomesNonBlocking(t *testing.T) {
	var fds [2]int
	if err := unix.Pipe(fds[:]); err != nil {
		t.Fatal(err)
	}
	in, out := os.NewFile(uintptr(fds[0]), "in"), os.NewFile(uintptr(fds[1]), "out")
	defer in.Close()
	for _, fd := range fds {
		if err := unix.SetNonblock(fd, true); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := in.Read(make([]byte, 1)); err == nil || err == io.EOF {
		t.Fatalf("control: an empty pipe gives %v", err)
	}
	want := bytes.Repeat([]byte("0123456789"), 100_000) // more than a pipe holds
	written := make(chan error, 1)
	go func() {
		_, err := shared{out}.Write(want)
		out.Close()
		written <- err
	}()
	got, err := io.ReadAll(shared{in})
	if err != nil || !bytes.Equal(got, want) {
		t.Errorf("%d bytes of %d, %v", len(got), len(want), err)
	}
	if err := <-written; err != nil {
		t.Error(err)
	}
}
