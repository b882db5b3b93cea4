package plan

import (
	"path"
	"strings"

	"jail/jail"
)

// Host is what a plan needs to know of the machine and the caller.
type Host struct {
	System   System
	UID, GID int
	User     string   // login name; may be empty
	Home     string   // $HOME, absolute and clean; its real path is resolved by the plan
	Env      []string // NAME=value
	Memory   int64    // bytes of RAM
	Terminal bool     // standard input, output or error is a terminal
	Screen   bool     // and nobody behind a pipe reads its keys too: it can be relayed
	Detached bool     // the command gets a terminal that is looked at from elsewhere, or by nobody
	// The terminal belongs to another job: jail was started in the background.
	Background bool
	TIOCSTI    bool   // the kernel lets a program type into its controlling terminal (dev.tty.legacy_tiocsti)
	Arch       string // as GOARCH
	Landlock   int    // ABI of the kernel's Landlock; 0 where it has none
	// Hard limits of the caller (getrlimit(2)); 0 where there is none.
	OpenFiles, Processes int
	CountsPerNamespace   bool        // the kernel counts a user's processes for each user namespace apart (Linux 5.14)
	Cgroup               jail.Cgroup // that the caller may divide
	NoCgroup             string      // why there is none, where there is none
	KernelRoot           bool        // uid 0 of the initial user namespace: it owns /proc/sys whatever a mount says
	NoLayers             string      // why the file system of jail's state folder cannot hold what is written to overlays; empty where it can
	Settings             string      // folder with one for each agent, of settings that it has in jails alone
	Own                  []string    // folders where jail keeps what it trusts; no jail may write to what contains one
	// Sessions is where the sockets of running jails are: whoever reaches one can start commands in that jail. Empty: nowhere.
	Sessions string
	// Scratch is where the temporary folder of this run is made; empty where there is no place for one. MacOS only.
	Scratch string
	Files   Files
}

// FileType is what stands at a path.
type FileType string

const (
	Missing   FileType = ""
	Regular   FileType = "file"
	Directory FileType = "dir"
	Link      FileType = "link"
	Device    FileType = "device"
	Socket    FileType = "socket"
	Other     FileType = "other" // a named pipe
)

// File is one fact about the host's file system.
type File struct {
	Type       FileType
	Executable bool   // Regular: the caller may execute it
	Text       string // Link: where it points to
	Owner      int    // uid
	Mode       uint32 // permission bits, the sticky bit among them
	// Which file it is: of two paths with the same numbers one is a bind mount or a further name. Inode is 0 where that is not known.
	Device, Inode uint64
}

// Files answers questions about the host's file system and changes nothing. Probe gives one that asks the kernel;
// golden tests give one that is read from a listing.
type Files interface {
	Lstat(path string) File
	List(dir string) []string           // names, sorted; none where dir cannot be read
	Head(path string, limit int) []byte // the first bytes of a regular file; none where it cannot be read
}

// inside gives the id that a caller's id has in the jail: its own, and 1000 for root, because agents refuse to run as
// root and git distrusts what root owns.
func (h Host) inside(id int) int {
	if id == 0 {
		return 1000
	}
	return id
}

// getenv returns a variable of the caller's environment.
func (h Host) getenv(name string) string {
	value, _ := h.lookupEnv(name)
	return value
}

// lookupEnv returns a variable of the caller's environment and whether it is set.
func (h Host) lookupEnv(name string) (string, bool) {
	for _, entry := range h.Env {
		if value, ok := strings.CutPrefix(entry, name+"="); ok {
			return value, true
		}
	}
	return "", false
}

// maxLinks is where the kernel gives up following symlinks (path_resolution(7)).
const maxLinks = 40

// resolve follows every symlink in an absolute path. It returns the real path, the links that were passed on the way in
// order, and what stands at the end (Missing where nothing does, or where the links go in a circle).
func (h Host) resolve(p string) (real string, links []string, at File) {
	p = path.Clean(p)
	if at, plain := h.withoutLinks(p); plain {
		return p, nil, at
	}
	parts := strings.Split(strings.Trim(p, "/"), "/")
	real = "/"
	at = File{Type: Directory}
	for len(parts) > 0 {
		part := parts[0]
		parts = parts[1:]
		if part == "" || part == "." {
			continue
		}
		if part == ".." {
			real = path.Dir(real)
			continue
		}
		next := path.Join(real, part)
		at = h.Files.Lstat(next)
		if at.Type != Link {
			real = next
			if at.Type == Missing {
				return path.Join(append([]string{real}, parts...)...), links, at
			}
			continue
		}
		if links = append(links, next); len(links) > maxLinks {
			return next, links, File{}
		}
		if path.IsAbs(at.Text) {
			real = "/"
		}
		parts = append(strings.Split(strings.Trim(at.Text, "/"), "/"), parts...)
		at = File{Type: Directory}
	}
	return real, links, at
}

// withoutLinks looks at each part of a clean path and reports whether none is a link, which is so for nearly all.
func (h Host) withoutLinks(p string) (at File, plain bool) {
	at = File{Type: Directory}
	for end := 1; end < len(p); {
		if next := strings.IndexByte(p[end:], '/'); next >= 0 {
			at = h.Files.Lstat(p[:end+next])
			end += next + 1
		} else {
			at = h.Files.Lstat(p)
			end = len(p)
		}
		if at.Type == Link {
			return at, false
		}
		if at.Type == Missing {
			break
		}
	}
	return at, true
}

// isDir reports whether path leads to a directory.
func (h Host) isDir(path string) bool {
	_, _, at := h.resolve(path)
	return at.Type == Directory
}
