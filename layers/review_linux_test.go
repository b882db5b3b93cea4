package layers

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// newReview is newWorld for a review; the host's files are as old as the layer.
func newReview(t *testing.T, host ...string) *world {
	t.Helper()
	root := t.TempDir()
	w := &world{t: t, root: root, owner: filepath.Join(root, "layers", "project-1.review")}
	slot, err := Acquire(w.owner, Owner{Project: "/p"}, 1)
	if err != nil {
		t.Fatal(err)
	}
	defer slot.Release()
	w.layer.Host = filepath.Join(root, "host")
	if err := os.Mkdir(w.layer.Host, 0o750); err != nil {
		t.Fatal(err)
	}
	w.put("host", host...)
	time.Sleep(20 * time.Millisecond) // the kernel's clock of files has steps
	if err := Make(filepath.Join(w.owner, "1", strings.Repeat("0", 32)), Note{Host: w.layer.Host, Target: "/t", Purpose: ForReview}); err != nil {
		t.Fatal(err)
	}
	found, err := List(filepath.Join(root, "layers"))
	if err != nil || len(found) != 1 || found[0].Begun.IsZero() {
		t.Fatalf("found %v, %v", found, err)
	}
	w.layer = found[0]
	time.Sleep(20 * time.Millisecond)
	return w
}

// kinds lists problems as "KIND PATH".
func kinds(problems []Problem) []string {
	var all []string
	for _, p := range problems {
		all = append(all, string(p.Kind)+" "+p.Path)
	}
	return all
}

func (w *world) problems(t Taking) []string {
	w.t.Helper()
	problems, err := w.layer.Problems(w.t.Context(), t)
	if err != nil {
		w.t.Fatal(err)
	}
	return kinds(problems)
}

// apply applies, and holds that Problems had said before what stays.
func (w *world) apply(t Taking) []string {
	w.t.Helper()
	before := w.host()
	foretold := w.problems(t)
	if after := w.host(); !slices.Equal(sortedTree(before), sortedTree(after)) {
		w.t.Errorf("to ask has changed %v into %v", before, after)
	}
	problems, err := w.layer.Apply(w.t.Context(), t)
	if err != nil {
		w.t.Fatal(err)
	}
	if !slices.Equal(kinds(problems), foretold) {
		w.t.Errorf("left %q, foretold %q", kinds(problems), foretold)
	}
	return kinds(problems)
}

func sortedTree(all map[string]string) []string {
	var list []string
	for name, text := range all {
		list = append(list, name+"="+text)
	}
	slices.Sort(list)
	return list
}

func TestConflicts(t *testing.T) {
	w := newReview(t, "both=old", "mine=old", "same=old", "deleted=old", "cut=old", "gone/a=old", "gone/deep/b=old", "kept/a=old", "file=old", "dir/a=old")
	w.put("upper", "both=jail", "mine=jail", "same=equal", "deleted!", "cut!", "gone!", "kept!", "dir=jail", "new=jail", "file/a=jail")
	// A jail chooses modification times; the host's later change counts all the same.
	future := time.Now().Add(24 * time.Hour)
	if err := os.Chtimes(filepath.Join(w.layer.Dir, "upper", "both"), future, future); err != nil {
		t.Fatal(err)
	}
	w.put("host", "both=host", "same=equal", "deleted=host", "gone/deep/b=host", "file=host", "unseen=host")
	old := time.Now().Add(-24 * time.Hour)
	if err := os.Chtimes(filepath.Join(w.layer.Host, "both"), old, old); err != nil {
		t.Fatal(err)
	}
	want := []string{"conflict both", "conflict deleted", "conflict file", "conflict gone"}
	if got := w.apply(Taking{}); !slices.Equal(got, want) {
		t.Errorf("left %q, want %q", got, want)
	}
	host := w.host()
	for name, text := range map[string]string{"both": "host", "mine": "jail", "same": "equal", "deleted": "host", "gone/a": "old", "gone/deep/b": "host", "file": "host", "dir": "jail", "new": "jail", "unseen": "host"} {
		if host[name] != text {
			t.Errorf("%s is %q, want %q", name, host[name], text)
		}
	}
	for _, name := range []string{"cut", "kept", "kept/a"} {
		if _, ok := host[name]; ok {
			t.Errorf("%s is there still", name)
		}
	}
	// What was applied and is changed again in the jail is no conflict; what the host changes after that is.
	w.put("upper", "mine=again", "new=again")
	w.put("host", "new=host")
	if got := w.problems(Taking{Only: Selection{"mine", "new"}}); !slices.Equal(got, []string{"conflict new"}) {
		t.Errorf("the second time: left %q", got)
	}
	if got := w.apply(Taking{Conflicts: TakeJail}); got != nil {
		t.Errorf("left %q", got)
	}
	if got := w.host(); got["both"] != "jail" || got["file/a"] != "jail" || got["mine"] != "again" || got["new"] != "again" || got["gone"] != "" || got["unseen"] != "host" {
		t.Errorf("host has %v", got)
	}
	if _, err := os.Lstat(w.layer.Dir); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("the layer is there still: %v", err)
	}
}

