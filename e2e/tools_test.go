package e2e

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"jail/jail/jailtest"
)

// agentsEnv names a folder of agents' programs, as in "npm install -g --prefix DIR": DIR/bin.
const agentsEnv = "JAIL_AGENTS"

// gitEnv names the folder of a git to be used in place of the system's: .ci/run tests the newest one too.
const gitEnv = "JAIL_GIT"

// TestTools runs real tools in a jail, each with a script that looks at what the tool says. Where a tool is not installed its
// script is skipped; where JAIL_REQUIRE is "all" that is a failure for what .ci/run installs.
func TestTools(t *testing.T) {
	if os.Geteuid() == 0 {
		return // runAsUser has run it
	}
	jailtest.Require(t, jailtest.UserNS, jailtest.Landlock)
	scripts(t, "testdata/tools")
}

// toolPath is where tools are looked for: the system's folders, the go command's that runs this test, and the agents'. A
// developer's own toolchains are left out, because they need the developer's home.
func toolPath() string {
	path := "/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin"
	if dir := os.Getenv(gitEnv); dir != "" {
		path = dir + ":" + path
	}
	if goCommand, err := exec.LookPath("go"); err == nil {
		path += ":" + filepath.Dir(goCommand)
	}
	if agents := os.Getenv(agentsEnv); agents != "" {
		path += ":" + agents
	}
	return path
}

// installed reports whether a program answers when it is asked for its version. Where it is required that is an error.
func installed(name string, required bool) (bool, error) {
	ask := "--version"
	switch name {
	case "ssh":
		// It tells nobody anything who has no entry in /etc/passwd, as the user of these tests outside of a jail.
		if _, err := exec.LookPath(name); err != nil && required && os.Getenv("JAIL_REQUIRE") == "all" {
			return false, fmt.Errorf("JAIL_REQUIRE demands %s: %w", name, err)
		} else {
			return err == nil, nil
		}
	case "go":
		ask = "version"
	case "tmux":
		ask = "-V"
	}
	home, err := os.MkdirTemp("", "jail-e2e-home-")
	if err != nil {
		return false, err
	}
	defer os.RemoveAll(home)
	cmd := exec.Command("env", name, ask)
	cmd.Env = []string{"PATH=" + toolPath(), "HOME=" + home}
	out, err := cmd.CombinedOutput()
	if err != nil && required && os.Getenv("JAIL_REQUIRE") == "all" {
		return false, fmt.Errorf("JAIL_REQUIRE demands %s: %w\n%s", name, err, out)
	}
	return err == nil, nil
}
