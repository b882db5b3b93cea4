package plan

import (
	"fmt"
	"path"

	"jail/jail"
	"jail/mounts"
	"jail/seccomp"
)

// readOnlyMacOS is ReadOnly for macOS. A generated file cannot stand over the host's own: the command sees that, with no network
// and nothing that it could write to.
func readOnlyMacOS(h Host, r Reading) (jail.Spec, error) {
	b := newBuilder(Input{Host: h, Project: Project{Cwd: "/"}, Limits: jail.WallOff})
	b.macBase()
	program, dirs, err := b.readingPrograms(r)
	if err != nil {
		return jail.Spec{}, err
	}
	for _, p := range r.Show {
		b.macShow(p, "what is read")
	}
	for _, m := range r.Mounts {
		if m.Kind != mounts.File {
			return jail.Spec{}, notOnMacOS(fmt.Sprintf("%q", m), "nothing is shown at another path than its own", "look at it on Linux")
		}
		b.macShow(m.Target, "what is read")
	}
	if r.Keep != "" {
		real, _, at := h.resolve(r.Keep)
		if at.Type != Directory || real != r.Keep {
			return jail.Spec{}, fmt.Errorf("%q is no folder", r.Keep)
		}
		b.put(mounts.Mount{Kind: mounts.Bind, Source: real, Target: real, Access: mounts.ReadWrite, Why: "what it keeps for the next time"})
	}
	if err := b.fit(); err != nil {
		return jail.Spec{}, err
	}
	mounts.Sort(b.mounts)
	s := Outline(b.in)
	s.Network, s.Hostname, s.Dir, s.Program = jail.NetworkNone, "jail", "/", program
	if r.Dir != "" {
		s.Dir = r.Dir
	}
	s.Argv = append([]string{path.Base(program)}, r.Args...)
	s.Env = append([]string{"HOME=" + h.Home, "PATH=" + dirs}, r.Env...)
	s.Mounts, s.Terminal, s.Grace = b.mounts, jail.TerminalNone, readingGrace
	s.Limits = jail.Limits{Timeout: r.Timeout}
	s.Landlock, s.Syscalls = jail.WallOff, jail.Syscalls{Wall: jail.WallOff, Profile: seccomp.Strict}
	return s, mounts.Validate(s.Mounts)
}
