// Package e2e drives the built binary as a user does: one script for each promise and each user story. Started by root
// it runs the scripts of testdata as an ordinary user with a home of its own and no entry in /etc/passwd, because that is
// what users are, and those of testdata/root as root.
package e2e

import (
	"os"
	"path/filepath"
	"strconv"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"jail/e2e/harness"
	"jail/jail/jailtest"
)

func TestMain(m *testing.M) { harness.Main(m, agentsEnv, gitEnv) }

func TestResultIsNotCachedOverChanges(t *testing.T) { harness.NoteSources(t) }

// TestUser runs what an ordinary user does. As root it has been run already, by the harness.
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

func scripts(t *testing.T, dir string) { testscript.Run(t, params(dir)) }

func params(dir string) testscript.Params {
	return testscript.Params{
		Dir:       dir,
		Setup:     setup,
		Condition: condition,
		Deadline:  time.Now().Add(3 * time.Minute), // a script that waits for what never comes fails, and says where
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"exits":    exits,
			"listen":   listen,
			"abstract": abstract,
			"lines":    lines,
			"serve":    serve,
			"pixel":    pixel,
		},
	}
}

// setup gives each script a home, a project in it as its working directory, and git settings that depend on nothing.
func setup(env *testscript.Env) error {
	bin := harness.Bin()
	work, err := filepath.EvalSymlinks(env.WorkDir) // on macOS a link leads to temporary files
	if err != nil {
		return err
	}
	home := filepath.Join(work, "home")
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
	env.Setenv("TMPDIR", work)
	env.Setenv("PATH", bin+":"+toolPath())
	env.Setenv("LANG", "C.UTF-8")
	env.Setenv("UID", strconv.Itoa(os.Getuid()))
	env.Setenv("GIT_CONFIG_NOSYSTEM", "1")
	return nil
}
