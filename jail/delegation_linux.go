package jail

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"
)

// leaf is where the caller moves to in a cgroup of its own that is to be divided.
const leaf = "jail-host"

// FindCgroup looks for a cgroup that the caller may divide: the one above its own, where that is divided already, or its
// own, where nobody else is in it. It reads and never writes. The error says why there is none.
func FindCgroup() (Cgroup, error) {
	root := ""
	// The second is the hybrid layout of systemd, where version 1 has most controllers.
	for _, dir := range []string{"/sys/fs/cgroup", "/sys/fs/cgroup/unified"} {
		var fs unix.Statfs_t
		if unix.Statfs(dir, &fs) == nil && fs.Type == unix.CGROUP2_SUPER_MAGIC {
			root = dir
			break
		}
	}
	if root == "" {
		return Cgroup{}, errors.New("no cgroup version 2 is mounted")
	}
	data, err := readSmall("/proc/self/cgroup")
	if err != nil {
		return Cgroup{}, err
	}
	for line := range strings.Lines(string(data)) {
		if own, ok := strings.CutPrefix(strings.TrimSpace(line), "0::"); ok {
			return findCgroup(root, own, os.Getpid())
		}
	}
	return Cgroup{}, errors.New("this process is in no cgroup of version 2")
}

// findCgroup does FindCgroup's work for the process pid, in the cgroup named own of the tree at root.
func findCgroup(root, own string, pid int) (Cgroup, error) {
	if own != filepath.Clean(own) || strings.HasPrefix(own, "/..") {
		return Cgroup{}, fmt.Errorf("the cgroup %s cannot be seen from here", own)
	}
	dir := filepath.Join(root, own)
	candidates := []string{dir}
	if own != "/" {
		candidates = []string{filepath.Dir(dir), dir}
	}
	for _, candidate := range candidates {
		// What is divided already needs no more than one more folder.
		if found := controllers(candidate + "/cgroup.subtree_control"); found != "" && divisible(candidate) {
			return Cgroup{Dir: candidate, Controllers: found}, nil
		}
	}
	if !divisible(dir) {
		return Cgroup{}, fmt.Errorf("the cgroup %s is not delegated to you", own)
	}
	found := controllers(dir + "/cgroup.controllers")
	if found == "" {
		return Cgroup{}, fmt.Errorf("the cgroup %s controls neither memory nor processes", own)
	}
	members, err := readSmall(dir + "/cgroup.procs")
	if err != nil || strings.TrimSpace(string(members)) != strconv.Itoa(pid) {
		return Cgroup{}, fmt.Errorf("the cgroup %s has other processes in it besides jail", own)
	}
	return Cgroup{Dir: dir, Leaf: leaf, Controllers: found}, nil
}

// divisible reports whether the caller may make cgroups in a folder and move processes there. What systemd manages is left
// to it although a user's own systemd makes it writable to that user: it may take controllers away again at any time
// (systemd, CGROUP_DELEGATION.md). It marks what it delegates.
func divisible(dir string) bool {
	for _, path := range []string{dir, dir + "/cgroup.procs", dir + "/cgroup.subtree_control"} {
		if unix.Access(path, unix.W_OK) != nil {
			return false
		}
	}
	name := filepath.Base(dir)
	switch {
	case strings.HasSuffix(name, ".slice"), strings.HasPrefix(name, "user@"):
		return false
	case strings.HasSuffix(name, ".scope"), strings.HasSuffix(name, ".service"):
		mark := make([]byte, 2)
		n, err := unix.Getxattr(dir, "user.delegate", mark)
		return err == nil && string(mark[:n]) == "1"
	}
	return true
}

// controllers reads which of those that limits need a file names.
func controllers(path string) string {
	data, err := readSmall(path)
	if err != nil {
		return ""
	}
	all := Cgroup{Controllers: string(data)}
	var found []string
	for _, name := range []string{ControlCPU, ControlMemory, ControlProcesses} {
		if all.Has(name) {
			found = append(found, name)
		}
	}
	return strings.Join(found, " ")
}

// readSmall reads at most a page of a file of the kernel's: each run pays for it, and os.ReadFile costs more the first time.
func readSmall(path string) ([]byte, error) {
	fd, err := unix.Open(path, unix.O_RDONLY|unix.O_CLOEXEC, 0)
	if err != nil {
		return nil, err
	}
	defer unix.Close(fd)
	data := make([]byte, 4096)
	n, err := unix.Read(fd, data)
	return data[:max(n, 0)], err
}
