package git

import (
	"crypto/sha256"
	"encoding/hex"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestLargeFilesComeIn: what a commit of the jail's needs is there after a destroy; what is named falsely is not taken.
func TestLargeFilesComeIn(t *testing.T) {
	p := newPrivateTree(t)
	sum := sha256.Sum256([]byte("large\n"))
	name := hex.EncodeToString(sum[:])
	other := strings.Repeat("ab", 32)
	linked := strings.Repeat("cd", 32)
	at := func(dir, name string) string {
		return filepath.Join(dir, "lfs/objects", name[:2], name[2:4], name)
	}
	jail := filepath.Join(p.Dir, "git")
	put(t, at(jail, name), "large\n")
	put(t, at(jail, other), "evil\n")
	mkdir(t, filepath.Dir(at(jail, linked)))
	if err := os.Symlink("/etc/passwd", at(jail, linked)); err != nil {
		t.Fatal(err)
	}
	tip := p.commit(t, "pointer")
	got := p.take(t)
	if data, err := os.ReadFile(at(p.repo.CommonDir, name)); err != nil || string(data) != "large\n" {
		t.Errorf("got %q, %v", data, err)
	}
	if exists(at(p.repo.CommonDir, other)) || exists(at(p.repo.CommonDir, linked)) {
		t.Error("a file came in that is not what it says")
	}
	if len(got.Incomplete) != 1 || !strings.Contains(got.Incomplete[0], other[:12]) || p.host(t, "jail/x") != tip {
		t.Errorf("got %+v", got)
	}
	if left, _ := filepath.Glob(filepath.Join(p.repo.CommonDir, "lfs/objects/*/*/*.jail-*")); len(left) > 0 {
		t.Errorf("left behind: %q", left)
	}
}
