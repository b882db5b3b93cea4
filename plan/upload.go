package plan

import (
	"path"

	"jail/jail"
	"jail/mounts"
	"jail/seccomp"
)

// UploadPack makes the Spec of a throw-away jail in which git reads a jail's git directory and sends what is asked for
// over its standard streams. Nothing in it can be written, and it reaches no network.
func UploadPack(h Host, g GitView) (jail.Spec, error) {
	b := &builder{in: Input{Host: h, Limits: jail.WallOff}, at: make(map[string]int, 64)}
	b.in.Project = Project{Dir: g.At, Cwd: g.At, Git: &g}
	b.home, _, _ = h.resolve(h.Home)
	b.base()
	b.kernel()
	b.scratch()
	b.homeDir()
	b.add(mounts.Mount{Kind: mounts.Tmpfs, Target: g.Common, Size: 1 << 20, Why: "nothing of the repository's own"})
	if i, same := b.at[g.At]; same {
		b.mounts[i] = mounts.Mount{Kind: mounts.Bind, Source: g.Dir, Target: g.At, Why: "what is read"}
	} else {
		b.add(mounts.Mount{Kind: mounts.Bind, Source: g.Dir, Target: g.At, Why: "what is read"})
	}
	b.lend(g)
	for _, dir := range g.Alternates {
		b.bind(dir, "objects that the repository borrows")
	}
	git, err := h.Find("git", "/")
	if err != nil {
		return jail.Spec{}, err
	}
	b.expose(git, 0)
	if !b.there(git) {
		git, _, _ = h.resolve(git)
	}
	env := []string{
		"GIT_CONFIG_GLOBAL=/dev/null", "GIT_CONFIG_NOSYSTEM=1", "GIT_NO_LAZY_FETCH=1", "GIT_NO_REPLACE_OBJECTS=1",
		"GIT_OPTIONAL_LOCKS=0", "GIT_TERMINAL_PROMPT=0", "HOME=" + b.home, "LANG=C.UTF-8", "PATH=" + path.Dir(git) + ":/usr/bin:/bin",
	}
	if version := h.getenv("GIT_PROTOCOL"); version == "version=2" {
		env = append([]string{"GIT_PROTOCOL=" + version}, env...)
	}
	mounts.Sort(b.mounts)
	s := Outline(b.in)
	s.Hostname, s.Dir, s.Program = "jail", "/", git
	s.Argv = []string{"git", "upload-pack", "--strict", g.At}
	s.Env, s.Mounts, s.Terminal, s.Grace = env, b.mounts, jail.TerminalNone, grace
	s.Syscalls = jail.Syscalls{Profile: seccomp.Strict}
	// Beside the mounts and the missing network these are a second wall: without them it is still safe to read here.
	if h.Landlock < jail.MinLandlockABI {
		s.Landlock = jail.WallOff
	}
	if _, err := seccomp.Filters(h.Arch, seccomp.Strict, nil); err != nil {
		s.Syscalls.Wall = jail.WallOff
	}
	return s, mounts.Validate(s.Mounts)
}
