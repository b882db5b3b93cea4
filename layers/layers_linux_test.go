package layers

import (
	"errors"
	"maps"
	"math/rand/v2"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// world is a folder of the host and a layer of it, as overlayfs leaves one.
type world struct {
	t           *testing.T
	root, owner string
	layer       Layer
}

func newWorld(t *testing.T) *world {
	t.Helper()
	root := t.TempDir()
	w := &world{t: t, root: root, owner: filepath.Join(root, "layers", "project-1")}
	slot, err := Acquire(w.owner, Owner{Project: "/p"}, 1)
	if err != nil {
		t.Fatal(err)
	}
	defer slot.Release()
	host := filepath.Join(root, "host")
	if err := os.Mkdir(host, 0o750); err != nil {
		t.Fatal(err)
	}
	if err := Make(filepath.Join(w.owner, "1", strings.Repeat("0", 32)), Note{Host: host, Target: "/t", Purpose: ForMap}); err != nil {
		t.Fatal(err)
	}
	found, err := List(filepath.Join(root, "layers"))
	if err != nil || len(found) != 1 {
		t.Fatalf("found %v, %v", found, err)
	}
	w.layer = found[0]
	return w
}

// put makes files: names that end in a slash are folders, "NAME->TEXT" a link, and "NAME!" a whiteout.
func (w *world) put(side string, files ...string) {
	w.t.Helper()
	top := w.layer.Host
	if side == "upper" {
		top = filepath.Join(w.layer.Dir, "upper")
	}
	for _, f := range files {
		name, text, _ := strings.Cut(strings.Replace(f, "->", "=", 1), "=")
		p := filepath.Join(top, name)
		if err := os.MkdirAll(filepath.Dir(p), 0o755); err != nil {
			w.t.Fatal(err)
		}
		var err error
		switch {
		case strings.Contains(f, "->"):
			err = os.Symlink(text, p)
		case strings.HasSuffix(f, "/"):
			err = os.MkdirAll(p, 0o755)
		case strings.HasSuffix(f, "!"):
			err = unix.Mknod(strings.TrimSuffix(p, "!"), unix.S_IFCHR, 0)
		default:
			err = os.WriteFile(p, []byte(text), 0o640)
		}
		if err != nil {
			w.t.Fatal(err)
		}
	}
}

// opaque makes a folder of the layer hide the host's.
func (w *world) opaque(name string) {
	w.t.Helper()
	if err := unix.Setxattr(filepath.Join(w.layer.Dir, "upper", name), xattrOpaque, []byte("y"), 0); err != nil {
		w.t.Fatal(err)
	}
}

// tree reads a folder: path to content, "-> TEXT" for a link, "/" for a folder.
func tree(t *testing.T, top string) map[string]string {
	t.Helper()
	all := map[string]string{}
	err := filepath.WalkDir(top, func(p string, d os.DirEntry, err error) error {
		if err != nil || p == top {
			return err
		}
		rel := strings.TrimPrefix(p, top+"/")
		switch {
		case d.IsDir():
			all[rel] = "/"
		case d.Type()&os.ModeSymlink != 0:
			text, err := os.Readlink(p)
			all[rel] = "-> " + text
			return err
		case d.Type().IsRegular():
			data, err := os.ReadFile(p)
			all[rel] = string(data)
			return err
		default:
			all[rel] = d.Type().String()
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return all
}

func (w *world) host() map[string]string { return tree(w.t, w.layer.Host) }

func (w *world) fill() {
	w.put("host", "same=1", "changed=old", "gone=x", "dir/deep/a=a", "opaque/old=o", "opaque/kept=k", "folder/f=f", "becomes/x=x")
	w.put("upper", "same=1", "changed=new", "gone!", "dir/deep/b=b", "opaque/kept=new", "opaque/fresh=f", "folder!", "becomes=file", "in->dir/deep", "never!")
	w.opaque("opaque")
}

// TestNotesAfterAPowerFailure: a note of which there is the name alone is made again, and stops nobody meanwhile.
func TestNotesAfterAPowerFailure(t *testing.T) {
	w := newWorld(t)
	about := filepath.Join(w.layer.Dir, "about.json")
	if err := os.WriteFile(about, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if found, err := List(filepath.Join(w.root, "layers")); err != nil || len(found) != 0 {
		t.Errorf("got %v, %v", found, err)
	}
	if err := Make(w.layer.Dir, w.layer.Note); err != nil {
		t.Fatal(err)
	}
	if found, err := List(filepath.Join(w.root, "layers")); err != nil || len(found) != 1 || found[0].Host != w.layer.Host {
		t.Errorf("made again: got %v, %v", found, err)
	}
}

func TestChanges(t *testing.T) {
	w := newWorld(t)
	w.fill()
	changes, err := w.layer.Changes()
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, c := range changes {
		got = append(got, string(c.Kind)+" "+c.Type+" "+c.Path)
	}
	want := []string{
		"modified file becomes", "modified file changed", "added file dir/deep/b", "deleted folder folder", "deleted file gone",
		"added link in", "deleted file opaque/old", "added file opaque/fresh", "modified file opaque/kept",
	}
	if !slices.Equal(got, want) {
		t.Errorf("got  %q\nwant %q", got, want)
	}
}

func TestApply(t *testing.T) {
	w := newWorld(t)
	w.fill()
	problems, err := w.layer.Apply(t.Context(), Taking{})
	if err != nil || len(problems) > 0 {
		t.Fatal(problems, err)
	}
	want := map[string]string{
		"same": "1", "changed": "new", "dir": "/", "dir/deep": "/", "dir/deep/a": "a", "dir/deep/b": "b",
		"opaque": "/", "opaque/kept": "new", "opaque/fresh": "f", "becomes": "file", "in": "-> dir/deep",
	}
	if got := w.host(); !maps.Equal(got, want) {
		t.Errorf("got  %v\nwant %v", got, want)
	}
	if left := tree(t, filepath.Join(w.layer.Dir, "upper")); len(left) > 0 {
		t.Errorf("%v is left in the layer", left)
	}
}

// What a jail plants must neither lead the host out of the folder nor be made there.
func TestApplyRefusesWhatLeadsOut(t *testing.T) {
	w := newWorld(t)
	outside := filepath.Join(w.root, "outside")
	if err := os.Mkdir(outside, 0o755); err != nil {
		t.Fatal(err)
	}
	w.put("host", "link->"+outside, "d/ok=1")
	w.put("upper", "link/planted=x", "abs->/etc/passwd", "up->../outside", "d/up->../../outside", "over->d/ok/../../..", "good=1")
	if err := unix.Mkfifo(filepath.Join(w.layer.Dir, "upper", "fifo"), 0o600); err != nil {
		t.Fatal(err)
	}
	problems, err := w.layer.Apply(t.Context(), Taking{})
	if err != nil {
		t.Fatal(err)
	}
	var refused []string
	for _, p := range problems {
		refused = append(refused, p.Path)
	}
	if want := []string{"abs", "d/up", "fifo", "over", "up"}; !slices.Equal(refused, want) {
		t.Errorf("refused %q, want %q", refused, want)
	}
	if got := tree(t, outside); len(got) > 0 {
		t.Errorf("%v came to be outside", got)
	}
	want := map[string]string{"link": "/", "link/planted": "x", "d": "/", "d/ok": "1", "good": "1"}
	if got := w.host(); !maps.Equal(got, want) {
		t.Errorf("got  %v\nwant %v", got, want)
	}
}

func TestApplyKeepsWhatIsNewerOnTheHost(t *testing.T) {
	w := newWorld(t)
	w.put("upper", "f=jail")
	// The jail's file claims to be of the future; the host's was changed after it, in the past.
	future := time.Now().Add(time.Hour)
	if err := os.Chtimes(filepath.Join(w.layer.Dir, "upper/f"), future, future); err != nil {
		t.Fatal(err)
	}
	time.Sleep(20 * time.Millisecond) // more than a tick of the file system's clock
	w.put("host", "f=host")
	past := time.Now().Add(-time.Hour)
	if err := os.Chtimes(filepath.Join(w.layer.Host, "f"), past, past); err != nil {
		t.Fatal(err)
	}
	problems, err := w.layer.Apply(t.Context(), Taking{})
	if err != nil || len(problems) != 1 || w.host()["f"] != "host" {
		t.Errorf("%v, %v, %v", problems, err, w.host())
	}
	if problems, err = w.layer.Apply(t.Context(), Taking{Conflicts: TakeJail}); err != nil || len(problems) > 0 || w.host()["f"] != "jail" {
		t.Errorf("%v, %v, %v", problems, err, w.host())
	}
}

func TestApplyOnly(t *testing.T) {
	w := newWorld(t)
	w.fill()
	if _, err := w.layer.Apply(t.Context(), Taking{Only: Selection{"dir/deep", "gone"}}); err != nil {
		t.Fatal(err)
	}
	got := w.host()
	if got["dir/deep/b"] != "b" || got["gone"] != "" || got["changed"] != "old" || got["opaque/old"] != "o" {
		t.Errorf("got %v", got)
	}
	if err := w.layer.Discard(Selection{"changed", "opaque"}); err != nil {
		t.Fatal(err)
	}
	left, err := w.layer.Changes()
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range left {
		if c.Path == "changed" || strings.HasPrefix(c.Path, "opaque") {
			t.Errorf("%v is left", c)
		}
	}
}

// No set-user-id bit and no attribute of the kernel's travels.
func TestApplyCopiesContentAndPermissionsOnly(t *testing.T) {
	w := newWorld(t)
	w.put("upper", "tool=#!/bin/sh")
	p := filepath.Join(w.layer.Dir, "upper", "tool")
	if err := unix.Chmod(p, 0o4755); err != nil {
		t.Fatal(err)
	}
	if _, err := w.layer.Apply(t.Context(), Taking{}); err != nil {
		t.Fatal(err)
	}
	info, err := os.Lstat(filepath.Join(w.layer.Host, "tool"))
	if err != nil || info.Mode() != 0o755 {
		t.Errorf("mode %v, %v", info.Mode(), err)
	}
}

func TestRemovesWhatAJailClosed(t *testing.T) {
	w := newWorld(t)
	w.put("upper", "closed/deep/f=1", "closed/link->/etc")
	for _, dir := range []string{"closed/deep", "closed", "."} {
		if err := os.Chmod(filepath.Join(w.layer.Dir, "upper", dir), 0); err != nil {
			t.Fatal(err)
		}
	}
	if err := Remove(w.owner); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Lstat(w.owner); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("it is still there: %v", err)
	}
}

func TestASlotIsUsedOnce(t *testing.T) {
	w := newWorld(t)
	slot, err := Acquire(w.owner, Owner{}, 1)
	if err != nil {
		t.Fatal(err)
	}
	var inUse *InUseError
	if _, err := Acquire(w.owner, Owner{}, 1); !errors.As(err, &inUse) || inUse.PID == "" {
		t.Errorf("second: %v", err)
	}
	if _, err := w.layer.Apply(t.Context(), Taking{}); !errors.As(err, &inUse) {
		t.Errorf("apply: %v", err)
	}
	if err := w.layer.Discard(nil); !errors.As(err, &inUse) {
		t.Errorf("discard: %v", err)
	}
	if err := Remove(w.owner); !errors.As(err, &inUse) {
		t.Errorf("remove: %v", err)
	}
	second, err := Acquire(w.owner, Owner{}, 2)
	if err != nil {
		t.Fatalf("another slot: %v", err)
	}
	second.Release()
	slot.Release()
	again, err := Acquire(w.owner, Owner{}, 1)
	if err != nil {
		t.Fatalf("after release: %v", err)
	}
	again.Release()
	if !reflect.DeepEqual(w.layer.Owner, Owner{schemaVersion, "/p", ""}) {
		t.Errorf("owner %v", w.layer.Owner)
	}
}

func TestApplyWithholdsWhatRunsCode(t *testing.T) {
	w := newWorld(t)
	w.put("host", "settings=old", "hooks/a=old", "deleted=x", "repo/.git/config=old", "same/.git/config=same")
	w.put("upper", "same/.git/config=same", "same/.git/never!", "repo/.git/config=fsmonitor", "repo/.git/hooks/pre-commit=evil", "new/.git/config=evil", "repo/.gitignore=new", "settings=new", "hooks/a=new", "hooks/b=new", "history=new", "deleted!")
	withheld := []string{"settings", "hooks", "deleted"}
	problems, err := w.layer.Apply(t.Context(), Taking{Withheld: withheld})
	if err != nil || len(problems) != 5 {
		t.Fatal(problems, err)
	}
	want := map[string]string{
		"settings": "old", "hooks": "/", "hooks/a": "old", "deleted": "x", "history": "new",
		"repo": "/", "repo/.git": "/", "repo/.git/config": "old", "repo/.gitignore": "new", "new": "/",
		"same": "/", "same/.git": "/", "same/.git/config": "same",
	}
	if got := w.host(); !maps.Equal(got, want) {
		t.Errorf("got  %v\nwant %v", got, want)
	}
	if problems, err := w.layer.Apply(t.Context(), Taking{Withheld: withheld, Only: Selection{"settings", "hooks/b"}}); err != nil || len(problems) > 0 {
		t.Fatal(problems, err)
	}
	want["settings"], want["hooks/b"] = "new", "new"
	if got := w.host(); !maps.Equal(got, want) {
		t.Errorf("named: got  %v\nwant %v", got, want)
	}
}

// Whatever a jail leaves in a layer, and whatever links the host's folder has, nothing outside it changes.
func TestApplyNeverLeavesTheFolder(t *testing.T) {
	for seed := range uint64(150) {
		w := newWorld(t)
		random := rand.New(rand.NewPCG(seed, 0))
		outside := filepath.Join(w.root, "outside")
		check(t, os.MkdirAll(filepath.Join(outside, "a"), 0o755))
		check(t, os.WriteFile(filepath.Join(outside, "a", "b"), []byte("kept"), 0o644))
		before := tree(t, outside)
		for _, top := range []string{w.layer.Host, filepath.Join(w.layer.Dir, "upper")} {
			for range 12 {
				grow(top, outside, random)
			}
		}
		if _, err := w.layer.Changes(); err != nil {
			t.Fatalf("seed %d: %v", seed, err)
		}
		if _, err := w.layer.Apply(t.Context(), Taking{Conflicts: TakeJail}); err != nil {
			t.Fatalf("seed %d: %v", seed, err)
		}
		if err := w.layer.Discard(nil); err != nil {
			t.Fatalf("seed %d: %v", seed, err)
		}
		if got := tree(t, outside); !maps.Equal(got, before) {
			t.Fatalf("seed %d: outside is %v, was %v", seed, got, before)
		}
		if left, _ := filepath.Glob(filepath.Join(w.layer.Host, "*", temporary)); len(left) > 0 {
			t.Fatalf("seed %d: %v is left", seed, left)
		}
	}
}

// grow makes one entry of a random kind at a random path. What cannot be made is left out.
func grow(top, outside string, random *rand.Rand) {
	p := top
	for range 1 + random.IntN(3) {
		p = filepath.Join(p, string(rune('a'+random.IntN(3))))
	}
	links := []string{outside, outside + "/a", "..", "../outside", "../../outside/a", "a/../..", "/", "b"}
	if root, err := os.OpenRoot(top); err == nil && random.IntN(2) == 0 {
		_ = root.MkdirAll(strings.TrimPrefix(filepath.Dir(p), top+"/"), 0o755) // through no link out of it
		root.Close()
	}
	if real, err := filepath.EvalSymlinks(filepath.Dir(p)); err != nil || !strings.HasPrefix(real+"/", top+"/") {
		return // through a link that was made before
	}
	switch random.IntN(6) {
	case 0:
		_ = os.Mkdir(p, 0o755)
	case 1:
		_ = os.WriteFile(p, []byte("x"), 0o644)
	case 2, 3:
		_ = os.Symlink(links[random.IntN(len(links))], p)
	case 4:
		_ = unix.Mknod(p, unix.S_IFCHR, 0)
	case 5:
		_ = unix.Setxattr(p, xattrOpaque, []byte("y"), 0)
	}
}
