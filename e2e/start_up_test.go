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
	// Of each package the least of all runs: whatever else the machine does comes on top, in some package of every run.
	least := map[string]float64{}
	for range 20 {
		cmd := exec.Command(filepath.Join(harness.Bin(), "jail"), "--version")
		cmd.Env = []string{"GODEBUG=inittrace=1", "HOME=/nonexistent"}
		out, err := cmd.CombinedOutput()
		if err != nil {
			t.Fatal(err)
		}
		for name, ms := range initTimes(t, string(out)) {
			if before, seen := least[name]; !seen || ms < before {
				least[name] = ms
			}
		}
	}
	sum := 0.0
	for _, ms := range least {
		sum += ms
	}
	if sum > limit {
		t.Errorf("package initialisation takes %.2f ms, and %.1f ms is the limit: %v", sum, limit, least)
	}
}

// initTimes reads what the runtime prints: "init PACKAGE @0.1 ms, 0.02 ms clock, …" (package runtime, GODEBUG).
func initTimes(t *testing.T, trace string) map[string]float64 {
	t.Helper()
	times := map[string]float64{}
	for line := range strings.Lines(trace) {
		fields := strings.Fields(line)
		if len(fields) < 5 || fields[0] != "init" {
			continue
		}
		ms, err := strconv.ParseFloat(fields[4], 64)
		if err != nil {
			t.Fatalf("cannot read %q: %v", line, err)
		}
		times[fields[1]] += ms
	}
	if len(times) == 0 {
		t.Fatal("the runtime printed no trace")
	}
	return times
}
