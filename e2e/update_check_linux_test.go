package e2e

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"jail/e2e/harness"
	"jail/jail/jailtest"
)

// TestUpdateCheck has a jail that was built as a release is, of a repository on this machine. No network is used.
func TestUpdateCheck(t *testing.T) {
	if harness.IsRerun() {
		return // root's run builds it, and runs it as an ordinary user
	}
	jailtest.Require(t, jailtest.UserNS, jailtest.Landlock)
	u := newUpdateWorld(t)

	t.Run("asked for", func(t *testing.T) {
		u.has(t, "v1.3.0 is newer: "+u.releases, "jail", "version", "--check")
		u.has(t, `"newer": true`, "jail", "version", "--update-check", "--json")
		u.has(t, "jail v1.2.0\n", "jail", "version")
	})
	t.Run("never by itself", func(t *testing.T) {
		u.hasNot(t, "v1.3.0", "jail", "run", "--", "true")
		if _, err := os.Stat(u.cache); err == nil {
			t.Error("a run without update_check has noted something about releases")
		}
	})
	t.Run("told by the run after", func(t *testing.T) {
		u.write(t, ".config/jail/config.toml", "update_check = true\n")
		u.hasNot(t, "v1.3.0", "jail", "run", "--", "true")
		u.noted(t, "v1.3.0")
		u.has(t, "jail: jail v1.3.0 is out, and this is v1.2.0: "+u.releases, "jail", "run", "--", "true")
		u.hasNot(t, "v1.3.0", "jail", "run", "-q", "--", "true")
		u.hasNot(t, "v1.3.0", "jail", "run", "--dry-run", "--", "true")
	})
	t.Run("once a day", func(t *testing.T) {
		u.git(t, "-C", u.repo, "tag", "v1.4.0")
		u.has(t, "v1.3.0 is out", "jail", "run", "--", "true") // the answer of today
		yesterday := time.Now().Add(-25 * time.Hour).Format(time.RFC3339)
		u.write(t, ".cache/jail/releases.json", `{"asked": "`+yesterday+`", "newest": "v1.3.0"}`)
		u.has(t, "v1.3.0 is out", "jail", "run", "--", "true")
		u.noted(t, "v1.4.0")
		u.has(t, "v1.4.0 is out", "jail", "run", "--", "true")
	})
	t.Run("holds nothing that the run was started with", func(t *testing.T) {
		u.write(t, "bin/git", "#!/bin/sh\ncase $* in *ls-remote*) ls /proc/$$/fd >"+u.home+"/open;; esac\nPATH="+toolPath()+" exec git \"$@\"\n")
		u.command(t, "chmod", "755", filepath.Join(u.home, "bin/git"))
		u.command(t, "rm", u.cache)
		u.command(t, "sh", "-c", "exec 9<.; PATH=$HOME/bin:$PATH exec "+filepath.Join(u.bin, "jail")+" run -- true")
		u.noted(t, "v1.4.0")
		open, err := os.ReadFile(filepath.Join(u.home, "open"))
		if err != nil || !strings.Contains(string(open), "0\n1\n") || strings.Contains(string(open), "9\n") {
			t.Errorf("the check has these descriptors open, %v: %q", err, open)
		}
	})
	t.Run("a project cannot ask for it", func(t *testing.T) {
		u.write(t, ".config/jail/config.toml", "")
		u.write(t, "project/.jail.toml", "update_check = true\n")
		u.has(t, "a project file may not make jail ask for updates", "jail", "run", "--", "true")
		u.hasNot(t, "is out", "jail", "run", "--", "true")
	})
	t.Run("a server that cannot be reached", func(t *testing.T) {
		if err := os.Rename(u.repo, u.repo+"-away"); err != nil {
			t.Fatal(err)
		}
		u.has(t, "cannot ask "+u.releases+" for the newest release: git ls-remote failed", "jail", "version", "--check")
	})
	t.Run("a build that knows no releases", func(t *testing.T) {
		u.has(t, "this build was not told where releases are", filepath.Join(harness.Bin(), "jail"), "version", "--check")
	})
}

// updateWorld is a home, a release repository with tags, and a jail built for it.
type updateWorld struct {
	bin, home, repo, releases, cache string
}

