package mounts

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"

	"jail/jail/jailtest"
)

const childEnv = "JAIL_MOUNTS_CHILD"

// TestMain is also the child that builds a view in namespaces of its own.
func TestMain(m *testing.M) {
	if dir := os.Getenv(childEnv); dir != "" {
		place(dir)
	}
	os.Exit(m.Run())
}

// places are targets below /w, a writable bind of a host folder in which a jail has planted links, and below /t, a tmpfs
// of the view's own, with how mounting a folder there has to go.
var places = []struct {
	target string
	want   error
}{
	{"/w/dir", nil},
	{"/t/made", nil},
	{"/w/link", errForeign},
	{"/w/link/inner", errForeign},
	{"/w/magic/dir", errForeign},
	{"/w/up/sub", errForeign},
	{"/w/missing", errForeign},
	{"/w/dir/missing", errForeign},
}

func place(dir string) {
	try := func() error {
		if err := MakePrivate(); err != nil {
			return err
		}
		b, err := NewBuilder()
		if err != nil {
			return err
		}
		for _, m := range []Mount{
			{Kind: Bind, Source: dir, Target: "/w", Access: ReadWrite},
			{Kind: Tmpfs, Target: "/t", Size: 1 << 20},
			{Kind: Dir, Target: "/t/sub"},
		} {
			if err := b.Apply(m); err != nil {
				return fmt.Errorf("%v: %w", m, err)
			}
		}
		if err := inStore(b, dir); err != nil {
			return err
		}
		for _, p := range places {
			err := b.Apply(Mount{Kind: Bind, Source: dir + "/dir", Target: p.target})
			if !errors.Is(err, p.want) {
				fmt.Printf("%s: %v, want %v\n", p.target, err, p.want)
			}
		}
		return hiding(b, dir)
	}
	if err := try(); err != nil {
		fmt.Println(err)
	}
	fmt.Println("tried")
	os.Exit(0)
}

// inStore makes what another run of the same store has made in the meantime, and what leads out of it; on a tmpfs of the view's
// own an entry that is there is a mistake.
func inStore(b *Builder, dir string) error {
	for _, m := range []Mount{
		{Kind: Store, Source: dir + "/store", Target: "/s"},
		{Kind: File, Target: "/s/file", Text: "new"}, {Kind: File, Target: "/s/link", Text: "new"}, {Kind: Symlink, Source: "x", Target: "/s/other"},
		{Kind: File, Target: "/t/file", Text: "first"},
	} {
		if err := b.Apply(m); err != nil {
			return fmt.Errorf("%v: %w", m, err)
		}
	}
	if err := b.Apply(Mount{Kind: File, Target: "/t/file", Text: "second"}); !errors.Is(err, unix.EEXIST) {
		return fmt.Errorf("a second file in a tmpfs: %v", err)
	}
	if err := b.Apply(Mount{Kind: File, Target: "/s/folder", Text: "new"}); !errors.Is(err, unix.EISDIR) {
		return fmt.Errorf("a file in the place of a folder: %v", err)
	}
	return nil
}

// hiding covers what stands where it was found, and refuses to begin where another file stands there by now, or none.
func hiding(b *Builder, dir string) error {
	var st unix.Stat_t
	if err := unix.Stat(dir+"/secret", &st); err != nil {
		return err
	}
	for _, kind := range []Kind{Blank, Deny, Mask} {
		for target, want := range map[string]error{"/w/decoy": errElsewhere, "/w/gone": errElsewhere} {
			if err := b.Apply(Mount{Kind: kind, Target: target, Inode: st.Ino}); !errors.Is(err, want) {
				return fmt.Errorf("%s of %s: %v, want %v", kind, target, err, want)
			}
		}
	}
	for _, m := range []Mount{{Kind: Blank, Target: "/w/gone"}, {Kind: Blank, Target: "/w/decoy"}, {Kind: Blank, Target: "/w/secret", Inode: st.Ino}} {
		if err := b.Apply(m); err != nil {
			return fmt.Errorf("%v: %w", m, err)
		}
	}
	return nil
}

// A link that a jail left in a writable folder leads no mount of the next one elsewhere, and nothing is made in the host's folders.
func TestTargetsStayWhereTheyAreNamed(t *testing.T) {
	jailtest.Require(t, jailtest.UserNS)
	dir := t.TempDir()
	for _, err := range []error{
		os.MkdirAll(filepath.Join(dir, "dir", "inner"), 0o755),
		os.MkdirAll(filepath.Join(dir, "store", "folder"), 0o755),
		os.WriteFile(filepath.Join(dir, "outside"), []byte("old"), 0o644),
		os.WriteFile(filepath.Join(dir, "secret"), []byte("old"), 0o644),
		os.WriteFile(filepath.Join(dir, "decoy"), []byte("old"), 0o644),
		os.WriteFile(filepath.Join(dir, "store", "file"), []byte("old"), 0o644),
		os.WriteFile(filepath.Join(dir, "store", "other"), []byte("old"), 0o644),
		os.Symlink("../outside", filepath.Join(dir, "store", "link")),
		os.Symlink("dir", filepath.Join(dir, "link")),
		os.Symlink("/proc/self/cwd", filepath.Join(dir, "magic")),
		os.Symlink("../t", filepath.Join(dir, "up")),
	} {
		if err != nil {
			t.Fatal(err)
		}
	}
	cmd := exec.Command(os.Args[0])
	cmd.Dir, cmd.Env = dir, []string{childEnv + "=" + dir}
	cmd.SysProcAttr = &syscall.SysProcAttr{
		Cloneflags:  unix.CLONE_NEWUSER | unix.CLONE_NEWNS,
		UidMappings: []syscall.SysProcIDMap{{ContainerID: 0, HostID: os.Geteuid(), Size: 1}},
		GidMappings: []syscall.SysProcIDMap{{ContainerID: 0, HostID: os.Getegid(), Size: 1}},
	}
	out, err := cmd.CombinedOutput()
	if err != nil || strings.TrimSpace(string(out)) != "tried" {
		t.Errorf("%v\n%s", err, out)
	}
	for name, want := range map[string]string{"outside": "old", "store/file": "new", "store/link": "new"} {
		if got, err := os.ReadFile(filepath.Join(dir, name)); err != nil || string(got) != want {
			t.Errorf("%s has %q, %v; want %q", name, got, err, want)
		}
	}
	var left []string
	entries, err := os.ReadDir(dir)
	for _, entry := range entries {
		left = append(left, entry.Name())
	}
	if want := []string{"decoy", "dir", "link", "magic", "outside", "secret", "store", "up"}; err != nil || !slices.Equal(left, want) {
		t.Errorf("left in the host's folder: %v, %v; want %v", left, err, want)
	}
}
