package main

import (
	"os"
	"path/filepath"
	"testing"
)

func TestNewer(t *testing.T) {
	for _, test := range []struct {
		release, own string
		want         bool
	}{
		{"v1.10.0", "v1.9.0", true},
		{"v1.9.0", "v1.9.0", false},
		{"v1.8.9", "v1.9.0", false},
		{"v1.9.0", "v1.9.0-rc.1", true},
		{"v1.9.0", "v1.9.0-4-g0123abc", false}, // commits after v1.9.0
		{"v1.9.1", "v1.9.0-4-g0123abc-dirty", true},
		{"v1.9.1", "dev", false},
		{"v1.9.1", "0123abc", false},
		{"", "v1.9.0", false},
		{"\x1b[31m", "v1.9.0", false},
	} {
		if got := newer(test.release, test.own); got != test.want {
			t.Errorf("newer(%q, %q) is %v, want %v", test.release, test.own, got, test.want)
		}
	}
}

func TestReadKnown(t *testing.T) {
	path := filepath.Join(t.TempDir(), "made", "releases.json")
	if got := readKnown(path); got != (known{}) {
		t.Errorf("of a missing file: %v", got)
	}
	if err := (known{Newest: "v1.2.3"}).write(path); err != nil {
		t.Fatal(err)
	}
	if got := readKnown(path); got.Newest != "v1.2.3" {
		t.Errorf("got %v, and v1.2.3 was written", got)
	}
	for _, text := range []string{"", "{", `{"newest": "\u001b]0;x\u0007"}`, `{"newest": 3}`} {
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if got := readKnown(path); got != (known{}) {
			t.Errorf("of %q: %v", text, got)
		}
	}
}
