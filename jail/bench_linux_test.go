package jail_test

import (
	"os/exec"
	"testing"
	"time"
)

// BenchmarkRead is what a throw-away jail adds to a command, in turn with the command itself.
func BenchmarkRead(b *testing.B) {
	s := reader(b, b.TempDir(), "true")
	ours, theirs := time.Hour, time.Hour
	for b.Loop() {
		begun := time.Now()
		if _, result, err := start(b.Context(), s); err != nil || result.ExitCode() != 0 {
			b.Fatal(result, err)
		}
		middle := time.Now()
		if err := exec.Command("sh", "-c", "true").Run(); err != nil {
			b.Fatal(err)
		}
		ours, theirs = min(ours, middle.Sub(begun)), min(theirs, time.Since(middle))
	}
	b.ReportMetric(float64(ours-theirs)/1e6, "added-ms")
}
