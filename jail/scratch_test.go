package jail

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"jail/mounts"
)

// scratchIn is a Spec with a folder of its own, as a plan for macOS has it.
func scratchIn(dir string) Spec {
	return forSeatbelt(
		mounts.Mount{Kind: mounts.Tmpfs, Target: dir, Size: 1 << 20},
		mounts.Mount{Kind: mounts.Dir, Target: dir + "/home", Mode: 0o700},
		mounts.Mount{Kind: mounts.File, Target: dir + "/home/.gitconfig", Text: "[user]\n", Mode: 0o644},
		mounts.Mount{Kind: mounts.Symlink, Target: dir + "/home/a/b", Source: "/somewhere"},
	)
}

func TestScratch(t *testing.T) {
	host := filepath.Join(t.TempDir(), "login.json")
	if err := os.WriteFile(host, []byte("token"), 0o600); err != nil {
		t.Fatal(err)
	}
	dir := filepath.Join(t.TempDir(), "jail-1")
	s := scratchIn(dir)
	s.Seatbelt.Copied = []Seed{{Host: host, Name: "login.json", Target: dir + "/home/login.json"}}
	remove, err := makeScratch(s)
	if err != nil {
		t.Fatal(err)
	}
	if info, err := os.Stat(dir); err != nil || info.Mode().Perm() != 0o700 {
		t.Errorf("the folder: %v, %v", info.Mode(), err)
	}
	for name, want := range map[string]string{"home/.gitconfig": "[user]\n", "home/login.json": "token"} {
		if got, err := os.ReadFile(filepath.Join(dir, name)); err != nil || string(got) != want {
			t.Errorf("%s: got %q, %v", name, got, err)
		}
	}
	if to, err := os.Readlink(filepath.Join(dir, "home/a/b")); err != nil || to != "/somewhere" {
		t.Errorf("the link leads to %q, %v", to, err)
	}
	if _, err := makeScratch(s); err == nil {
		t.Error("a folder that is there already is taken")
	}
	// What a command may leave: a folder that is shut, and a link to what is not its own.
	shut := filepath.Join(dir, "home/shut/deep")
	if err := os.MkdirAll(shut, 0o700); err != nil {
		t.Fatal(err)
	}
	outside := t.TempDir()
	for _, err := range []error{os.WriteFile(filepath.Join(outside, "kept"), nil, 0o600), os.Symlink(outside, filepath.Join(dir, "home/out")), os.WriteFile(filepath.Join(shut, "f"), nil, 0), os.Chmod(shut, 0), os.Chmod(filepath.Dir(shut), 0)} {
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := remove(); err != nil {
		t.Error(err)
	}
	if _, err := os.Lstat(dir); !os.IsNotExist(err) {
		t.Errorf("the folder is still there: %v", err)
	}
	if _, err := os.Stat(filepath.Join(outside, "kept")); err != nil {
		t.Error("what a link leads to was removed: ", err)
	}
}

// What cannot be copied leaves nothing behind.
func TestScratchFailsAsAWhole(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "jail-1")
	pipe := filepath.Join(t.TempDir(), "link")
	if err := os.Symlink("/dev/zero", pipe); err != nil {
		t.Fatal(err)
	}
	for _, host := range []string{pipe, "/dev/zero", filepath.Join(dir, "missing")} {
		s := scratchIn(dir)
		s.Seatbelt.Copied = []Seed{{Host: host, Target: dir + "/home/x"}}
		if _, err := makeScratch(s); err == nil {
			t.Errorf("%q is copied", host)
		}
		if _, err := os.Lstat(dir); !os.IsNotExist(err) {
			t.Errorf("%q: the folder is there: %v", host, err)
		}
	}
}

// A run that was killed could not remove its folder; the next one does, and leaves those of runs that go on.
func TestScratchOfKilledRunsIsRemoved(t *testing.T) {
	gone := exec.Command("true")
	if err := gone.Run(); err != nil {
		t.Fatal(err)
	}
	parent := t.TempDir()
	at := func(name any) string { return filepath.Join(parent, fmt.Sprint("jail-run-", name)) }
	for _, dir := range []string{at(gone.Process.Pid), at(os.Getpid()), at("0"), at("1x"), at("x")} {
		if err := os.Mkdir(dir, 0o700); err != nil {
			t.Fatal(err)
		}
	}
	remove, err := makeScratch(scratchIn(at("new")))
	if err != nil {
		t.Fatal(err)
	}
	defer remove()
	for _, test := range []struct {
		dir  string
		kept bool
	}{{at(gone.Process.Pid), false}, {at(os.Getpid()), true}, {at("0"), true}, {at("1x"), true}, {at("x"), true}} {
		if _, err := os.Lstat(test.dir); (err == nil) != test.kept {
			t.Errorf("%s: %v, want it kept: %v", test.dir, err, test.kept)
		}
	}
}
