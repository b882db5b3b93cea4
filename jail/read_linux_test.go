package jail_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"jail/jail"
	"jail/jail/jailtest"
	"jail/mounts"
	"jail/plan"
	"jail/seccomp"
)

// TestMain is also the child stage of the jails that the tests start.
func TestMain(m *testing.M) {
	if jail.IsInit() {
		jail.Init()
	}
	os.Exit(m.Run())
}

// reader is the Spec of a throw-away jail for a shell command that sees one folder.
func reader(t testing.TB, dir, script string) jail.Spec {
	t.Helper()
	s, err := plan.ReadOnly(plan.Probe(t.TempDir()), plan.Reading{
		Program: "sh", Args: []string{"-c", script}, Show: []string{dir, "/no/such/path"},
		Mounts: []mounts.Mount{{Kind: mounts.File, Target: "/made/for/it", Text: "made\n"}},
	})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// start reads with a Spec, and returns what it wrote.
func start(ctx context.Context, s jail.Spec) (string, jail.Result, error) {
	return collect(s, func(p *jail.Prepared) (jail.Result, error) { return p.Read(ctx, s) })
}

// collect prepares a Spec with pipes, runs it as it is told, and returns what it wrote.
func collect(s jail.Spec, run func(*jail.Prepared) (jail.Result, error)) (string, jail.Result, error) {
	null, err := os.Open(os.DevNull)
	if err != nil {
		return "", jail.Result{}, err
	}
	defer null.Close()
	read, write, err := os.Pipe()
	if err != nil {
		return "", jail.Result{}, err
	}
	defer read.Close()
	prepared, err := jail.Prepare(s, jail.Streams{In: null, Out: write, Err: write})
	write.Close()
	if err != nil {
		return "", jail.Result{}, err
	}
	var out bytes.Buffer
	var copied sync.WaitGroup
	copied.Go(func() { _, _ = io.Copy(&out, read) })
	result, err := run(prepared)
	copied.Wait()
	return out.String(), result, err
}

func TestReadOnlyJailsSideBySide(t *testing.T) {
	jailtest.Require(t, jailtest.UserNS, jailtest.Landlock)
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "file"), []byte("content\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	here, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	// What is allowed first: a shell that cannot start would pass as one that is refused.
	script := fmt.Sprintf(`cat %[1]s/file /made/for/it; touch /tmp/scratch && echo scratch
		touch %[1]s/new || echo "not written"; ls %[2]s || echo "not seen"; ls /proc/%[3]d || echo "no processes"; exit 7`, dir, here, os.Getpid())
	s := reader(t, dir, script)
	var all sync.WaitGroup
	for range 8 {
		all.Go(func() {
			out, result, err := start(t.Context(), s)
			if err != nil || result.Code != 7 {
				t.Errorf("got %+v, %v: %s", result, err, out)
			}
			for _, want := range []string{"content\nmade\n", "scratch\n", "not written\n", "not seen\n", "no processes\n"} {
				if !bytes.Contains([]byte(out), []byte(want)) {
					t.Errorf("%q is not in:\n%s", want, out)
				}
			}
		})
	}
	all.Wait()
	if _, err := os.Stat(filepath.Join(dir, "new")); err == nil {
		t.Error("the jail wrote to the host")
	}
}

func TestReadEndsWithItsContext(t *testing.T) {
	jailtest.Require(t, jailtest.UserNS, jailtest.Landlock)
	// It ignores whatever can be ignored, and leaves a child that holds the pipe open.
	s := reader(t, t.TempDir(), "trap '' TERM INT HUP; sleep 1000 & sleep 1000")
	ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
	defer cancel()
	began := time.Now()
	_, _, err := start(ctx, s)
	if took := time.Since(began); !errors.Is(err, context.DeadlineExceeded) || took > 10*time.Second {
		t.Errorf("got %v after %v", err, took)
	}
}

func TestReadOnlySpec(t *testing.T) {
	s := reader(t, t.TempDir(), "true")
	if s.Network != jail.NetworkNone || s.Syscalls.Profile != seccomp.Strict {
		t.Errorf("network %q, system calls %q", s.Network, s.Syscalls.Profile)
	}
	for _, m := range s.Mounts {
		if m.Access != mounts.ReadOnly || m.Kind == mounts.Tmpfs && m.Target != "/tmp" {
			t.Errorf("%s is writable", m)
		}
	}
	_, err := plan.ReadOnly(plan.Probe(t.TempDir()), plan.Reading{Program: "sh", Mounts: []mounts.Mount{{Kind: mounts.Bind, Source: "/usr", Target: "/x", Access: mounts.ReadWrite}}})
	if err == nil {
		t.Error("a writable mount was accepted")
	}
}

func TestDirectoryIsNoStream(t *testing.T) {
	dir, err := os.Open(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	defer dir.Close()
	if _, err := jail.Prepare(jail.Spec{}, jail.Streams{In: dir, Out: os.Stdout, Err: os.Stderr}); err == nil {
		t.Error("a directory was accepted")
	}
}
