package jail

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/sys/unix"
)

// tree makes a folder that looks like a cgroup file system. Lines: "CGROUP FILE CONTENT"; a cgroup without cgroup.procs
// stands for one that the caller may not write to.
func tree(t *testing.T, text string) string {
	t.Helper()
	root := t.TempDir()
	for line := range strings.Lines(text) {
		fields := strings.SplitN(strings.TrimSpace(line), " ", 3)
		path := filepath.Join(root, fields[0], fields[1])
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(strings.ReplaceAll(fields[2], ",", "\n")+"\n"), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return root
}

func TestFindCgroup(t *testing.T) {
	const writable = `
%/d cgroup.procs 7
%/d cgroup.controllers cpuset cpu io memory pids
%/d cgroup.subtree_control -
%/d/own cgroup.procs 42
%/d/own cgroup.controllers cpuset cpu io memory pids
%/d/own cgroup.subtree_control -`
	with := func(name string, changes ...string) string {
		text := strings.ReplaceAll(strings.TrimSpace(writable), "%/d", name)
		for _, change := range changes {
			old, now, _ := strings.Cut(change, " => ")
			if !strings.Contains(text, old) {
				t.Fatalf("no %q in the tree", old)
			}
			text = strings.ReplaceAll(text, old, now)
		}
		return text
	}
	const divided = "/d cgroup.subtree_control - => /d cgroup.subtree_control memory pids"
	for _, tt := range []struct {
		name, tree, own string
		want            Cgroup // Dir below the root
		why             string
	}{
		{"alone", with("/d"), "/d/own", Cgroup{"/d/own", leaf, "cpu memory pids"}, ""},
		{"beside others in a divided one", with("/d", divided, "own cgroup.procs 42 => own cgroup.procs 1,42"), "/d/own", Cgroup{"/d", "", "memory pids"}, ""},
		{"the root of a container, divided", "/ cgroup.procs 1\n/ cgroup.subtree_control pids", "/", Cgroup{"/", "", "pids"}, ""},
		{"not alone", with("/d", "own cgroup.procs 42 => own cgroup.procs 42,43"), "/d/own", Cgroup{}, "other processes"},
		{"somebody else", with("/d", "own cgroup.procs 42 => own cgroup.procs 4"), "/d/own", Cgroup{}, "other processes"},
		{"no controllers", with("/d", "own cgroup.controllers cpuset cpu io memory pids => own cgroup.controllers hugetlb"), "/d/own", Cgroup{}, "controls neither memory nor processes"},
		{"not writable", "/d/own cgroup.controllers memory", "/d/own", Cgroup{}, "not delegated"},
		{"outside of the namespace", with("/d"), "/../d/own", Cgroup{}, "cannot be seen"},
		{"deceptive names", with("/d"), "/d/../d/own", Cgroup{}, "cannot be seen"},
		{"a slice of systemd", with("/a.slice", "/a.slice cgroup.subtree_control - => /a.slice cgroup.subtree_control memory pids", "/own => /b.slice"), "/a.slice/b.slice", Cgroup{}, "not delegated"},
		{"a scope that is not marked", with("/d", "/own => /o.scope"), "/d/o.scope", Cgroup{}, "not delegated"},
		{"the user's systemd", with("/user@1.service", "/user@1.service cgroup.subtree_control - => /user@1.service cgroup.subtree_control memory pids", "/own => /x.service"), "/user@1.service/x.service", Cgroup{}, "not delegated"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			root := tree(t, tt.tree)
			got, err := findCgroup(root, tt.own, 42)
			if tt.why != "" {
				if err == nil || !strings.Contains(err.Error(), tt.why) || got != (Cgroup{}) {
					t.Fatalf("got %+v, %v; want the reason %q", got, err, tt.why)
				}
				return
			}
			tt.want.Dir = filepath.Join(root, tt.want.Dir)
			if err != nil || got != tt.want {
				t.Errorf("got  %+v, %v\nwant %+v", got, err, tt.want)
			}
		})
	}
}

// What systemd marks as delegated may be divided; the same scope without the mark is in TestFindCgroup.
func TestFindCgroupInADelegatedScope(t *testing.T) {
	root := tree(t, "/o.scope cgroup.procs 42\n/o.scope cgroup.controllers memory pids\n/o.scope cgroup.subtree_control -")
	err := unix.Setxattr(filepath.Join(root, "o.scope"), "user.delegate", []byte("1"), 0)
	if errors.Is(err, unix.ENOTSUP) {
		t.Skip("the temporary folder takes no extended attributes")
	}
	if err != nil {
		t.Fatal(err)
	}
	want := Cgroup{filepath.Join(root, "o.scope"), leaf, "memory pids"}
	if got, err := findCgroup(root, "/o.scope", 42); err != nil || got != want {
		t.Errorf("got %+v, %v; want %+v", got, err, want)
	}
}
