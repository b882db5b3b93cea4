package jail

import (
	"strings"
	"testing"
)

func TestProfileNamesThePath(t *testing.T) {
	for path, want := range map[string]string{
		"/usr/bin/jail": `profile jail "/usr/bin/jail" flags=(unconfined) {`,
		`/home/a "b\/j`: `profile jail "/home/a \"b\\/j" flags=(unconfined) {`,
	} {
		if got := profileFor(path); !strings.Contains(got, "\n"+want+"\n") || strings.Contains(got, "@") {
			t.Errorf("of %s: %q", path, got)
		}
	}
}
