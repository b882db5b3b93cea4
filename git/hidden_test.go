package git

import (
	"os"
	"path/filepath"
	"testing"
)

// TestHiddenFilesAreNoChange holds that git in a jail neither sees nor commits what stands in the place of hidden files, and
// that all is as before once they are not hidden any more.
func TestHiddenFilesAreNoChange(t *testing.T) {
	p := newPrivateTree(t)
	top := p.tree.WorkTree
	put(t, filepath.Join(top, "server.key"), "secret")
	put(t, filepath.Join(top, "dir/a[1].key"), "secret")
	put(t, filepath.Join(top, "open"), "text")
	plain(t, top, "add", ".")
	plain(t, top, "commit", "-qm", "keys")
	put(t, filepath.Join(top, ".env*"), "untracked")
	p.Hidden = []string{"server.key", "dir", ".env*"}
	p.begin(t)
	if got, want := p.inside(t, "ls-files", "-v", "dir", "open", "server.key"), "S dir/a[1].key\nH open\nS server.key"; got != want {
		t.Errorf("marks %q, want %q", got, want)
	}
	// What a jail sees in their place.
	for _, name := range []string{"server.key", "dir/a[1].key"} {
		if err := os.Remove(filepath.Join(top, name)); err != nil {
			t.Fatal(err)
		}
	}
	if got := p.inside(t, "status", "--short"); got != "" {
		t.Errorf("status %q", got)
	}
	put(t, filepath.Join(top, "open"), "changed")
	p.inside(t, "add", "--all")
	p.inside(t, "commit", "-qam", "two")
	if got := p.inside(t, "show", "--format=", "--name-status", "HEAD"); got != "M\topen" {
		t.Errorf("committed %q", got)
	}
	// Control: not hidden they are missing, and the untracked one is there.
	p.take(t)
	p.Hidden = nil
	p.begin(t)
	if got := p.inside(t, "status", "--short"); got != " D dir/a[1].key\n D server.key\n?? .env*" {
		t.Errorf("when nothing is hidden: status %q", got)
	}
	// The host's own index was never marked.
	if got := plain(t, top, "ls-files", "-v", "server.key"); got != "H server.key" && got != "H server.key\n" {
		t.Errorf("the host's index: %q", got)
	}
}
