// Package harness builds the programs under test and runs a test program as what users are: someone with no entry in
// /etc/passwd and a home of their own. Started by root a test program is run twice, as that user first and as root then.
package harness

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
)

// UID is that of the ordinary user, whom no machine has.
const UID = 12345

const (
	binEnv = "JAIL_E2E_BIN" // folder of the built programs; set for the ordinary user's run

	rerunEnv = "JAIL_E2E_RERUN" // set in that run
)

// Main is what TestMain does: it builds the programs, runs the tests, and exits. The ordinary user's run keeps those variables of
// the environment that are named.
func Main(m *testing.M, keep ...string) {
	code, err := run(m, keep)
	if err != nil {
		fmt.Fprintln(os.Stderr, "e2e:", err)
		os.Exit(1)
	}
	os.Exit(code)
}

// Bin is the folder with the built programs: jail and probe.
func Bin() string { return os.Getenv(binEnv) }

// IsRerun reports whether this is the ordinary user's run that root's run started. What such a user's run cannot see, the
// repository's files among them, root's run looks at.
func IsRerun() bool { return os.Getenv(rerunEnv) != "" }

func run(m *testing.M, keep []string) (int, error) {
	if os.Getenv(binEnv) != "" {
		return m.Run(), nil
	}
	dir, err := os.MkdirTemp("", "jail-e2e-")
	if err != nil {
		return 0, err
	}
	defer os.RemoveAll(dir)
	bin := filepath.Join(dir, "bin")
	if err := build(bin); err != nil {
		return 0, err
	}
	if err := os.Setenv(binEnv, bin); err != nil {
		return 0, err
	}
	if os.Geteuid() != 0 {
		return m.Run(), nil
	}
	code, err := runAsUser(dir, keep)
	if err != nil {
		return 0, err
	}
	return max(code, m.Run()), nil
}

// NoteSources looks at every source file. The go command caches a test's result as long as the files that its tests looked
// at are the same (go help test), and knows nothing of what the programs under test are built from. What TestMain looks at
// does not count, so that a test has to call this.
func NoteSources(t *testing.T) {
	if IsRerun() {
		return
	}
	mod, err := exec.Command("go", "env", "GOMOD").Output()
	if err != nil {
		t.Fatal(err)
	}
	err = filepath.WalkDir(filepath.Dir(strings.TrimSpace(string(mod))), func(path string, entry fs.DirEntry, err error) error {
		if err == nil && entry.IsDir() && entry.Name() == ".git" {
			return filepath.SkipDir
		}
		if err == nil {
			_, err = os.Stat(path)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

// build makes the programs under test, static as a release is.
func build(bin string) error {
	cmd := exec.Command("go", "build", "-tags", "urfave_cli_no_docs", "-o", bin+"/", "jail", "jail/e2e/probe")
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("go build: %w\n%s", err, out)
	}
	return nil
}

// runAsUser runs this very test program as an ordinary user, in a copy of testdata that such a user can read wherever
// the repository lies.
func runAsUser(dir string, keep []string) (int, error) {
	work := filepath.Join(dir, "work")
	if err := os.Mkdir(work, 0o755); err != nil {
		return 0, err
	}
	if err := os.CopyFS(filepath.Join(work, "testdata"), os.DirFS("testdata")); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return 0, err
	}
	self := filepath.Join(dir, "e2e.test")
	if err := copyFile("/proc/self/exe", self); err != nil {
		return 0, err
	}
	home := filepath.Join(dir, "home")
	if err := os.Mkdir(home, 0o700); err != nil {
		return 0, err
	}
	if err := filepath.WalkDir(dir, func(path string, _ fs.DirEntry, err error) error {
		return errors.Join(err, os.Lchown(path, UID, UID))
	}); err != nil {
		return 0, err
	}
	// The test log belongs to root's run; an ordinary user cannot write it.
	flags := slices.DeleteFunc(slices.Clone(os.Args[1:]), func(arg string) bool { return strings.HasPrefix(arg, "-test.testlogfile") })
	cmd := exec.Command(self, flags...)
	cmd.Dir, cmd.Stdout, cmd.Stderr = work, os.Stdout, os.Stderr
	cmd.Env = []string{
		"PATH=" + os.Getenv("PATH"), "HOME=" + home, "TMPDIR=" + home, "LANG=C.UTF-8",
		binEnv + "=" + Bin(), rerunEnv + "=1",
	}
	for _, name := range append(keep, "JAIL_REQUIRE") {
		cmd.Env = append(cmd.Env, name+"="+os.Getenv(name))
	}
	cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: UID, Gid: UID}}
	group, err := delegate(cmd.SysProcAttr)
	if err != nil {
		return 0, err
	}
	defer group.remove()
	var exit *exec.ExitError
	if err := cmd.Run(); errors.As(err, &exit) {
		return exit.ExitCode(), nil
	} else if err != nil {
		return 0, err
	}
	return 0, nil
}

func copyFile(from, to string) error {
	data, err := os.ReadFile(from)
	if err != nil {
		return err
	}
	return os.WriteFile(to, data, 0o755)
}