// TestReviewIsHostile holds that nothing of a layer leads out of the project, or becomes a repository.
func TestReviewIsHostile(t *testing.T) {
	w := newReview(t, "nested/.git/config=user", "nested/a=old", "other/.git/config=user", "tool=old", "dir/x=old", "hook->elsewhere/hook")
	outside := filepath.Join(w.root, "outside")
	if err := os.Mkdir(outside, 0o755); err != nil {
		t.Fatal(err)
	}
	w.put("upper", ".git/hooks/pre-commit=evil", "sub/.GIT=gitdir: /evil", "nested/.git/config=evil", "other!",
		"abs->"+outside, "up->../outside", "down->dir/../../outside", "inside->dir/x", "repo->nested/.git/hooks", "tool=new", "replaced/f=jail",
		strings.Repeat("n", 255)+"=long", "esc\x1b[2J\nx=escape")
	pipe := filepath.Join(w.layer.Dir, "upper", "pipe")
	if err := unix.Mkfifo(pipe, 0o666); err != nil {
		t.Fatal(err)
	}
	for name, mode := range map[string]uint32{"tool": 0o6777, "replaced": 0o2777} { // os.FileMode has other bits for these
		if err := unix.Chmod(filepath.Join(w.layer.Dir, "upper", name), mode); err != nil {
			t.Fatal(err)
		}
	}
	// The host's folder became a link since: nothing follows it.
	w.put("upper", "dir/planted=jail")
	if err := os.RemoveAll(filepath.Join(w.layer.Host, "dir")); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(outside, filepath.Join(w.layer.Host, "dir")); err != nil {
		t.Fatal(err)
	}
	want := []string{"refused .git", "refused abs", "conflict dir", "refused down", "refused nested/.git", "refused other", "refused pipe", "refused repo", "refused sub/.GIT", "refused up"}
	if got := w.apply(Taking{}); !slices.Equal(got, want) {
		t.Errorf("left %q, want %q", got, want)
	}
	// No choice of the user's brings a repository.
	for _, taking := range []Taking{{Only: Selection{".git", "nested/.git/config"}}, {Conflicts: TakeJail}} {
		w.apply(taking)
	}
	host := w.host()
	for name, text := range map[string]string{"nested/.git/config": "user", "other/.git/config": "user", "nested/a": "old", "inside": "-> dir/x", "hook": "-> elsewhere/hook", "tool": "new",
		"replaced/f": "jail", strings.Repeat("n", 255): "long", "esc\x1b[2J\nx": "escape", "dir/planted": "jail"} {
		if host[name] != text {
			t.Errorf("%.20q is %q, want %q", name, host[name], text)
		}
	}
	for _, name := range []string{".git", "sub/.GIT", "abs", "up", "down", "repo", "pipe"} {
		if text, ok := host[name]; ok {
			t.Errorf("%s is there: %q", name, text)
		}
	}
	if left, _ := os.ReadDir(outside); len(left) > 0 {
		t.Errorf("outside has %v", left)
	}
	for name, want := range map[string]os.FileMode{"tool": 0o755, "replaced": os.ModeDir | 0o755} {
		if info, err := os.Lstat(filepath.Join(w.layer.Host, name)); err != nil || info.Mode() != want {
			t.Errorf("%s has mode %v, want %v (%v)", name, info.Mode(), want, err)
		}
	}
}

