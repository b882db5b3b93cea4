package workers

import (
	"runtime"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

// TestEachIsSeenOnce looks at a tree of numbers: n has 3n+1 to 3n+3 below it.
func TestEachIsSeenOnce(t *testing.T) {
	const total = 10_000
	seen := make([]atomic.Int32, total)
	Drain(0, func(items []int, buffer []byte) (below []int) {
		if len(items) == 0 || len(items) > atOnce || len(buffer) != bufferSize {
			t.Errorf("%d items, a buffer of %d", len(items), len(buffer))
		}
		for _, n := range items {
			seen[n].Add(1)
			for child := 3*n + 1; child <= 3*n+3 && child < total; child++ {
				below = append(below, child)
			}
		}
		return below
	})
	for n := range seen {
		if got := seen[n].Load(); got != 1 {
			t.Fatalf("%d was seen %d times", n, got)
		}
	}
}

// TestNobodyLeavesEarly holds that who finds nothing to do waits for what others still find, and then helps them.
func TestNobodyLeavesEarly(t *testing.T) {
	if runtime.NumCPU() == 1 {
		t.Skip("one processor, one worker")
	}
	synctest.Test(t, func(t *testing.T) {
		var busy, together atomic.Int32
		Drain("first", func(items []string, _ []byte) []string {
			defer busy.Add(-1)
			busy.Add(1)
			time.Sleep(time.Second) // the others have what they can get by then
			if now := busy.Load(); now > together.Load() {
				together.Store(now)
			}
			if items[0] == "first" {
				return make([]string, 2*atOnce)
			}
			return nil
		})
		if together.Load() < 2 {
			t.Error("one worker did it all")
		}
	})
}
