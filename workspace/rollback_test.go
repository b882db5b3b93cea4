package workspace

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"jail/state"
)

// falseGit lets this process find another git, see putFalseGit.
func (w world) falseGit(t *testing.T, n int, how string) {
	t.Helper()
	t.Setenv("PATH", systemPath())
	t.Setenv("PATH", w.putFalseGit(t, n, how)+":"+systemPath())
}

// putFalseGit makes a git that counts its calls and does something else at the n-th, and returns its folder. In how, REAL
// stands for the true git with all arguments.
func (w world) putFalseGit(t *testing.T, n int, how string) (bin string) {
	t.Helper()
	real, err := exec.LookPath("git")
	if err != nil {
		t.Fatal(err)
	}
	bin = filepath.Join(w.dir, "bin")
	os.RemoveAll(bin)
	mkdir(t, bin)
	if err := os.Symlink(real, filepath.Join(bin, "git.real")); err != nil {
		t.Fatal(err)
	}
	run := `"` + real + `" "$@"`
	// Two may run at once: each takes the next number that is free.
	text := fmt.Sprintf("#!/bin/sh\nset -C; i=1; until { true > %s/count-$i; } 2>/dev/null; do i=$((i+1)); done; set +C\nif [ $i = %d ]; then\n%s\nfi\nexec %s\n",
		bin, n, strings.ReplaceAll(how, "REAL", run), run)
	put(t, filepath.Join(bin, "git"), text)
	if err := os.Chmod(filepath.Join(bin, "git"), 0o755); err != nil {
		t.Fatal(err)
	}
	return bin
}

// TestRollbackAtEveryStep lets each git process of a create fail in turn: before it has done anything, after it has
// done everything, and because the context ended while it ran.
func TestRollbackAtEveryStep(t *testing.T) {
	for _, how := range []struct{ name, script string }{
		{"fails", "exit 1"},
		{"killed afterwards", "REAL; kill -9 $$"},
		{"cancelled", "touch BIN/now; sleep 0.2; exit 1"},
		{"cancelled afterwards", "REAL; touch BIN/now; sleep 0.2; exit 0"},
	} {
		t.Run(how.name, func(t *testing.T) {
			w := newWorld(t)
			bin := filepath.Join(w.dir, "bin")
			before := w.snapshot(t)
			failed := 0
			for n := 1; ; n++ {
				w.falseGit(t, n, strings.ReplaceAll(how.script, "BIN", bin))
				ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
				go cancelOn(ctx, cancel, filepath.Join(bin, "now"))
				_, _, err := w.Create(ctx, CreateRequest{Name: "x", RepoDir: w.repo})
				cancel()
				if err == nil {
					if !exists(filepath.Join(bin, fmt.Sprint("count-", n))) {
						break // all steps were tried
					}
					// That step was not needed: only a notice, or a question whose answer "no" is right.
					if _, err := w.Destroy(t.Context(), "x", Forced); err != nil {
						t.Fatal(err)
					}
				} else {
					failed++
				}
				w.same(t, before)
			}
			if failed < 8 {
				t.Errorf("only %d steps failed", failed)
			}
		})
	}
}

func cancelOn(ctx context.Context, cancel func(), path string) {
	for ctx.Err() == nil {
		if exists(path) {
			cancel()
		}
		time.Sleep(time.Millisecond)
	}
}

// TestKilledCreate kills a process at different times while it creates a jail; the next command cleans up.
func TestKilledCreate(t *testing.T) {
	w := newWorld(t)
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	w.create(t, "kept")
	before := w.snapshot(t)
	for n := 5; n <= 30; n++ {
		bin := filepath.Join(w.dir, "bin")
		w.falseGit(t, n, "kill -9 $PPID; sleep 0.01; exit 1")
		cmd := exec.Command(self, "create", w.Store.Dir, w.Root, w.repo, "x")
		err := cmd.Run()
		t.Setenv("PATH", systemPath())
		if _, err := w.List(t.Context()); err != nil {
			t.Fatal(err)
		}
		if err == nil {
			if exists(filepath.Join(bin, fmt.Sprint("count-", n))) {
				t.Errorf("step %s was not killed", strconv.Itoa(n))
			}
			return
		}
		w.same(t, before)
	}
	t.Error("create needs more steps than were tried")
}

func TestCancelledBefore(t *testing.T) {
	w := newWorld(t)
	before := w.snapshot(t)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, _, err := w.Create(ctx, CreateRequest{Name: "x", RepoDir: w.repo}); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
	w.same(t, before)
}

// TestStateCannotBeWritten: the record is the last step of a create; if that fails, all is taken back.
func TestStateCannotBeWritten(t *testing.T) {
	w := newWorld(t)
	before := w.snapshot(t)
	// In the way of the temporary file, from the moment that git adds the work tree.
	temp := w.Store.Path() + ".tmp"
	w.falseGit(t, 0, "")
	real := filepath.Join(w.dir, "bin", "git.real")
	put(t, filepath.Join(w.dir, "bin", "git"), "#!/bin/sh\ncase \" $* \" in *\" worktree add \"*) mkdir -p '"+temp+"/x';; esac\nexec '"+real+"' \"$@\"\n")
	if _, _, err := w.Create(t.Context(), CreateRequest{Name: "x", RepoDir: w.repo}); err == nil {
		t.Fatal("no error")
	}
	t.Setenv("PATH", systemPath())
	// The record itself cannot be taken back as long as nothing can be written; the next command does it.
	os.RemoveAll(temp)
	if err := w.Store.Update(func(f *state.File) error {
		for i := range f.Jails {
			f.Jails[i].Sessions = nil // this process is the creator, and lives
		}
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	if list, err := w.List(t.Context()); err != nil || len(list) != 0 {
		t.Errorf("got %+v, %v", list, err)
	}
	w.same(t, before)
}

// TestLeftovers: what a killed process had recorded is rolled back, or finished.
func TestLeftovers(t *testing.T) {
	w := newWorld(t)
	before := w.snapshot(t)
	for _, phase := range []state.Phase{state.Creating, state.Destroying} {
		r := w.create(t, "x")
		leave := func(s state.Session) {
			t.Helper()
			if err := w.change(r.ID, func(f *state.File, i int) {
				f.Jails[i].Phase, f.Jails[i].Sessions = phase, []state.Session{s}
			}); err != nil {
				t.Fatal(err)
			}
		}
		leave(self(t))
		if list, err := w.List(t.Context()); err != nil || len(list) != 1 {
			t.Errorf("%s, at work: got %+v, %v", phase, list, err)
		}
		_, _, createErr := w.Create(t.Context(), CreateRequest{Name: "x", RepoDir: w.repo})
		_, destroyErr := w.Destroy(t.Context(), "x", Forced)
		_, beginErr := w.Begin("x", self(t))
		for _, err := range []error{createErr, destroyErr, beginErr} {
			if !errors.Is(err, ErrBusy) {
				t.Errorf("%s, at work: got %v", phase, err)
			}
		}
		leave(ended(t))
		if list, err := w.List(t.Context()); err != nil || len(list) != 0 {
			t.Errorf("%s, gone: got %+v, %v", phase, list, err)
		}
		w.same(t, before)
	}
}
