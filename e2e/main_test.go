// Package e2e drives the built binary as a user does: one script for each promise and each user story. Started by root
// it runs the scripts of testdata as an ordinary user with a home of its own and no entry in /etc/passwd, because that is
// what users are, and those of testdata/root as root.
package e2e

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"jail/jail/jailtest"
)

const (
	binEnv = "JAIL_E2E_BIN" // folder of the built programs; set for the ordinary user's run
	uid    = 12345          // of that run; no machine has such a user
)

func TestMain(m *testing.M) {
	code, err := run(m)
	if err != nil {
		fmt.Fprintln(os.Stderr, "e2e:", err)
		os.Exit(1)
	}
	os.Exit(code)
}

func run(m *testing.M) (int, error) {
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
	code, err := runAsUser(dir)
	if err != nil {
		return 0, err
	}
	return max(code, m.Run()), nil
}

// TestResultIsNotCachedOverChanges looks at every source file. The go command caches a test's result as long as the files
// that its tests looked at are the same (go help test), and knows nothing of what the programs under test are built from.
// What TestMain looks at does not count.
func TestResultIsNotCachedOverChanges(t *testing.T) {
	err := filepath.WalkDir("..", func(path string, entry fs.DirEntry, err error) error {
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
func runAsUser(dir string) (int, error) {
	work := filepath.Join(dir, "work")
	if err := os.CopyFS(filepath.Join(work, "testdata"), os.DirFS("testdata")); err != nil {
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
		return errors.Join(err, os.Lchown(path, uid, uid))
	}); err != nil {
		return 0, err
	}
	// The test log belongs to root's run; an ordinary user cannot write it.
	flags := slices.DeleteFunc(slices.Clone(os.Args[1:]), func(arg string) bool { return strings.HasPrefix(arg, "-test.testlogfile") })
	cmd := exec.Command(self, flags...)
	cmd.Dir, cmd.Stdout, cmd.Stderr = work, os.Stdout, os.Stderr
	cmd.Env = []string{
		"PATH=" + os.Getenv("PATH"), "HOME=" + home, "TMPDIR=" + home, "LANG=C.UTF-8",
		binEnv + "=" + os.Getenv(binEnv), "JAIL_REQUIRE=" + os.Getenv("JAIL_REQUIRE"), agentsEnv + "=" + os.Getenv(agentsEnv),
	}
	cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: uid, Gid: uid}}
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

// TestUser runs what an ordinary user does. As root it has been run already, by runAsUser.
func TestUser(t *testing.T) {
	if os.Geteuid() == 0 {
		return
	}
	jailtest.Require(t, jailtest.UserNS, jailtest.Landlock)
	scripts(t, "testdata/user")
}

// TestCgroup runs what needs a cgroup that may be divided.
func TestCgroup(t *testing.T) {
	if os.Geteuid() == 0 {
		return
	}
	jailtest.Require(t, jailtest.UserNS, jailtest.Landlock, jailtest.Cgroup)
	scripts(t, "testdata/cgroup")
}

// TestRoot runs what only root can do, or should better not.
func TestRoot(t *testing.T) {
	if os.Geteuid() != 0 {
		return
	}
	jailtest.Require(t, jailtest.Root, jailtest.UserNS, jailtest.Landlock)
	scripts(t, "testdata/root")
}

func scripts(t *testing.T, dir string) {
	testscript.Run(t, testscript.Params{
		Dir:       dir,
		Setup:     setup,
		Condition: condition,
		Deadline:  time.Now().Add(3 * time.Minute), // a script that waits for what never comes fails, and says where
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"exits":    exits,
			"listen":   listen,
			"abstract": abstract,
			"lines":    lines,
		},
	})
}

// setup gives each script a home, a project in it as its working directory, and git settings that depend on nothing.
func setup(env *testscript.Env) error {
	bin := os.Getenv(binEnv)
	home := filepath.Join(env.WorkDir, "home")
	project := filepath.Join(home, "project")
	if err := os.MkdirAll(project, 0o755); err != nil {
		return err
	}
	if err := os.CopyFS(project, os.DirFS(bin)); err != nil {
		return err
	}
	if err := os.Remove(filepath.Join(project, "jail")); err != nil {
		return err
	}
	if err := os.WriteFile(filepath.Join(home, ".gitconfig"), []byte("[user]\nname = Test\nemail = test@example.com\n[init]\ndefaultBranch = main\n"), 0o600); err != nil {
		return err
	}
	env.Cd = project
	env.Setenv("HOME", home)
	env.Setenv("TMPDIR", env.WorkDir)
	env.Setenv("PATH", bin+":"+toolPath())
	env.Setenv("LANG", "C.UTF-8")
	env.Setenv("UID", strconv.Itoa(os.Getuid()))
	env.Setenv("GIT_CONFIG_NOSYSTEM", "1")
	return nil
}
