package gate

import (
	"fmt"
	"io"
	"net"
	"os"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"
)

// flood moves so many bytes over a connection and returns how long that took. The server answers with one byte.
func flood(t testing.TB, c *net.TCPConn, size int64) time.Duration {
	t.Helper()
	begun := time.Now()
	block := make([]byte, 1<<17)
	block[0] = 0
	for left := size; left > 0; left -= int64(len(block)) {
		if _, err := c.Write(block); err != nil {
			t.Fatal(err)
		}
	}
	_ = c.CloseWrite()
	if _, err := io.ReadAll(c); err != nil {
		t.Fatal(err)
	}
	return time.Since(begun)
}

func drain(c *net.TCPConn) {
	buffer := make([]byte, 1<<17)
	for {
		if _, err := c.Read(buffer); err != nil {
			_, _ = c.Write([]byte{1})
			return
		}
	}
}

// median of pairs of runs, one of each at a time.
func median(runs int, a, b func() time.Duration) (ofA, ofB time.Duration) {
	var as, bs []time.Duration
	for range runs {
		as, bs = append(as, a()), append(bs, b())
	}
	slices.Sort(as)
	slices.Sort(bs)
	return as[runs/2], bs[runs/2]
}

// BenchmarkGate tells what a gate costs, as ratios to the same without one. The gate and both ends share the machine.
func BenchmarkGate(b *testing.B) {
	w := newWorld(b, Config{}, "allowed.test:8080,22", "")
	w.serve(b, drain, "allowed.test:8080")
	w.serve(b, func(c *net.TCPConn) { _, _ = io.Copy(c, c) }, "allowed.test:22")
	direct := func(target string) *net.TCPConn {
		c := dialTCP(b, w.servers[target]).(*net.TCPConn)
		b.Cleanup(func() { c.Close() })
		return c
	}
	const size = 256 << 20
	straight, through := median(5, func() time.Duration { return flood(b, direct("allowed.test.:8080"), size) },
		func() time.Duration { return flood(b, w.open(b, "allowed.test", 8080), size) })
	b.ReportMetric(float64(straight)/float64(through), "of-direct-throughput")
	b.ReportMetric(float64(size)*8/through.Seconds()/1e9, "Gbit/s")
	trip := func(c *net.TCPConn) {
		if !echoes(c) {
			b.Fatal("no echo")
		}
		c.Close()
	}
	straight, through = median(100, func() time.Duration {
		begun := time.Now()
		trip(direct("allowed.test.:22"))
		return time.Since(begun)
	}, func() time.Duration {
		begun := time.Now()
		trip(w.open(b, "allowed.test", 22))
		return time.Since(begun)
	})
	b.ReportMetric(float64(through-straight)/1e6, "ms-more-a-connection")
	b.ReportMetric(0, "ns/op")
}

// A thousand connections that are open at a time pass, and need little memory and no pipes; afterwards nothing of them is left.
func TestThousandConnections(t *testing.T) {
	const many = 1000
	log := NewLog(nil)
	g, at := opened(t, Config{Log: log})
	before, pipesBefore := resident(t), pipes(t)
	var open []net.Conn
	for i := range many {
		c := dialTCP(t, at)
		if !echoes(c) {
			t.Fatalf("connection %d does not pass", i)
		}
		open = append(open, c)
	}
	grown := resident(t) - before
	if n := pipes(t) - pipesBefore; n > 0 {
		t.Errorf("%d pipes more: every other program of the user's has to do with what is left of their pages", n)
	}
	t.Logf("%d connections: %d KiB more, of both ends and the server of the test too", many, grown)
	if grown > 64<<10 {
		t.Errorf("%d KiB", grown)
	}
	for _, c := range open {
		c.Close()
	}
	for end := time.Now().Add(10 * time.Second); len(g.room) > 0; time.Sleep(5 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("%d connections are still counted", len(g.room))
		}
	}
}

// resident is the memory of this process in KiB.
func resident(t testing.TB) (kib int) {
	t.Helper()
	if runtime.GOOS != "linux" {
		t.Skip("/proc is needed")
	}
	runtime.GC()
	data, err := os.ReadFile("/proc/self/status")
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(data)) {
		if rest, ok := strings.CutPrefix(line, "VmRSS:"); ok {
			if _, err := fmt.Sscan(rest, &kib); err != nil {
				t.Fatal(err)
			}
		}
	}
	return kib
}

// pipes counts the descriptors of this process that are ends of pipes.
func pipes(t testing.TB) (count int) {
	t.Helper()
	const dir = "/proc/self/fd"
	all, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, fd := range all {
		if to, err := os.Readlink(dir + "/" + fd.Name()); err == nil && strings.HasPrefix(to, "pipe:") {
			count++
		}
	}
	return count
}
