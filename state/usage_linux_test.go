package state

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// A shell is the session, and what it starts is its jail.
func TestMeasure(t *testing.T) {
	cmd := exec.Command("sh", "-c", `sh -c 'while [ ! -e "$1/stop" ]; do :; done' sh "$1" & wait`, "sh", t.TempDir())
	dir := cmd.Args[len(cmd.Args)-1]
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := os.WriteFile(filepath.Join(dir, "stop"), nil, 0o600); err != nil {
			t.Error(err)
		}
		if err := cmd.Wait(); err != nil {
			t.Error(err)
		}
	})
	start, err := startTime(cmd.Process.Pid)
	if err != nil {
		t.Fatal(err)
	}
	s := Session{PID: cmd.Process.Pid, StartTime: start}
	other := s
	other.StartTime++ // another process had the number
	for end := time.Now().Add(20 * time.Second); ; {
		got := Measure([]Session{s})[s.PID]
		if got.CPU > 50*time.Millisecond && got.Memory > 10<<10 && got.Memory < 1<<30 {
			break
		}
		if time.Now().After(end) {
			t.Fatalf("got %+v", got)
		}
	}
	if got := Measure([]Session{other}); len(got) != 0 {
		t.Errorf("of another process: %+v", got)
	}
}

func TestParseProcess(t *testing.T) {
	fields := strings.Fields("S 7 1 1 0 -1 4194560 1 2 3 4 100 50 25 25 20 0 1 0 4242 1000000 3 18446744073709551615")
	got, ok := parseProcess([]byte("12 (a) S 1 (b) " + strings.Join(fields, " ")))
	want := process{parent: 7, started: 4242, usage: Usage{2 * time.Second, 3 * int64(os.Getpagesize())}}
	if !ok || got != want {
		t.Errorf("got %+v, %t, want %+v", got, ok, want)
	}
	for _, bad := range []string{"", "12 (a) S 7", "12"} {
		if _, ok := parseProcess([]byte(bad)); ok {
			t.Errorf("%q was taken", bad)
		}
	}
}

// Numbers that were given anew while it was looked can make a circle.
func TestSumEnds(t *testing.T) {
	processes := map[int]process{2: {usage: Usage{1, 1}}, 3: {usage: Usage{1, 1}}}
	if got := sum(processes, map[int][]int{1: {2}, 2: {3}, 3: {2}}, 1); got.Memory > 2 {
		t.Errorf("got %+v", got)
	}
}