func newUpdateWorld(t *testing.T) updateWorld {
	dir := t.TempDir()
	for parent := dir; parent != os.TempDir() && parent != "/"; parent = filepath.Dir(parent) {
		if err := os.Chmod(parent, 0o755); err != nil { // another user runs what lies there
			t.Fatal(err)
		}
	}
	u := updateWorld{bin: filepath.Join(dir, "bin"), home: filepath.Join(dir, "home"), repo: filepath.Join(dir, "releases.git")}
	u.releases, u.cache = "file://"+u.repo, filepath.Join(u.home, ".cache/jail/releases.json")
	build := exec.Command("go", "build", "-tags", "urfave_cli_no_docs", "-ldflags", "-X main.version=v1.2.0 -X main.releases="+u.releases, "-o", filepath.Join(u.bin, "jail"), "jail")
	build.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("go build: %v\n%s", err, out)
	}
	if err := os.Mkdir(u.home, 0o700); err != nil {
		t.Fatal(err)
	}
	if os.Geteuid() == 0 {
		for _, path := range []string{dir, u.home} {
			if err := os.Chown(path, harness.UID, harness.UID); err != nil {
				t.Fatal(err)
			}
		}
	}
	u.write(t, "project/file", "")
	u.git(t, "init", "-q", "--bare", u.repo)
	tree := strings.TrimSpace(u.git(t, "-C", u.repo, "mktree"))
	commit := strings.TrimSpace(u.git(t, "-C", u.repo, "commit-tree", "-m", "release", tree))
	for _, tag := range []string{"v1.1.0", "v1.3.0", "v1.2.0", "v2.0.0-rc.1", "nightly"} {
		u.git(t, "-C", u.repo, "tag", tag, commit)
	}
	u.git(t, "-C", u.repo, "update-ref", "HEAD", commit)
	return u
}

// write makes a file in the home.
func (u updateWorld) write(t *testing.T, name, text string) {
	t.Helper()
	path := filepath.Join(u.home, name)
	u.command(t, "mkdir", "-p", filepath.Dir(path))
	u.command(t, "sh", "-c", `printf %s "$2" >"$1"`, "sh", path, text)
}

func (u updateWorld) git(t *testing.T, args ...string) string {
	t.Helper()
	return u.command(t, "git", args...)
}

// command runs something that has to succeed, as the ordinary user.
func (u updateWorld) command(t *testing.T, name string, args ...string) string {
	t.Helper()
	out, err := u.start(name, args...)
	if err != nil {
		t.Fatalf("%s %q: %v\n%s", name, args, err, out)
	}
	return out
}

func (u updateWorld) start(name string, args ...string) (string, error) {
	if name == "jail" {
		name = filepath.Join(u.bin, name)
	}
	cmd := exec.Command(name, args...)
	cmd.Dir = filepath.Join(u.home, "project")
	if _, err := os.Stat(cmd.Dir); err != nil {
		cmd.Dir = "/"
	}
	cmd.Env = []string{"HOME=" + u.home, "PATH=" + toolPath(), "GIT_CONFIG_NOSYSTEM=1",
		"GIT_AUTHOR_NAME=T", "GIT_AUTHOR_EMAIL=t@example.com", "GIT_COMMITTER_NAME=T", "GIT_COMMITTER_EMAIL=t@example.com"}
	if os.Geteuid() == 0 {
		cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: harness.UID, Gid: harness.UID}}
	}
	out, err := cmd.CombinedOutput()
	return string(out), err
}

func (u updateWorld) has(t *testing.T, text, name string, args ...string) {
	t.Helper()
	if out, _ := u.start(name, args...); !strings.Contains(out, text) {
		t.Errorf("%s %q says %q, want %q", name, args, out, text)
	}
}

func (u updateWorld) hasNot(t *testing.T, text, name string, args ...string) {
	t.Helper()
	if out := u.command(t, name, args...); strings.Contains(out, text) {
		t.Errorf("%s %q says %q, which has %q", name, args, out, text)
	}
}

// noted waits until the check that a run began has found a release.
func (u updateWorld) noted(t *testing.T, release string) {
	t.Helper()
	for deadline := time.Now().Add(time.Minute); time.Now().Before(deadline); time.Sleep(10 * time.Millisecond) {
		if text, err := os.ReadFile(u.cache); err == nil && strings.Contains(string(text), release) {
			return
		}
	}
	t.Fatalf("no check has noted %s in %s", release, u.cache)
}
