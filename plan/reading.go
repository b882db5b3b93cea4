package plan

import (
	"fmt"
	"path"
	"time"

	"jail/jail"
	"jail/mounts"
	"jail/seccomp"
)

// Reading is a command of jail's own, such as git, that reads what a jail wrote.
type Reading struct {
	Program string   // absolute path, or a name that is looked up in PATH
	Args    []string // without the program's name
	Env     []string // its whole environment, beside PATH and HOME
	Dir     string   // current directory; empty means /
	Helpers []string // programs that it may start, by name; one that is not there is left out
	Show    []string // files and folders of the host that it sees, at the same path; one that is missing is left out
	Keep    string   // a folder that it may write to, at the same path; nothing but such jails may read what is in it
	// Mounts are what it sees elsewhere than on the host, and generated files. They cover what Show shows there.
	Mounts  []mounts.Mount
	Timeout time.Duration // from its start to SIGTERM; zero sets none
}

// readingGrace is what a command gets to end itself. It has nothing to save.
const readingGrace = time.Second

// ReadOnly makes the Spec of a throw-away jail for a command that reads. It sees the system's programs and what is shown,
// all of it read-only; it reaches no network, no configuration of the user's and no key, and can write only to Keep and to a
// folder /tmp that vanishes. Its streams are what it is prepared with. Errors: *ProgramError.
func ReadOnly(h Host, r Reading) (jail.Spec, error) {
	if h.System == MacOS {
		return readOnlyMacOS(h, r)
	}
	b := newReader(h, Project{Cwd: "/"})
	b.base()
	b.libraries()
	b.proc() // init looks for its own threads there
	for _, device := range []string{"/dev/null", "/dev/zero", "/dev/urandom"} {
		b.add(mounts.Mount{Kind: mounts.Device, Source: device, Target: device, Why: "every program expects it"})
	}
	b.add(mounts.Mount{Kind: mounts.Tmpfs, Target: "/tmp", Size: b.ram(8), Mode: 0o1777, Why: "vanishes with the jail"})
	program, dirs, err := b.readingPrograms(r)
	if err != nil {
		return jail.Spec{}, err
	}
	for _, p := range r.Show {
		b.show(p)
	}
	for _, m := range r.Mounts {
		if m.Access != mounts.ReadOnly {
			return jail.Spec{}, fmt.Errorf("mount %q: nothing can be written where a command only reads", m)
		}
		b.put(m)
	}
	if r.Keep != "" {
		real, _, at := h.resolve(r.Keep)
		if at.Type != Directory {
			return jail.Spec{}, fmt.Errorf("%q is no folder", r.Keep)
		}
		b.put(mounts.Mount{Kind: mounts.Bind, Source: real, Target: r.Keep, Access: mounts.ReadWrite, Why: "what it keeps for the next time"})
	}
	mounts.Sort(b.mounts)
	s := Outline(b.in)
	s.Hostname, s.Dir, s.Program = "jail", "/", program
	if r.Dir != "" {
		s.Dir = r.Dir
	}
	s.Argv = append([]string{path.Base(program)}, r.Args...)
	s.Env = append([]string{"HOME=" + h.Home, "PATH=" + dirs}, r.Env...)
	s.Mounts, s.Terminal, s.Grace = b.mounts, jail.TerminalNone, readingGrace
	s.Limits = jail.Limits{Files: lockedOpenFiles, FileSize: lockedFileSize, Timeout: r.Timeout}
	h.readingWalls(&s)
	return s, mounts.Validate(s.Mounts)
}

// newReader begins a jail in which somebody reads, around a project or none.
func newReader(h Host, p Project) *builder {
	b := &builder{in: Input{Host: h, Project: p, Limits: jail.WallOff}, at: make(map[string]int, 64)}
	b.home, _, _ = h.resolve(h.Home)
	return b
}

// readingWalls are a second wall beside the mounts and the missing network. A host that has none can read safely all the same.
func (h Host) readingWalls(s *jail.Spec) {
	s.Syscalls = jail.Syscalls{Profile: seccomp.Strict}
	if h.Landlock < jail.MinLandlockABI {
		s.Landlock = jail.WallOff
	}
	if _, err := seccomp.Filters(h.Arch, seccomp.Strict, nil); err != nil {
		s.Syscalls.Wall = jail.WallOff
	}
}

// readingPrograms shows the programs and returns the path of the first one inside, and where to look for the others.
func (b *builder) readingPrograms(r Reading) (program, dirs string, err error) {
	if program, err = b.in.Host.Find(r.Program, "/"); err != nil {
		return "", "", err
	}
	found := []string{program}
	for _, name := range r.Helpers {
		if helper, err := b.in.Host.Find(name, "/"); err == nil {
			found = append(found, helper)
		}
	}
	dirs = "/usr/local/bin:/usr/bin:/bin"
	for i, p := range found {
		b.expose(p)
		if !b.there(p) {
			p, _, _ = b.in.Host.resolve(p)
		}
		if found[i] = p; !b.visible(path.Dir(p)) || path.Dir(p) != "/usr/bin" {
			dirs = path.Dir(p) + ":" + dirs
		}
	}
	return found[0], dirs, nil
}

// show binds what is at a path of the host, wherever its links lead, at the very same path.
func (b *builder) show(p string) {
	real, _, at := b.in.Host.resolve(p)
	if at.Type == Regular || at.Type == Directory {
		b.put(mounts.Mount{Kind: mounts.Bind, Source: real, Target: p, Why: "what is read"})
	}
}
