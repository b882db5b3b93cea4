package workspace

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"jail/state"
)

// The test binary runs itself as the processes that compete for a name, or that are killed half way.
func TestMain(m *testing.M) {
	if len(os.Args) > 1 && os.Args[1] == "create" {
		mgr := Manager{Store: state.Open(os.Args[2]), Root: os.Args[3]}
		_, _, err := mgr.Create(context.Background(), CreateRequest{Name: os.Args[5], RepoDir: os.Args[4]})
		switch {
		case err == nil:
			os.Exit(0)
		case errors.Is(err, ErrExists), errors.Is(err, ErrBusy):
			os.Exit(10)
		}
		os.Stderr.WriteString(err.Error() + "\n")
		os.Exit(1)
	}
	if len(os.Args) > 1 && os.Args[1] == "act" {
		os.Exit(act(os.Args[2:]))
	}
	os.Exit(atHome(m.Run))
}

// atHome runs tests in an empty home, so that nothing depends on the user's configuration. It is the same for all: a test that
// sets a variable of the environment cannot run beside others.
func atHome(run func() int) int {
	home, err := os.MkdirTemp("", "workspace-home-")
	if err != nil {
		panic(err)
	}
	defer os.RemoveAll(home)
	os.Setenv("HOME", home)
	os.Setenv("XDG_CONFIG_HOME", "")
	return run()
}

// world is a home with a repository and no jails.
type world struct {
	Manager
	dir  string
	repo string // the repository's work tree
}

func newWorld(t *testing.T) world {
	t.Helper()
	parent, err := filepath.EvalSymlinks(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	dir := filepath.Join(parent, "world")
	w := world{
		Manager: Manager{Store: state.Open(filepath.Join(dir, "state")), Root: filepath.Join(dir, "data", "jails")},
		dir:     dir, repo: filepath.Join(dir, "repo"),
	}
	mkdir(t, w.repo)
	plain(t, w.repo, "-c", "init.defaultBranch=main", "init", "-q")
	put(t, filepath.Join(w.repo, "a.txt"), "a\n")
	commit(t, w.repo, "first")
	return w
}

func (w world) create(t *testing.T, name string) state.Record {
	t.Helper()
	r, _, err := w.Create(t.Context(), CreateRequest{Name: name, RepoDir: w.repo})
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// snapshot lists everything in the world that a failed create must leave as it was, content of refs included.
func (w world) snapshot(t *testing.T) []string {
	t.Helper()
	var names []string
	err := filepath.WalkDir(w.dir, func(path string, d fs.DirEntry, err error) error {
		rel := strings.TrimPrefix(path, w.dir)
		switch {
		case err != nil:
			return err
		case d.Name() == "objects":
			return fs.SkipDir
		case rel == "/state", rel == "/data", rel == "/data/jails", rel == "/bin", strings.HasPrefix(rel, "/bin/"), rel == "/state/jails.lock":
		case rel == "/repo/.git/refs/jail": // git keeps the folder of a kind of refs, once there was one
		case rel == "/state/jails.json":
			f, err := w.Store.View()
			for _, r := range f.Jails {
				names = append(names, "record of "+r.Name)
			}
			return err
		default:
			names = append(names, rel)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return append(names, plain(t, w.repo, "for-each-ref"), plain(t, w.repo, "worktree", "list"))
}

func (w world) same(t *testing.T, want []string) {
	t.Helper()
	if got := w.snapshot(t); !slices.Equal(got, want) {
		t.Errorf("left behind:\ngot  %q\nwant %q", got, want)
	}
}

func plain(t *testing.T, dir string, args ...string) string {
	t.Helper()
	cmd := exec.Command("git", args...)
	cmd.Dir = dir
	cmd.Env = []string{
		"PATH=" + systemPath(), "HOME=/nonexistent", "GIT_CONFIG_NOSYSTEM=1", "LANG=C.UTF-8",
		"GIT_CONFIG_COUNT=1", "GIT_CONFIG_KEY_0=maintenance.auto", "GIT_CONFIG_VALUE_0=false", // nothing goes on when a test is over
		"GIT_AUTHOR_NAME=A U Thor", "GIT_AUTHOR_EMAIL=a@example.com", "GIT_AUTHOR_DATE=1700000000 +0100",
		"GIT_COMMITTER_NAME=C O Mitter", "GIT_COMMITTER_EMAIL=c@example.com", "GIT_COMMITTER_DATE=1700000000 +0100",
	}
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("git %q: %v: %s", args, err, out)
	}
	return strings.TrimSuffix(string(out), "\n")
}

// systemPath is PATH without the directory that a test has put a false git in.
func systemPath() string {
	dirs := slices.DeleteFunc(filepath.SplitList(os.Getenv("PATH")), func(d string) bool {
		_, err := os.Stat(filepath.Join(d, "git.real"))
		return err == nil
	})
	return strings.Join(dirs, ":")
}

func commit(t *testing.T, dir, subject string) string {
	t.Helper()
	plain(t, dir, "add", "-A")
	plain(t, dir, "commit", "-q", "--allow-empty", "-m", subject)
	return plain(t, dir, "rev-parse", "HEAD")
}

func mkdir(t *testing.T, path string) {
	t.Helper()
	if err := os.MkdirAll(path, 0o755); err != nil {
		t.Fatal(err)
	}
}

func put(t *testing.T, path, text string) {
	t.Helper()
	mkdir(t, filepath.Dir(path))
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
}

func exists(path string) bool {
	_, err := os.Lstat(path)
	return !errors.Is(err, fs.ErrNotExist)
}

// self is a session of this process, which is alive.
func self(t *testing.T) state.Session {
	t.Helper()
	s, err := state.CurrentSession("test")
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// ended is a session of a process that has ended.
func ended(t *testing.T) state.Session {
	t.Helper()
	s := self(t)
	s.StartTime++
	return s
}
