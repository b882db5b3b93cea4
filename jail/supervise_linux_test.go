package jail

import (
	"os/exec"
	"syscall"
	"testing"
	"time"
)

// deaf starts a process group that ignores the polite signals, and says so before it is returned.
func deaf(t *testing.T) *exec.Cmd {
	t.Helper()
	cmd := exec.Command("sh", "-c", "trap '' TERM HUP; echo deaf; exec sleep 1000")
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	if _, err := out.Read(make([]byte, 8)); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
	})
	return cmd
}

func TestGraceEndsAfterSIGTERM(t *testing.T) {
	for _, sig := range []syscall.Signal{syscall.SIGTERM, syscall.SIGHUP} {
		cmd := deaf(t)
		asked := make(chan request, 1)
		asked <- request{Signal: sig}
		got := attend(command{pid: cmd.Process.Pid}, Spec{Terminal: TerminalNone, Grace: 10 * time.Millisecond}, asked, &further{})
		if got.Signal != syscall.SIGKILL {
			t.Errorf("%v: got %+v, want the end by SIGKILL", sig, got)
		}
	}
}

// An agent takes SIGINT as "stop what you do", not as "end": no grace period may start.
func TestNoGraceAfterSIGINT(t *testing.T) {
	cmd := deaf(t)
	asked := make(chan request)
	ended := make(chan Result)
	done := make(chan Result)
	go func() {
		done <- attend(command{pid: cmd.Process.Pid, ended: ended}, Spec{Terminal: TerminalNone, Grace: time.Nanosecond}, asked, &further{})
	}()
	asked <- request{Signal: syscall.SIGINT}
	asked <- request{Signal: syscall.SIGCONT} // taken only after the one before was dealt with
	ended <- Result{Code: 5}
	if got := <-done; got.Code != 5 || got.Signal != 0 {
		t.Errorf("got %+v, want the command's own end", got)
	}
}

func TestExitCode(t *testing.T) {
	for _, test := range []struct {
		result Result
		want   int
	}{{Result{}, 0}, {Result{Code: 7}, 7}, {Result{Signal: syscall.SIGKILL}, 137}, {Result{Signal: syscall.SIGTERM}, 143}} {
		if got := test.result.ExitCode(); got != test.want {
			t.Errorf("%+v: got %d, want %d", test.result, got, test.want)
		}
	}
}

// A command that does not listen when its time is up is killed when the grace period is over.
func TestGraceEndsAfterTimeout(t *testing.T) {
	cmd := deaf(t)
	s := Spec{Terminal: TerminalNone, Grace: 10 * time.Millisecond, Limits: Limits{Timeout: 10 * time.Millisecond}}
	got := attend(command{pid: cmd.Process.Pid}, s, make(chan request), &further{})
	if got.Signal != syscall.SIGKILL || got.Cause != CauseTimeout || got.ExitCode() != 124 {
		t.Errorf("got %+v, want the end by SIGKILL because of the timeout", got)
	}
}

// Whoever presses Ctrl-C again and again wants the end sooner, not later.
func TestGraceIsNotLengthened(t *testing.T) {
	cmd := deaf(t)
	asked, done := make(chan request), make(chan struct{})
	go func() {
		defer close(done)
		outlast(command{}, Spec{Grace: 100 * time.Millisecond}, asked, &further{serials: map[int]int{cmd.Process.Pid: 1}})
	}()
	for enough := time.After(10 * time.Second); ; time.Sleep(10 * time.Millisecond) {
		select {
		case asked <- request{Signal: syscall.SIGINT}:
		case <-done:
			return
		case <-enough:
			t.Fatal("it goes on as long as it is asked to end")
		}
	}
}
