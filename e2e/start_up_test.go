package e2e

import (
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"jail/e2e/harness"
)

// Package initialisation is paid twice a run, in the parent and in init. The least of several runs is what counts: a busy
// machine makes all of them slower.
func TestPackageInitIsCheap(t *testing.T) {
	const limit = 0.5 // ms
	least := 1e9
	for range 20 {
		cmd := exec.Command(filepath.Join(harness.Bin(), "jail"), "--version")
		cmd.Env = []string{"GODEBUG=inittrace=1", "HOME=/nonexistent"}
		out, err := cmd.CombinedOutput()
		if err != nil {
			t.Fatal(err)
		}
		least = min(least, initTime(t, string(out)))
	}
	if least > limit {
		t.Errorf("package initialisation takes %.2f ms, and %.1f ms is the limit", least, limit)
	}
}

// initTime adds up what the runtime prints: "init PACKAGE @0.1 ms, 0.02 ms clock, …" (package runtime, GODEBUG).
func initTime(t *testing.T, trace string) (sum float64) {
	t.Helper()
	packages := 0
	for line := range strings.Lines(trace) {
		fields := strings.Fields(line)
		if len(fields) < 5 || fields[0] != "init" {
			continue
		}
		ms, err := strconv.ParseFloat(fields[4], 64)
		if err != nil {
			t.Fatalf("cannot read %q: %v", line, err)
		}
		sum += ms
		packages++
	}
	if packages == 0 {
		t.Fatal("the runtime printed no trace")
	}
	return sum
}
