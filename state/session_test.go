package state

import (
	"testing"
	"time"
)

func TestSessionAlive(t *testing.T) {
	self, err := CurrentSession("cargo")
	if err != nil {
		t.Fatal(err)
	}
	if !self.Alive() {
		t.Error("this process is said to have ended")
	}
	reused := self
	reused.StartTime++
	if reused.Alive() {
		t.Error("another process with our PID is taken for us")
	}
	rebooted := self
	rebooted.BootID = "another"
	if rebooted.Alive() {
		t.Error("a process of another boot is taken for us")
	}
	if (Session{}).Alive() {
		t.Error("no process is alive")
	}
	if !self.Same(self) || self.Same(reused) {
		t.Error("Same is wrong")
	}
}

func TestSessionKeepsNoArguments(t *testing.T) {
	s, err := CurrentSession("/usr/bin/cargo")
	if err != nil || len(s.Command) != 1 || s.Command[0] != "cargo" {
		t.Errorf("got %q, %v", s.Command, err)
	}
}

// TestEndedSession covers the zombie too: it has ended, though its /proc directory is there until its parent waits.
func TestEndedSession(t *testing.T) {
	cmd := role(t, "wait")
	stdin, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	start, err := startTime(cmd.Process.Pid)
	if err != nil {
		t.Fatal(err)
	}
	boot, err := bootID()
	if err != nil {
		t.Fatal(err)
	}
	s := Session{PID: cmd.Process.Pid, StartTime: start, BootID: boot}
	if !s.Alive() {
		t.Error("a running process is said to have ended")
	}
	stdin.Close()
	stdout.Read(make([]byte, 1)) // ends when the process closes it, which is at its end
	for deadline := time.Now().Add(10 * time.Second); s.Alive(); time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatal("a zombie is said to run")
		}
	}
	if err := cmd.Wait(); err != nil {
		t.Fatal(err)
	}
	if s.Alive() {
		t.Error("an ended process is said to run")
	}
}