// TestApplyAgain interrupts an Apply after each of its steps, as far as they can be told apart, and says it again.
func TestApplyAgain(t *testing.T) {
	for name, undo := range map[string]func(w *world){
		"file in place, layer not cleared":    func(w *world) { w.put("host", "f=jail") },
		"link in place, layer not cleared":    func(w *world) { os.Symlink("f", filepath.Join(w.layer.Host, "l")) },
		"half of a folder removed":            func(w *world) { os.Remove(filepath.Join(w.layer.Host, "gone/a")) },
		"folder made, still empty":            func(w *world) { w.put("host", "new/") },
		"temporary file left":                 func(w *world) { w.put("host", temporary+"=half") },
		"what an opaque folder hides removed": func(w *world) { os.Remove(filepath.Join(w.layer.Host, "opaque/old")) },
	} {
		t.Run(name, func(t *testing.T) {
			w := newReview(t, "f=old", "gone/a=old", "gone/b=old", "opaque/old=old")
			w.put("upper", "f=jail", "l->f", "gone!", "new/a=jail", "opaque/new=jail")
			if err := os.Chmod(filepath.Join(w.layer.Dir, "upper/f"), 0o640); err != nil {
				t.Fatal(err)
			}
			w.opaque("opaque")
			undo(w)
			if got := w.apply(Taking{}); got != nil {
				t.Errorf("left %q", got)
			}
			want := []string{"f=jail", "l=-> f", "new/a=jail", "new=/", "opaque/new=jail", "opaque=/"}
			if got := sortedTree(w.host()); !slices.Equal(got, want) {
				t.Errorf("host has %q, want %q", got, want)
			}
		})
	}
}

// TestDropKeepsWhatWaits holds that only an empty review goes by itself.
func TestDropKeepsWhatWaits(t *testing.T) {
	w := newReview(t, "f=old")
	w.put("upper", "f=jail")
	if err := w.layer.Drop(); err != nil {
		t.Fatal(err)
	}
	if changes, err := w.layer.Changes(); err != nil || len(changes) != 1 {
		t.Fatalf("changes %v, %v", changes, err)
	}
	w.put("upper", "f=old") // copied up, and put back
	if err := w.layer.Drop(); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Lstat(w.layer.Dir); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("the layer is there still: %v", err)
	}
}

// TestHold holds that no run gets a layer that is being looked at, and that what holds it can change it.
func TestHold(t *testing.T) {
	w := newReview(t, "f=old")
	w.put("upper", "f=jail")
	held, release, err := w.layer.Hold()
	if err != nil {
		t.Fatal(err)
	}
	var inUse *InUseError
	if _, err := Acquire(w.owner, Owner{Project: "/p"}, 1); !errors.As(err, &inUse) {
		t.Errorf("a run got it: %v", err)
	}
	if _, err := w.layer.Apply(t.Context(), Taking{}); !errors.As(err, &inUse) || w.host()["f"] != "old" {
		t.Errorf("somebody else applied it: %v", err)
	}
	if problems, err := held.Apply(t.Context(), Taking{}); err != nil || problems != nil || w.host()["f"] != "jail" {
		t.Errorf("left %v, %v, %v", problems, err, w.host())
	}
	release()
	slot, err := Acquire(w.owner, Owner{Project: "/p"}, 1)
	if err != nil {
		t.Fatal(err)
	}
	slot.Release()
}

