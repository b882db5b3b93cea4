package main

import (
	"errors"
	"os"

	"golang.org/x/sys/unix"
)

// keyReader passes on what is typed until it is stopped, and takes nothing then that is for others. It closes the channel when the
// terminal is gone.
type keyReader struct {
	wake *os.File
	halt chan struct{}
	done chan struct{}
}

func readKeys(to chan<- []byte) (*keyReader, error) {
	woken, wake, err := os.Pipe()
	if err != nil {
		return nil, err
	}
	r := &keyReader{wake, make(chan struct{}), make(chan struct{})}
	go func() {
		defer close(r.done)
		defer woken.Close()
		r.read(woken, to)
	}()
	return r, nil
}

// stop waits until nothing is read any more.
func (r *keyReader) stop() {
	close(r.halt)
	r.wake.Close()
	<-r.done
}

func (r *keyReader) read(woken *os.File, to chan<- []byte) {
	stopped := int(woken.Fd())
	for {
		ready := []unix.PollFd{{Fd: int32(os.Stdin.Fd()), Events: unix.POLLIN}, {Fd: int32(stopped), Events: unix.POLLIN}}
		if _, err := unix.Poll(ready, -1); err != nil && !errors.Is(err, unix.EINTR) {
			return
		}
		if ready[1].Revents != 0 {
			return
		}
		if ready[0].Revents == 0 {
			continue
		}
		typed := make([]byte, 256)
		n, err := unix.Read(int(os.Stdin.Fd()), typed)
		if errors.Is(err, unix.EINTR) || errors.Is(err, unix.EAGAIN) {
			continue
		}
		if n <= 0 || err != nil {
			close(to)
			return
		}
		select {
		case to <- typed[:n]:
		case <-r.halt:
			return
		}
	}
}
