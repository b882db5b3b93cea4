package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"slices"
	"syscall"

	"golang.org/x/sys/unix"

	"jail/session"
)

// supervisorName is what a process of ours is called that looks after a detached run: it has no terminal, and outlives the
// command that started it.
const supervisorName = "jail-supervisor"

// readyFD is where a supervisor tells the command that started it that the run is under way.
const readyFD = 3

func isSupervisor() bool { return os.Args[0] == supervisorName }

// detach starts this very command line again as a supervisor, passes on what that has to say until the run is under way, and
// leaves it.
func detach(name string) error {
	ready, told, err := os.Pipe()
	if err != nil {
		return err
	}
	defer ready.Close()
	says, messages, err := os.Pipe()
	if err != nil {
		told.Close()
		return err
	}
	defer says.Close()
	supervisor := exec.Command("/proc/self/exe") // macOS refuses to detach
	supervisor.Args = slices.Concat([]string{supervisorName}, os.Args[1:])
	supervisor.ExtraFiles = []*os.File{told} // readyFD
	supervisor.Stderr = messages             // and not ours: it is to have no descriptor of a terminal
	supervisor.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	err = supervisor.Start()
	told.Close()
	messages.Close()
	if err != nil {
		return fmt.Errorf("cannot start a supervisor: %w", err)
	}
	_, _ = io.Copy(os.Stderr, says) // until it is on its own, or ended
	if n, _ := ready.Read(make([]byte, 1)); n == 1 {
		printLine(fmt.Sprintf("jail %s runs; jail attach %s shows it until you press %s, jail stop %s ends it", name, name, usualDetachKeys, name))
		return nil
	}
	err = supervisor.Wait()
	var exit *exec.ExitError
	if errors.As(err, &exit) && exit.Exited() {
		return exitWith(exit.ExitCode()) // it said why
	}
	return fmt.Errorf("the supervisor ended early: %w", err)
}

// leave is the end of what a supervisor has to say to the command that started it: what it says from now on is kept for jail logs.
func leave(s *session.Server) {
	messages, err := s.Messages()
	if err != nil {
		messages, err = os.OpenFile(os.DevNull, os.O_WRONLY, 0)
	}
	if err == nil {
		_ = unix.Dup2(int(messages.Fd()), 2)
		messages.Close()
	}
	told := os.NewFile(readyFD, "ready")
	_, _ = told.Write([]byte{1})
	told.Close()
}