// countdown is a context that ends after it was asked some times.
type countdown struct {
	context.Context
	left int
}

func (c *countdown) Err() error {
	if c.left--; c.left < 0 {
		return context.Canceled
	}
	return nil
}

// TestInterruptedApply ends an Apply before each of the changes, and says it again.
func TestInterruptedApply(t *testing.T) {
	for steps := 0; ; steps++ {
		w := newReview(t, "f=old", "gone/a=old", "gone/b=old", "opaque/old=old", "z=old")
		w.put("upper", "f=jail", "l->f", "gone!", "new/a=jail", "new/deep/b=jail", "opaque/new=jail", "z=jail")
		w.opaque("opaque")
		_, err := w.layer.Apply(&countdown{t.Context(), steps}, Taking{})
		if err != nil && !errors.Is(err, context.Canceled) {
			t.Fatal(err)
		}
		if err == nil {
			if steps < 8 {
				t.Errorf("all of it was applied in %d steps", steps)
			}
			return
		}
		// A run between the two goes on with what is left, and changes again what was brought.
		w.put("upper", "f=again", "new/a=again")
		if got := w.apply(Taking{}); got != nil {
			t.Errorf("after %d steps: left %q", steps, got)
		}
		want := []string{"f=again", "l=-> f", "new/a=again", "new/deep/b=jail", "new/deep=/", "new=/", "opaque/new=jail", "opaque=/", "z=jail"}
		if got := sortedTree(w.host()); !slices.Equal(got, want) {
			t.Errorf("after %d steps: host has %q, want %q", steps, got, want)
		}
	}
}

// TestHalfMadeFilesGo holds that what a killed Apply had not completed goes with whatever is said next, and no file beside it.
func TestHalfMadeFilesGo(t *testing.T) {
	for what, next := range map[string]func(w *world) error{
		"discard":      func(w *world) error { return w.layer.Discard(nil) },
		"discard only": func(w *world) error { return w.layer.Discard(Selection{"f"}) },
		"apply only":   func(w *world) error { _, err := w.layer.Apply(t.Context(), Taking{Only: Selection{"f"}}); return err },
		"drop":         func(w *world) error { w.put("upper", "f=old", "dir/f=old"); return w.layer.Drop() },
	} {
		w := newReview(t, "f=old", "dir/f=old", "dir/other=old", "far/x=old")
		w.put("upper", "f=jail", "dir/f=jail")
		w.put("host", temporary+"=half", "dir/"+temporary+"->half")
		if err := next(w); err != nil {
			t.Fatal(err)
		}
		host := w.host()
		for _, name := range []string{temporary, "dir/" + temporary} {
			if _, left := host[name]; left {
				t.Errorf("%s: %q is left", what, name)
			}
		}
		if host["dir/f"] != "old" || host["dir/other"] != "old" || host["far/x"] != "old" {
			t.Errorf("%s: host has %q", what, sortedTree(host))
		}
	}
}

// TestInterruptedApplyOfAnOpaqueLayer: what hides the whole of the host's folder hides it until all was brought.
func TestInterruptedApplyOfAnOpaqueLayer(t *testing.T) {
	w := newReview(t, "old=old")
	w.put("upper", "new=jail")
	w.opaque("")
	hides := func() bool {
		upper, lower, err := w.layer.open()
		if err != nil {
			t.Fatal(err)
		}
		defer closeDir(upper)
		defer closeDir(lower)
		return opaque(upper)
	}
	if _, err := w.layer.Apply(&countdown{t.Context(), 0}, Taking{}); !errors.Is(err, context.Canceled) || !hides() {
		t.Errorf("got %v; hides: %v", err, hides())
	}
	if got := w.apply(Taking{}); got != nil || !slices.Equal(sortedTree(w.host()), []string{"new=jail"}) {
		t.Errorf("left %q, host has %q", got, sortedTree(w.host()))
	}
}
