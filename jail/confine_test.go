package jail

import (
	"slices"
	"testing"

	"jail/landlock"
	"jail/mounts"
)

func TestLandlockRulesFollowTheMounts(t *testing.T) {
	got := landlockRules([]mounts.Mount{
		{Kind: mounts.Device, Source: "/dev/null", Target: "/dev/null"},
		{Kind: mounts.Devpts, Target: "/dev/pts"},
		{Kind: mounts.Device, Source: "/dev/tty", Target: "/dev/tty"},
		{Kind: mounts.File, Target: "/etc/passwd"},
		{Kind: mounts.Proc, Target: "/proc"},
		{Kind: mounts.Mask, Target: "/proc/keys"},
		{Kind: mounts.Seal, Target: "/proc/sys"},
		{Kind: mounts.Bind, Source: "/p", Target: "/p", Access: mounts.ReadWrite},
		{Kind: mounts.Bind, Source: "/p/.git/hooks", Target: "/p/.git/hooks"},
		{Kind: mounts.Bind, Source: "/run/s", Target: "/run/s", Access: mounts.Connect},
		{Kind: mounts.Device, Source: "/dev/dri/renderD128", Target: "/dev/dri/renderD128", Access: mounts.Control},
		{Kind: mounts.Tmpfs, Target: "/tmp", Size: 1},
		{Kind: mounts.Bind, Source: "/usr", Target: "/usr"},
	})
	want := []landlock.Rule{
		{Path: "/", Access: landlock.Read},
		{Path: "/dev/null", Access: landlock.Edit},
		{Path: "/dev/pts", Access: landlock.Terminal},
		{Path: "/dev/tty", Access: landlock.Terminal},
		{Path: "/proc", Access: landlock.Edit},
		{Path: "/p", Access: landlock.Write},
		{Path: "/run/s", Access: landlock.Connect},
		{Path: "/dev/dri/renderD128", Access: landlock.Terminal},
		{Path: "/tmp", Access: landlock.Write},
	}
	if !slices.Equal(got, want) {
		t.Errorf("got  %v\nwant %v", got, want)
	}
}
