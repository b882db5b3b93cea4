package plan

import (
	"testing"

	"jail/mounts"
	"jail/sbpl"
)

// What reads what a jail wrote sees what is shown, the host's own in the place of what would be generated, and changes nothing.
func TestMacOSReadOnly(t *testing.T) {
	h := parseHost(t, "macos\ndir /Users/u/tree\nfile /Users/u/repo/.git/config\nlink /Users/u/link -> tree\ndir /Users/u/cache\nenv PATH=/usr/bin:/bin\n", nil)
	s, err := ReadOnly(h, Reading{
		Program: "git", Args: []string{"status"}, Show: []string{"/Users/u/link", "/Users/u/missing"}, Keep: "/Users/u/cache",
		Mounts: []mounts.Mount{{Kind: mounts.File, Target: "/Users/u/repo/.git/config", Text: "generated"}},
	})
	if err != nil {
		t.Fatal(err)
	}
	e := evaluator(t, s)
	for _, test := range []struct {
		path string
		want sight
	}{
		{"/Users/u/tree/f", sight{read: true}},
		{"/Users/u/link", sight{read: true}},
		{"/Users/u/repo/.git/config", sight{read: true}},
		{"/Users/u/cache/f", sight{true, true, true}},
		{"/Users/u/cache", sight{true, true, false}},
		{"/usr/bin/git", sight{read: true}},
		{"/Users/u/.ssh/id_ed25519", sight{}},
		{"/Users/u/missing", sight{}},
		{"/private/tmp/x", sight{}},
	} {
		if got := ruled(t, e, test.path); got != test.want {
			t.Errorf("%q: got %v, want %v", test.path, got, test.want)
		}
	}
	for _, path := range []string{"/private/var/run/mDNSResponder", "/Users/u/tree/socket"} {
		if e.Allows(sbpl.NetworkOutbound, path, sbpl.LastWins) {
			t.Errorf("the socket %q can be reached", path)
		}
	}
	if _, err := ReadOnly(h, Reading{Program: "git", Mounts: []mounts.Mount{{Kind: mounts.Device, Source: "/dev/null", Target: "/Users/u/tree/f"}}}); err == nil {
		t.Error("a device at another place is taken")
	}
}
