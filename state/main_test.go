package state

import (
	"os"
	"os/exec"
	"testing"
)

// The test binary runs itself as the processes that compete for the file: the role is its first argument, so nothing
// travels in the environment.
func TestMain(m *testing.M) {
	if len(os.Args) > 1 {
		switch os.Args[1] {
		case "compete":
			os.Exit(compete(os.Args[2], os.Args[3]))
		case "full-disk":
			os.Exit(fullDisk(os.Args[2]))
		case "wait":
			os.Stdin.Read(make([]byte, 1))
			os.Exit(0)
		}
	}
	os.Exit(m.Run())
}

func role(t *testing.T, args ...string) *exec.Cmd {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(self, args...)
	cmd.Stderr = os.Stderr
	return cmd
}

func record(name string) Record {
	return Record{ID: NewID(), Name: name, Phase: Ready, Worktree: "/w/" + name}
}

func add(name string) func(*File) error {
	return func(f *File) error {
		f.Jails = append(f.Jails, record(name))
		return nil
	}
}

func read(t *testing.T, path string) string {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

func write(t *testing.T, path, text string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}
