package workspace

import (
	"os"
	"path/filepath"
	"testing"
)

// TestExportClearsWhatIsDead holds that the folder of a killed export goes with the next one to the same place, and that of
// one that is being written stays.
func TestExportClearsWhatIsDead(t *testing.T) {
	w := newWorld(t)
	w.create(t, "x")
	beside := t.TempDir()
	dead, live, other := filepath.Join(beside, exportPrefix+"1"), filepath.Join(beside, exportPrefix+"2"), filepath.Join(beside, "mine")
	for _, dir := range []string{dead, live, other} {
		put(t, filepath.Join(dir, "changes.patch"), "half")
	}
	lock, err := lockFolder(live)
	if err != nil {
		t.Fatal(err)
	}
	defer lock.Close()
	if err := os.Symlink(other, filepath.Join(beside, exportPrefix+"3")); err != nil {
		t.Fatal(err)
	}
	if _, err := w.Export(t.Context(), "x", filepath.Join(beside, "x.export")); err != nil {
		t.Fatal(err)
	}
	if exists(dead) || !exists(filepath.Join(live, "changes.patch")) || !exists(filepath.Join(other, "changes.patch")) {
		t.Errorf("dead %v, live %v, other %v", exists(dead), exists(live), exists(other))
	}
	if left, _ := filepath.Glob(filepath.Join(beside, exportPrefix+"*")); len(left) != 2 {
		t.Errorf("left are %q", left)
	}
}
