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
	"time"
)

// TestMain runs this test program as the process that takes commits over or applies a patch, and is killed at it.
func TestMain(m *testing.M) {
	if len(os.Args) == 8 && os.Args[1] == "import" {
		a := os.Args[2:]
		p := Private{Host: Repo{CommonDir: a[0], GitDir: a[1], WorkTree: a[2]}, Dir: a[3], Name: a[4], Branch: a[5]}
		if _, err := p.Import(context.Background(), plainUpload); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		os.Exit(0)
	}
	if len(os.Args) == 6 && os.Args[1] == "apply" {
		os.Exit(applyUntil(os.Args[2], os.Args[3], os.Args[4], os.Args[5]))
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

// falseGit puts a script in the way of git, and returns the folder that it is in.
func falseGit(t *testing.T, script string) string {
	t.Helper()
	real, err := exec.LookPath("git")
	if err != nil {
		t.Fatal(err)
	}
	bin := t.TempDir()
	put(t, filepath.Join(bin, "git"), strings.ReplaceAll(script, "GITREAL", real))
	if err := os.Chmod(filepath.Join(bin, "git"), 0o755); err != nil {
		t.Fatal(err)
	}
	return bin
}

// importElsewhere takes over in a process of its own, with a false git, and reports whether that was killed.
func importElsewhere(t *testing.T, p Private, bin string) (killed bool) {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(self, "import", p.Host.CommonDir, p.Host.GitDir, p.Host.WorkTree, p.Dir, p.Name, p.Branch)
	cmd.Env = []string{"HOME=" + os.Getenv("HOME"), "PATH=" + bin + ":" + os.Getenv("PATH")}
	out, err := cmd.CombinedOutput()
	if killed = err != nil && cmd.ProcessState.Sys().(syscall.WaitStatus).Signal() == syscall.SIGKILL; err != nil && !killed {
		t.Fatalf("%v: %s", err, out)
	}
	return killed
}

// atEachGit runs check with an import that is killed at each of its git processes, before and after it, and reports how often it was.
func atEachGit(t *testing.T, check func(name string, cutOff func(Private) (killed bool)) (killed bool)) (kills int) {
	t.Helper()
	home, bin := os.Getenv("HOME"), falseGit(t, killer)
	for _, when := range []string{"before", "after"} {
		for at := 1; ; at++ {
			name := fmt.Sprintf("%s-%d", when, at)
			killed := check(name, func(p Private) bool {
				put(t, filepath.Join(home, "count"), "0\n")
				put(t, filepath.Join(home, "at"), fmt.Sprintln(at))
				put(t, filepath.Join(home, "when"), when+"\n")
				return importElsewhere(t, p, bin)
			})
			if !killed {
				break
			}
			kills++
		}
	}
	return kills
}

// TestKilledImport holds that the import after one that was killed makes good, and that nothing of the first is left.
func TestKilledImport(t *testing.T) {
	p := newPrivateTree(t)
	kills := atEachGit(t, func(name string, cutOff func(Private) bool) bool {
		tip := p.commit(t, name)
		p.inside(t, "branch", "-f", "topic")
		killed := cutOff(p.Private)
		plain(t, p.repo.WorkTree, "fsck", "--connectivity-only")
		p.take(t)
		if p.host(t, "jail/x") != tip || p.host(t, "refs/jail/x/heads/topic") != tip {
			t.Errorf("%s: the commit did not come in", name)
		}
		if got := plain(t, p.tree.WorkTree, "status", "--porcelain"); got != "" {
			t.Errorf("%s: the index did not follow: %s", name, got)
		}
		p.sound(t)
		return killed
	})
	if kills < 12 {
		t.Errorf("only %d kills: an import starts more git than that", kills)
	}
}

// TestCutOffImportIsNobodysWork holds that what an import moved before it was cut off is not taken for the user's work, whatever the
// jail does until the next one: branches that it deletes go, one that it rewinds does not diverge, HEAD and index follow.
func TestCutOffImportIsNobodysWork(t *testing.T) {
	dir := clean(t)
	for _, test := range []struct {
		name string
		more func(p privateTree) // what the jail does between the imports
		head string
	}{
		{"rewound", func(p privateTree) {
			p.inside(t, "checkout", "-q", "main")
			p.inside(t, "reset", "-q", "--hard", "HEAD~1")
			p.inside(t, "branch", "-q", "-D", "work", "other")
			p.commit(t, "last")
		}, "main"},
		{"nothing", func(privateTree) {}, "work"},
		{"back", func(p privateTree) { p.inside(t, "checkout", "-q", "main") }, "main"},
	} {
		kills := atEachGit(t, func(name string, cutOff func(Private) bool) bool {
			name = test.name + "-" + name
			repo := project(t, filepath.Join(dir, name))
			p := privateTree{Private{Host: repo, Dir: filepath.Join(dir, name+"-private"), Name: "@checkout"}, repo, Worktree{Repo: repo}}
			p.begin(t)
			p.commit(t, "to be undone")
			p.inside(t, "checkout", "-q", "-b", "work")
			p.commit(t, "work")
			p.inside(t, "branch", "other")
			killed := cutOff(p.Private)
			test.more(p)
			got := p.take(t)
			if head := plain(t, repo.WorkTree, "symbolic-ref", "HEAD"); got.Diverged != nil || got.Left != "" || head != "refs/heads/"+test.head {
				t.Errorf("%s: %+v, HEAD is %s", name, got, head)
			}
			refs := []string{"for-each-ref", "--format=%(refname) %(objectname)"}
			if host, jail := plain(t, repo.WorkTree, refs...), p.inside(t, append(refs, "refs/heads", "refs/tags")...); host != jail {
				t.Errorf("%s: refs are\n%s\nand in the jail\n%s", name, host, jail)
			}
			if got := plain(t, repo.WorkTree, "status", "--porcelain"); got != "" {
				t.Errorf("%s: the index did not follow: %s", name, got)
			}
			p.sound(t)
			return killed
		})
		if kills < 12 {
			t.Errorf("%s: only %d kills: an import starts more git than that", test.name, kills)
		}
	}
}

// TestRefsMoveAfterUs holds that a git that moves refs comes to its end although who started it is killed, and leaves no lock; where
// it has not been told all, it moves none.
func TestRefsMoveAfterUs(t *testing.T) {
	p := newPrivateTree(t)
	tip := p.commit(t, "one")
	during := "#!/bin/sh\ncase \"$*\" in *update-ref*) LINES > $HOME/lines; kill -9 $PPID; sleep 0.1; GITREAL \"$@\" < $HOME/lines; echo > $HOME/ended; exit;; esac\nexec GITREAL \"$@\"\n"
	for _, test := range []struct{ lines, want string }{{"head -n 2", p.host(t, "jail/x")}, {"cat", tip}} {
		ended := filepath.Join(os.Getenv("HOME"), "ended")
		if !importElsewhere(t, p.Private, falseGit(t, strings.Replace(during, "LINES", test.lines, 1))) {
			t.Fatal("no update-ref")
		}
		for ctx := soon(t); !exists(ended); time.Sleep(10 * time.Millisecond) {
			if ctx.Err() != nil {
				t.Fatal("it did not end")
			}
		}
		if err := os.Remove(ended); err != nil {
			t.Fatal(err)
		}
		if got := p.host(t, "jail/x"); got != test.want {
			t.Errorf("told %s: the branch is at %s, want %s", test.lines, got, test.want)
		}
	}
	p.take(t)
	p.sound(t)
}
