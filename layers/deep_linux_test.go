package layers

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/sys/unix"
)

// dig makes folders within folders, deeper than a path can say.
func dig(t *testing.T, top string, depth int) {
	t.Helper()
	at, err := unix.Open(top, unix.O_PATH|unix.O_DIRECTORY|unix.O_CLOEXEC, 0)
	if err != nil {
		t.Fatal(err)
	}
	name := strings.Repeat("d", 20)
	for range depth {
		if err := unix.Mkdirat(at, name, 0o500|unix.S_IWUSR); err != nil {
			t.Fatal(err)
		}
		below, err := unix.Openat(at, name, unix.O_PATH|unix.O_DIRECTORY|unix.O_CLOEXEC, 0)
		if err != nil {
			t.Fatal(err)
		}
		unix.Close(at)
		at = below
	}
	fd, err := unix.Openat(at, "leaf", unix.O_WRONLY|unix.O_CREAT|unix.O_CLOEXEC, 0o600)
	if err != nil {
		t.Fatal(err)
	}
	unix.Close(fd)
	// Nothing can be moved out of a folder without permission to write to it.
	if err := unix.Fchmodat(at, ".", 0o500, 0); err != nil {
		t.Fatal(err)
	}
	unix.Close(at)
}

// TestDeepLayers holds that what a jail made very deep costs a bounded amount of memory to look at, is told, is not brought to the
// host, and can be thrown away with few descriptors.
func TestDeepLayers(t *testing.T) {
	var limit unix.Rlimit
	if err := unix.Getrlimit(unix.RLIMIT_NOFILE, &limit); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = unix.Setrlimit(unix.RLIMIT_NOFILE, &limit) })
	w := newReview(t)
	w.put("upper", "shallow/file", "deep/")
	dig(t, filepath.Join(w.layer.Dir, "upper/deep"), 4*maxDepth)
	if err := unix.Setrlimit(unix.RLIMIT_NOFILE, &unix.Rlimit{Cur: 3 * maxDepth, Max: limit.Max}); err != nil {
		t.Fatal(err)
	}
	changes, err := w.layer.Changes()
	if err != nil {
		t.Fatal(err)
	}
	deepest := changes[0]
	for _, c := range changes {
		if strings.Count(c.Path, "/") > strings.Count(deepest.Path, "/") {
			deepest = c
		}
	}
	if got := strings.Count(deepest.Path, "/"); got != maxDepth || deepest.Type != string(other) {
		t.Errorf("looked at %d folders deep, where there is %q", got, deepest.Type)
	}
	problems := w.apply(Taking{})
	if len(problems) != 1 || problems[0] != string(Refused)+" "+deepest.Path {
		t.Errorf("left %.200q", problems)
	}
	if _, err := os.Lstat(filepath.Join(w.layer.Host, "shallow/file")); err != nil {
		t.Errorf("control: %v", err)
	}
	for _, top := range []string{w.layer.Dir, filepath.Join(w.layer.Host, "deep")} {
		if err := removeAll(top); err != nil {
			t.Errorf("%.200s", err)
		}
		if _, err := os.Lstat(top); !errors.Is(err, os.ErrNotExist) {
			t.Errorf("%s stays: %v", top, err)
		}
	}
}
