// Package jailtest says what a test needs of the kernel. A feature is probed by doing. Where it is absent the test is
// skipped with the reason, but fails where JAIL_REQUIRE names the feature or is "all", as in CI: a wall whose test is
// silently skipped is a wall that nobody tests.
package jailtest

import (
	"os"
	"os/exec"
	"strings"
	"testing"
)

// Feature is one thing that a test may need.
type Feature string

const (
	UserNS   Feature = "userns"   // an ordinary user may create user, mount and pid namespaces with its id mapped
	Root     Feature = "root"     // the test itself runs as root
	Landlock Feature = "landlock" // Landlock with scopes: ABI 6, Linux 6.12
	// A cgroup that may be divided and controls memory, processes and processors. It depends on how the tests are started,
	// so that "all" does not demand it: run them as root in a container or machine with cgroup version 2 alone.
	Cgroup Feature = "cgroup"

	// The file that programs take their certificate authorities from, at Debian's place: tests of the network put their own over it.
	Authorities Feature = "authorities"
	// A /etc/machine-id, which a system that was never started does not have.
	MachineID Feature = "machine-id"
	// Seatbelt is macOS's, and only there a test needs it.
	Seatbelt Feature = "seatbelt"

	Libseccomp Feature = "libseccomp" // libseccomp's headers, a C compiler, and amd64: what compiles the filters
)

// Require skips or fails the test unless all features are there.
func Require(t *testing.T, features ...Feature) {
	t.Helper()
	required := strings.Split(os.Getenv("JAIL_REQUIRE"), ",")
	for _, feature := range features {
		err := probe(feature)
		if err == nil {
			continue
		}
		for _, name := range required {
			if name == string(feature) || name == "all" && feature != Root && feature != Cgroup {
				t.Fatalf("needs %s, which JAIL_REQUIRE demands: %v", feature, err)
			}
		}
		t.Skipf("needs %s: %v", feature, err)
	}
}

// Program skips the test unless a program is installed, and fails it where JAIL_REQUIRE is "all".
func Program(t *testing.T, name string) {
	t.Helper()
	if _, err := exec.LookPath(name); err == nil {
		return
	}
	if os.Getenv("JAIL_REQUIRE") == "all" {
		t.Fatalf("needs %s, which JAIL_REQUIRE demands", name)
	}
	t.Skipf("needs %s", name)
}
