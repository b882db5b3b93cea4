package seccomp

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"jail/jail/jailtest"
)

// The embedded files are what the table compiles to. They were made with libseccomp 2.5.4; another version may order the
// instructions differently, and then `go generate` and the other tests decide.
func TestFilesAreWhatTheTableCompilesTo(t *testing.T) {
	jailtest.Require(t, jailtest.Libseccomp)
	folder := t.TempDir()
	generate := exec.Command("go", "run", "-tags", "seccompgen", "./gen", folder)
	generate.Env = append(os.Environ(), "CGO_ENABLED=1")
	if out, err := generate.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	fresh, err := os.ReadDir(folder)
	if err != nil {
		t.Fatal(err)
	}
	for _, entry := range fresh {
		want, err := os.ReadFile(filepath.Join(folder, entry.Name()))
		if err != nil {
			t.Fatal(err)
		}
		got, err := compiled.ReadFile("bpf/" + entry.Name())
		if err != nil || !bytes.Equal(got, want) {
			t.Errorf("%s is not what the table compiles to (%v): run go generate ./seccomp", entry.Name(), err)
		}
	}
	if old, err := compiled.ReadDir("bpf"); err != nil || len(old) != len(fresh) {
		t.Errorf("%d embedded files, want %d: %v", len(old), len(fresh), err)
	}
}
