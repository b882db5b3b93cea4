package main

import (
	"io"
	"os"
	"testing"

	"github.com/creack/pty"
	"golang.org/x/sys/unix"
)

// A panic, of the loop or of what works beside it, is read on the terminal as it was.
func TestPanicGivesTheTerminalBack(t *testing.T) {
	master, terminal, err := pty.Open()
	if err != nil {
		t.Fatal(err)
	}
	defer master.Close()
	in, out := os.Stdin, os.Stdout
	defer func() { os.Stdin, os.Stdout = in, out }()
	os.Stdin, os.Stdout = terminal, terminal
	before, err := unix.IoctlGetTermios(int(terminal.Fd()), getTermios)
	if err != nil {
		t.Fatal(err)
	}
	s := &fullScreen{typed: make(chan []byte, 1)}
	if err := s.take(); err != nil {
		t.Fatal(err)
	}
	if raw, err := unix.IoctlGetTermios(int(terminal.Fd()), getTermios); err != nil || raw.Lflag&unix.ICANON != 0 {
		t.Errorf("it was not taken: %v, %v", raw, err)
	}
	func() {
		defer func() {
			if recover() == nil {
				t.Error("the panic is gone")
			}
		}()
		s.guard(func() { panic("as a bug would") })
	}()
	if after, err := unix.IoctlGetTermios(int(terminal.Fd()), getTermios); err != nil || *after != *before {
		t.Errorf("got %v, %v, want %v", after, err, before)
	}
	said := make([]byte, len(takeScreen+giveScreen))
	if _, err := io.ReadFull(master, said); err != nil || string(said) != takeScreen+giveScreen {
		t.Errorf("it says %q, %v", said, err)
	}
	terminal.Close()
}
