package git

import (
	"bytes"
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

// endedBy returns a context that ends when a file is there.
func endedBy(t *testing.T, file string) context.Context {
	t.Helper()
	ctx, cancel := context.WithCancel(soon(t))
	go func() {
		for !exists(file) && ctx.Err() == nil {
			time.Sleep(time.Millisecond)
		}
		cancel()
	}()
	return ctx
}

// TestCancelEndsChildren: git's own children end with it, those too that do not care for SIGTERM.
func TestCancelEndsChildren(t *testing.T) {
	dir := clean(t)
	pidFile := filepath.Join(dir, "pid")
	bin := falseGit(t, "#!/bin/sh\ntrap '' TERM\nsleep 60 &\necho $! > "+pidFile+".new\nmv "+pidFile+".new "+pidFile+"\nwait\nwait\n")
	t.Setenv("PATH", bin+":"+os.Getenv("PATH"))
	ctx := endedBy(t, pidFile)
	_, err := Discover(ctx, dir)
	if !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
	text, err := os.ReadFile(pidFile)
	if err != nil {
		t.Fatal(err)
	}
	pid, err := strconv.Atoi(strings.TrimSpace(string(text)))
	if err != nil {
		t.Fatal(err)
	}
	for range 100 {
		if stat, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/stat"); err == nil && strings.Contains(string(stat), ") Z ") {
			return
		}
		if errors.Is(syscall.Kill(pid, 0), syscall.ESRCH) {
			return
		}
		time.Sleep(20 * time.Millisecond)
	}
	t.Errorf("process %d is still there", pid)
}

// TestRefsMoveWhole: git comes to its end with what moves refs, also where its caller is told to end meanwhile, and leaves no lock.
func TestRefsMoveWhole(t *testing.T) {
	dir := clean(t)
	repo := project(t, filepath.Join(dir, "repo"))
	plain(t, repo.WorkTree, "branch", "old")
	tip := plain(t, repo.WorkTree, "rev-parse", "old")
	begun := filepath.Join(dir, "begun")
	bin := falseGit(t, "#!/bin/sh\ncase \"$*\" in *update-ref*) echo > "+begun+"; sleep 0.2;; esac\nexec GITREAL \"$@\"\n")
	t.Setenv("PATH", bin+":"+os.Getenv("PATH"))
	ctx := endedBy(t, begun)
	if err := repo.DeleteBranch(ctx, "old", tip); err != nil || ctx.Err() == nil {
		t.Errorf("got %v, context %v", err, ctx.Err())
	}
	if got := plain(t, repo.WorkTree, "for-each-ref", "refs/heads/old"); got != "" {
		t.Errorf("still there: %s", got)
	}
	// Not begun is left alone.
	if err := repo.DeleteBranch(ctx, "main", tip); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
}

// TestMoveComesToItsEnd: so does git with the files of a checkout.
func TestMoveComesToItsEnd(t *testing.T) {
	repo, tree := sides(t)
	put(t, filepath.Join(tree.WorkTree, "a.txt"), "changed\n")
	commit(t, tree.WorkTree, "one")
	m, err := planned(t, repo, tree, Joined)
	if err != nil {
		t.Fatal(err)
	}
	begun := filepath.Join(t.TempDir(), "begun")
	bin := falseGit(t, "#!/bin/sh\ncase \"$*\" in *--ff-only*) echo > "+begun+"; sleep 0.2;; esac\nexec GITREAL \"$@\"\n")
	t.Setenv("PATH", bin+":"+os.Getenv("PATH"))
	ctx := endedBy(t, begun)
	if err := repo.Move(ctx, "main", m.Old, m.Result, nil); err != nil || ctx.Err() == nil {
		t.Errorf("got %v, context %v", err, ctx.Err())
	}
	if got := plain(t, repo.WorkTree, "rev-parse", "main") + plain(t, repo.WorkTree, "status", "--porcelain"); got != m.Result {
		t.Errorf("got %q", got)
	}
}

// TestOutputNotTaken: what was not taken is an error, also where git has ended well before that was seen.
func TestOutputNotTaken(t *testing.T) {
	full := errors.New("full")
	_, err := runBounded(t.Context(), "diff", failingWriter{full}, func(out, _ io.Writer) error {
		_, _ = io.WriteString(out, "a change\n")
		return nil
	})
	if !errors.Is(err, full) {
		t.Errorf("got %v", err)
	}
}

type failingWriter struct{ err error }

func (w failingWriter) Write([]byte) (int, error) { return 0, w.err }

func TestOutputLimits(t *testing.T) {
	clean(t)
	bin := falseGit(t, "#!/bin/sh\nhead -c 1000000 /dev/zero | tr '\\0' e >&2\nexec cat /dev/zero\n")
	t.Setenv("PATH", bin+":"+os.Getenv("PATH"))
	var kept bytes.Buffer
	out := &boundedWriter{to: &kept, left: 100_000}
	said := &headBuffer{left: stderrLimit}
	err := process{dir: "/", env: []string{"PATH=" + os.Getenv("PATH")}, stdout: out, stderr: said}.run(soon(t))
	if err == nil || !errors.Is(out.err, ErrTooMuchOutput) || kept.Len() > 100_000 {
		t.Errorf("got %v, %v and %d bytes", err, out.err, kept.Len())
	}
	if said.Len() != stderrLimit {
		t.Errorf("got %d bytes of messages", said.Len())
	}
}
