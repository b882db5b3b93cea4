package attacks

import (
	"runtime"
	"strings"
	"testing"
)

// runs reports whether the row is for this runner and machine.
func (r row) runs(asRoot bool) bool {
	return (r.by == both || (r.by == root) == asRoot) && (r.arch == "" || r.arch == runtime.GOARCH)
}

// inJail makes the attempts where they have to fail.
func (r row) inJail(t *testing.T, w *world) []string {
	t.Helper()
	if r.host != nil {
		return []string{r.host(t, w, false)}
	}
	return w.probe(t, "jail", r.with, r.calls)
}

// inControl makes them where nothing stops them.
func (r row) inControl(t *testing.T, w *world) []string {
	t.Helper()
	if r.host != nil {
		return []string{r.host(t, w, true)}
	}
	return w.probe(t, r.control, string(r.control), r.calls)
}

// known reports whether the control is one that inControl can make.
func (r row) known() bool {
	return r.host != nil || r.control == outside || r.control == bare || strings.HasPrefix(string(r.control), "--")
}
