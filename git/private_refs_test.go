package git

import (
	"path/filepath"
	"strings"
	"testing"
)

// FuzzReadRefs: whatever a jail writes as packed-refs and HEAD, only names that git accepts come out, on one line each.
func FuzzReadRefs(f *testing.F) {
	id := strings.Repeat("a", 40)
	f.Add("ref: refs/heads/x\n", "# pack-refs with: peeled\n"+id+" refs/heads/x\n^"+id+"\n")
	f.Add(id, id+" refs/heads/a\x1b[31m\n"+id+" refs/heads/a\x00b\n")
	f.Add("ref: ../../x", id+" refs/heads/../x\n"+id+" refs/heads/a/b\n"+id+" refs/heads/a\n"+id)
	f.Fuzz(func(t *testing.T, head, packed string) {
		dir := t.TempDir()
		mkdir(t, filepath.Join(dir, "refs"))
		put(t, filepath.Join(dir, "HEAD"), head)
		put(t, filepath.Join(dir, "packed-refs"), packed)
		r, err := readRefs(dir)
		if err != nil {
			return
		}
		lines := strings.Split(strings.TrimSuffix(string(packedRefs(r.IDs)), "\n"), "\n")
		if len(lines) != len(r.IDs)+1 {
			t.Errorf("%d refs make %d lines", len(r.IDs), len(lines))
		}
		for name, id := range r.IDs {
			if !validID(id) || strings.ContainsAny(name, " \n\x00\x1b\x7f:~^?*[\\") || strings.Contains(name, "..") || !strings.HasPrefix(name, "refs/") {
				t.Errorf("%q %q", name, id)
			}
		}
		if name := r.onBranch(); strings.ContainsAny(name, " \n\x00") {
			t.Errorf("HEAD is on %q", name)
		}
	})
}
