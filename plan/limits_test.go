package plan

import (
	"testing"

	"jail/config"
	"jail/jail"
	"jail/mounts"
)

// Without a cgroup nothing but their sizes keeps the tmpfs of a jail from filling the machine's memory.
func TestTmpfsFitTheMemory(t *testing.T) {
	h := Host{UID: 1000, GID: 1000, Home: "/home/u", Memory: 4 << 30, Landlock: 7, Arch: "amd64", Files: listing{files: map[string]File{
		"/home": {Type: Directory}, "/home/u": {Type: Directory}, "/home/u/p": {Type: Directory},
		"/usr": {Type: Directory}, "/usr/bin": {Type: Directory}, "/usr/bin/true": {Type: Regular, Executable: true},
	}}}
	in := Input{Host: h, Project: h.Locate("/home/u/p")}
	in.Config = config.Config{Overlay: config.Overlay{Network: config.NetworkNone, Hostname: "jail", Command: []string{"/usr/bin/true"}}}
	s, err := Build(in)
	if err != nil {
		t.Fatal(err)
	}
	var sum int64
	for _, m := range s.Mounts {
		if m.Kind == mounts.Tmpfs {
			sum += m.Size
		}
	}
	if sum == 0 || sum >= h.Memory {
		t.Errorf("all tmpfs together may take %s of %s", mounts.Size(sum), mounts.Size(h.Memory))
	}
}

// What Prepare begins with is what Run is given: the cgroup is made before the plan is.
func TestOutlineHasTheLimits(t *testing.T) {
	in := Input{Host: Host{Memory: 8 << 30, Cgroup: jail.Cgroup{Dir: "/c", Controllers: "cpu memory pids"}}}
	in.Config.Limits = config.Limits{CPUs: 1500}
	got := Outline(in).Limits
	want := jail.Limits{Memory: 6 << 30, CPUs: 1500, Processes: 4096, Files: openFiles, Cgroup: in.Host.Cgroup}
	if got != want {
		t.Errorf("got  %+v\nwant %+v", got, want)
	}
}
