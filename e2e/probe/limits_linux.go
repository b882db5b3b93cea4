package main

import (
	"errors"
	"fmt"
	"os"
	"os/exec"

	"golang.org/x/sys/unix"
)

// hold takes that many MiB of memory and touches each page.
func hold(mib int) error {
	data, err := unix.Mmap(-1, 0, mib<<20, unix.PROT_READ|unix.PROT_WRITE, unix.MAP_PRIVATE|unix.MAP_ANON)
	if err != nil {
		return err
	}
	for i := 0; i < len(data); i += os.Getpagesize() {
		data[i] = 1
	}
	return unix.Munmap(data)
}

// children starts that many processes that live at the same time, and ends them.
func children(count int) (err error) {
	var started []*exec.Cmd
	for range count {
		cmd := exec.Command("sleep", "60")
		if err = cmd.Start(); err != nil {
			break
		}
		started = append(started, cmd)
	}
	for _, cmd := range started {
		err = errors.Join(err, cmd.Process.Kill())
		_ = cmd.Wait() // it was killed
	}
	return err
}

// openMany holds that many files open at the same time.
func openMany(count int) error {
	for range count {
		if _, err := unix.Open("/dev/null", unix.O_RDONLY|unix.O_CLOEXEC, 0); err != nil {
			return err
		}
	}
	return nil
}

// inotify makes that many inotify instances and holds them at the same time.
func inotify(count int) error {
	for range count {
		if _, err := unix.InotifyInit1(unix.IN_CLOEXEC); err != nil {
			return err
		}
	}
	return nil
}

// starve takes a resource away from a process, both limits of it.
func starve(pid, resource int) error { return unix.Prlimit(pid, resource, &unix.Rlimit{}, nil) }

// secureBits gives the secure bits (capabilities(7)) in hexadecimal.
func secureBits() (string, error) {
	bits, err := unix.PrctlRetInt(unix.PR_GET_SECUREBITS, 0, 0, 0, 0)
	return fmt.Sprintf("%#x", bits), err
}
