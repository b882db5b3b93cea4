package git

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// TestMain runs this test program as the process that takes commits over, and is killed at it.
func TestMain(m *testing.M) {
	if len(os.Args) == 5 && os.Args[1] == "import" {
		p := Private{
			Host: Repo{CommonDir: os.Args[2], GitDir: filepath.Join(os.Args[2], "worktrees", "tree"), WorkTree: os.Args[3]},
			Dir:  os.Args[4], Name: "x", Branch: "jail/x",
		}
		if _, err := p.Import(context.Background(), plainUpload); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		os.Exit(0)
	}
	os.Exit(atHome(m.Run))
}

// atHome runs tests in an empty home, which those that run beside others share.
func atHome(run func() int) int {
	home, err := os.MkdirTemp("", "git-home-")
	if err != nil {
		panic(err)
	}
	defer os.RemoveAll(home)
	os.Setenv("HOME", home)
	os.Setenv("XDG_CONFIG_HOME", "")
	return run()
}

// killer is a git that counts how often it is started, and at the given time kills who started it: before it does its
// work, or after.
const killer = `#!/bin/sh
n=$(($(cat "$HOME/count") + 1)); echo $n > "$HOME/count"
at=$(cat "$HOME/at"); when=$(cat "$HOME/when")
if [ $n = $at ] && [ $when = before ]; then kill -9 $PPID; exit 1; fi
GITREAL "$@"
code=$?
if [ $n = $at ]; then kill -9 $PPID; fi
exit $code
`

// TestKilledImport ends an import at each of its git processes, before and after it. The next import makes good, and
// nothing of the first is left.
func TestKilledImport(t *testing.T) {
	p := newPrivateTree(t)
	real, err := exec.LookPath("git")
	if err != nil {
		t.Fatal(err)
	}
	home := os.Getenv("HOME")
	bin := filepath.Join(home, "bin")
	put(t, filepath.Join(bin, "git"), strings.Replace(killer, "GITREAL", real, 1))
	if err := os.Chmod(filepath.Join(bin, "git"), 0o755); err != nil {
		t.Fatal(err)
	}
	kills := 0
	for _, when := range []string{"before", "after"} {
		for at := 1; ; at++ {
			tip := p.commit(t, fmt.Sprintf("%s-%d", when, at))
			p.inside(t, "branch", "-f", "topic")
			put(t, filepath.Join(home, "count"), "0\n")
			put(t, filepath.Join(home, "at"), fmt.Sprintln(at))
			put(t, filepath.Join(home, "when"), when+"\n")
			self, err := os.Executable()
			if err != nil {
				t.Fatal(err)
			}
			cmd := exec.Command(self, "import", p.repo.CommonDir, p.tree.WorkTree, p.Dir)
			cmd.Env = []string{"HOME=" + home, "PATH=" + bin + ":" + os.Getenv("PATH")}
			out, err := cmd.CombinedOutput()
			killed := err != nil && cmd.ProcessState.Sys().(syscall.WaitStatus).Signal() == syscall.SIGKILL
			if err != nil && !killed {
				t.Fatalf("%s %d: %v: %s", when, at, err, out)
			}
			if err := exec.Command(real, "-C", p.repo.WorkTree, "fsck", "--connectivity-only").Run(); err != nil {
				t.Errorf("%s %d: the repository is not whole after the kill", when, at)
			}
			p.take(t)
			if p.host(t, "jail/x") != tip || p.host(t, "refs/jail/x/heads/topic") != tip {
				t.Errorf("%s %d: the commit did not come in", when, at)
			}
			if got := plain(t, p.tree.WorkTree, "status", "--porcelain"); got != "" {
				t.Errorf("%s %d: the index did not follow: %s", when, at, got)
			}
			p.sound(t)
			if !killed {
				break
			}
			kills++
		}
	}
	if kills < 12 {
		t.Errorf("only %d kills: an import starts more git than that", kills)
	}
}
