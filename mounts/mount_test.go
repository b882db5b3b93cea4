package mounts

import (
	"errors"
	"math/rand/v2"
	"slices"
	"testing"
)

func TestString(t *testing.T) {
	for _, test := range []struct {
		mount Mount
		want  string
	}{
		{Mount{Kind: Bind, Source: "/usr", Target: "/usr"}, "bind /usr read-only"},
		{Mount{Kind: Bind, Source: "/a b", Target: "/c", Access: ReadWrite}, "bind /a b on /c read-write"},
		{Mount{Kind: Bind, Source: "/s", Target: "/s", Access: Connect}, "bind /s to connect to"},
		{Mount{Kind: Overlay, Source: "/a", Target: "/b", Layer: "/l"}, "overlay /a on /b, changes in /l"},
		{Mount{Kind: Store, Source: "/s", Target: "/home/u"}, "store /s on /home/u"},
		{Mount{Kind: Tmpfs, Target: "/tmp", Size: 64 << 20}, "tmpfs /tmp 64 MiB"},
		{Mount{Kind: Tmpfs, Target: "/tmp", Size: 3 << 30}, "tmpfs /tmp 3 GiB"},
		{Mount{Kind: Tmpfs, Target: "/tmp", Size: 1000}, "tmpfs /tmp 1000 bytes"},
		{Mount{Kind: File, Target: "/etc/passwd", Text: "x\n"}, "file /etc/passwd (2 bytes)"},
		{Mount{Kind: Symlink, Source: "usr/bin", Target: "/bin"}, "symlink /bin -> usr/bin"},
		{Mount{Kind: Mask, Target: "/proc/kcore"}, "mask /proc/kcore"},
	} {
		if got := test.mount.String(); got != test.want {
			t.Errorf("got %q, want %q", got, test.want)
		}
	}
}

func TestSortPutsParentsFirst(t *testing.T) {
	want := []string{"/a", "/a/b", "/a/b/c", "/a/b-c", "/a-b", "/b", "/b/a"}
	list := make([]Mount, len(want))
	for i, target := range want {
		list[i] = Mount{Kind: Dir, Target: target}
	}
	rand.New(rand.NewPCG(1, 2)).Shuffle(len(list), func(i, j int) { list[i], list[j] = list[j], list[i] })
	Sort(list)
	var got []string
	for _, m := range list {
		got = append(got, m.Target)
	}
	if !slices.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
}

func TestWithin(t *testing.T) {
	for _, test := range []struct {
		path, dir string
		want      bool
	}{
		{"/a", "/a", true},
		{"/a/b", "/a", true},
		{"/a-b", "/a", false}, // a prefix of the text is no parent (CVE-2025-54794 is this mistake)
		{"/a", "/a/b", false},
		{"/a", "/", true},
	} {
		if got := Within(test.path, test.dir); got != test.want {
			t.Errorf("Within(%q, %q) = %v, want %v", test.path, test.dir, got, test.want)
		}
	}
}

func TestValidate(t *testing.T) {
	bind := func(target string) Mount { return Mount{Kind: Bind, Source: "/s", Target: target} }
	overlay := func(target, layer string) Mount {
		return Mount{Kind: Overlay, Source: "/s", Target: target, Layer: layer}
	}
	for name, test := range map[string]struct {
		list     []Mount
		ok       bool
		conflict bool
	}{
		"nothing":              {nil, true, false},
		"nested binds":         {[]Mount{bind("/a"), bind("/a/b")}, true, false},
		"siblings":             {[]Mount{bind("/a"), bind("/a/b"), bind("/c")}, true, false},
		"same target twice":    {[]Mount{bind("/a"), bind("/a")}, false, true},
		"below a symlink":      {[]Mount{{Kind: Symlink, Source: "x", Target: "/a"}, bind("/a/b")}, false, true},
		"below a file":         {[]Mount{{Kind: File, Target: "/a"}, bind("/a/b/c")}, false, true},
		"below a mask":         {[]Mount{{Kind: Mask, Target: "/a"}, bind("/a/b")}, false, true},
		"not sorted":           {[]Mount{bind("/b"), bind("/a")}, false, false},
		"root":                 {[]Mount{bind("/")}, false, false},
		"relative target":      {[]Mount{bind("a")}, false, false},
		"target with dots":     {[]Mount{bind("/a/../b")}, false, false},
		"relative source":      {[]Mount{{Kind: Bind, Source: "s", Target: "/a"}}, false, false},
		"no source":            {[]Mount{{Kind: Bind, Target: "/a"}}, false, false},
		"source for a tmpfs":   {[]Mount{{Kind: Tmpfs, Source: "/s", Target: "/a", Size: 1}}, false, false},
		"tmpfs without a size": {[]Mount{{Kind: Tmpfs, Target: "/a"}}, false, false},
		"size for a bind":      {[]Mount{{Kind: Bind, Source: "/s", Target: "/a", Size: 1}}, false, false},
		"access for a file":    {[]Mount{{Kind: File, Target: "/a", Access: ReadWrite}}, false, false},
		"unknown access":       {[]Mount{{Kind: Bind, Source: "/s", Target: "/a", Access: "rwx"}}, false, false},
		"text for a symlink":   {[]Mount{{Kind: Symlink, Source: "s", Target: "/a", Text: "x"}}, false, false},
		"unknown kind":         {[]Mount{{Kind: "nfs", Target: "/a"}}, false, false},
		"overlays":             {[]Mount{overlay("/a", "/l/1"), overlay("/b", "/l/2")}, true, false},
		"one layer twice":      {[]Mount{overlay("/a", "/l/1"), overlay("/b", "/l/1")}, false, true},
		"layer in its source":  {[]Mount{overlay("/a", "/s/l")}, false, false},
		"source in its layer":  {[]Mount{{Kind: Overlay, Source: "/l/s", Target: "/a", Layer: "/l"}}, false, false},
		"overlay and no layer": {[]Mount{{Kind: Overlay, Source: "/s", Target: "/a"}}, false, false},
		"layer for a bind":     {[]Mount{{Kind: Bind, Source: "/s", Target: "/a", Layer: "/l"}}, false, false},
		"NUL":                  {[]Mount{bind("/a\x00b")}, false, false},
	} {
		t.Run(name, func(t *testing.T) {
			err := Validate(test.list)
			if (err == nil) != test.ok {
				t.Errorf("got %v, want ok %v", err, test.ok)
			}
			var conflict *ConflictError
			if errors.As(err, &conflict) != test.conflict {
				t.Errorf("got %v, want a conflict %v", err, test.conflict)
			}
		})
	}
}
