package plan

import (
	"io"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"

	"golang.org/x/sys/unix"

	"jail/jail"
)

// Probe gathers the facts about this host. It reads and never writes.
func Probe(home string) Host {
	cgroup, noCgroup := jail.FindCgroup()
	h := Host{
		System:     system,
		Scratch:    scratch(),
		UID:        os.Geteuid(),
		GID:        os.Getegid(),
		User:       os.Getenv("USER"),
		Home:       filepath.Clean(home),
		Env:        os.Environ(),
		Memory:     memory(),
		Terminal:   isTerminal(0) || isTerminal(1) || isTerminal(2),
		Screen:     (isTerminal(0) || isTerminal(1) || isTerminal(2)) && !isPipe(1),
		Background: background(),
		TIOCSTI:    readSwitch("/proc/sys/dev/tty/legacy_tiocsti", true),
		Arch:       runtime.GOARCH,
		Landlock:   jail.LandlockABI(),
		KernelRoot: os.Geteuid() == 0 && initialUserNamespace(),
		Files:      liveFiles{make(map[string]File, 1024)},
		Cgroup:     cgroup,
	}
	if noCgroup != nil {
		h.NoCgroup = noCgroup.Error()
	}
	h.OpenFiles, h.Processes, h.CountsPerNamespace = counts()
	return h
}

// isPipe reports whether another program reads what is written to a descriptor.
func isPipe(fd int) bool {
	var st unix.Stat_t
	if unix.Fstat(fd, &st) != nil {
		return false
	}
	kind := uint32(st.Mode) & unix.S_IFMT
	return kind == unix.S_IFIFO || kind == unix.S_IFSOCK
}

// liveFiles answers from the running kernel, and gives one plan one answer for one path.
type liveFiles struct{ seen map[string]File }

func (l liveFiles) Lstat(path string) File {
	at, ok := l.seen[path]
	if !ok {
		at = lstat(path)
		l.seen[path] = at
	}
	return at
}

func (liveFiles) List(dir string) []string {
	f, err := os.Open(dir)
	if err != nil {
		return nil
	}
	defer f.Close()
	names, err := f.Readdirnames(-1)
	if err != nil {
		return nil
	}
	slices.Sort(names)
	return names
}

func (liveFiles) Head(path string, limit int) []byte {
	// Non-blocking, so that a named pipe in place of the file cannot hold the plan up.
	f, err := os.OpenFile(path, os.O_RDONLY|nonblock, 0)
	if err != nil {
		return nil
	}
	defer f.Close()
	if info, err := f.Stat(); err != nil || !info.Mode().IsRegular() {
		return nil
	}
	data, err := io.ReadAll(io.LimitReader(f, int64(limit)))
	if err != nil {
		return nil
	}
	return data
}

// readSwitch reads a kernel switch that holds 0 or 1, and gives unknown where the kernel has none.
func readSwitch(path string, unknown bool) bool {
	data, err := os.ReadFile(path)
	if err != nil {
		return unknown
	}
	return strings.TrimSpace(string(data)) != "0"
}

// initialUserNamespace reports whether uids are the kernel's own: the map of the initial namespace is the identity over
// all 32-bit ids (user_namespaces(7)).
func initialUserNamespace() bool {
	data, err := os.ReadFile("/proc/self/uid_map")
	if err != nil {
		return true
	}
	fields := strings.Fields(string(data))
	return len(fields) == 3 && fields[0] == "0" && fields[1] == "0" && fields[2] == "4294967295"
}
