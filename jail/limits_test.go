package jail

import (
	"syscall"
	"testing"
	"time"
)

func TestLimitsThatNothingHolds(t *testing.T) {
	full := Cgroup{Dir: "/c", Controllers: "cpu memory pids"}
	for _, l := range []Limits{
		{Memory: 1 << 30},
		{Memory: 1 << 30, Cgroup: Cgroup{Dir: "/c", Controllers: "pids"}},
		{CPUs: 500, Cgroup: Cgroup{Dir: "/c", Controllers: "memory cpuset"}},
		{Cgroup: Cgroup{Dir: "/c"}},
		{Cgroup: Cgroup{Controllers: "pids"}},
		{Processes: -1},
	} {
		if err := l.validate(); err == nil {
			t.Errorf("%+v was taken", l)
		}
	}
	for _, l := range []Limits{{}, {Processes: 100, Files: 1, Timeout: time.Second}, {Memory: 1 << 30, CPUs: 1, Processes: 5, Cgroup: full}} {
		if err := l.validate(); err != nil {
			t.Errorf("%+v: %v", l, err)
		}
	}
}

// Only a count of the kernel's makes a kill the memory limit's, and only where the command itself was killed.
func TestWhoKilled(t *testing.T) {
	killed := Result{Signal: syscall.SIGKILL}
	for _, tt := range []struct {
		result Result
		count  int
		cause  Cause
		code   int
	}{
		{killed, 0, "", 137},
		{killed, 1, CauseMemory, 137},
		{Result{Code: 3}, 2, "", 3},
		{Result{Signal: syscall.SIGTERM}, 1, "", 143},
		{Result{Signal: syscall.SIGKILL, Cause: CauseTimeout}, 1, CauseTimeout, 124},
	} {
		got := tt.result.afterKills(tt.count)
		if got.Cause != tt.cause || got.Killed != tt.count || got.ExitCode() != tt.code {
			t.Errorf("%+v with %d kills: got %+v, code %d; want cause %q, code %d", tt.result, tt.count, got, got.ExitCode(), tt.cause, tt.code)
		}
	}
}
