package e2e

import (
	"testing"

	"github.com/rogpeppe/go-internal/testscript"

	"jail/jail/jailtest"
)

// TestMacOS runs what holds on both systems, and what macOS promises of its own.
func TestMacOS(t *testing.T) {
	jailtest.Require(t, jailtest.Seatbelt)
	p := params("")
	p.Dir, p.Files = "testdata/macos", portableFiles()
	testscript.Run(t, p)
}
