// Package plan decides: from what the user asked for (config) and the facts of the host it makes the jail.Spec of one
// run. It is pure. Build touches nothing and gives equal Specs for equal input; Probe alone looks at the host.
package plan

import (
	"fmt"
	"path"
	"time"

	"jail/config"
	"jail/jail"
	"jail/mounts"
)

// Input is everything that a plan is made from.
type Input struct {
	Config  config.Config
	Host    Host
	Project Project
	Scanned Scanned // what Scan found
	// Layers is the folder where what jails of this project, or this named jail, write to overlays is kept. Of runs at one
	// time each has a Slot of its own, from 1.
	Layers string
	Slot   int
	// Version is that of this program, for people.
	Version string
	// Browsers is the folder where what is kept of browsers lies, a folder for each.
	Browsers string
	// Off only where the command line says so.
	Landlock, Seccomp, Limits jail.Wall
}

// Project is the folder that the jail is built around.
type Project struct {
	Kind ProjectKind
	Name string   // of a named jail; empty for a run in the user's own checkout
	Dir  string   // absolute and free of symlinks; read-write in the jail at the same path
	Cwd  string   // where the command starts: Dir or below it
	Via  string   // a symlink in another work tree that led here; a jail may have made it
	Git  *GitView // a git directory of the jail's own; nil where there is no repository, or none that can be given

	Remembered []Remembered // what runs hid here or near here that are not known to have left it in its place
}

// ProjectKind says what the folder is. The zero value is a folder of the host.
type ProjectKind string

const (
	ProjectFolder ProjectKind = ""
	ProjectNone   ProjectKind = "none" // an empty folder of the jail's own, for what needs no project
)

// grace is how long a command may take to end itself after SIGTERM or SIGHUP.
const grace = 10 * time.Second

// builder collects the Spec while the files of this package, one per resource, add to it.
type builder struct {
	in         Input
	home       string   // the real path of the caller's home
	homes      []string // home, and the real path of what the system has for the caller's home where that is another
	own        []string // Host.Own, and where its symlinks lead
	mounts     []mounts.Mount
	at         map[string]int // target -> index in mounts
	kept       jail.Kept
	guard      jail.Guard
	lost       []jail.Loss
	given      []given          // variables of integrations
	seatbelt   jail.Seatbelt    // MacOS only
	stateAsked config.StateMode // of the agent's files; MacOS only, which cannot always have it
	// wrapped is the program that the command is started by; empty where it starts by itself.
	wrapped string
	notes   []string // what the user should know
}

func newBuilder(in Input) *builder {
	b := &builder{in: in, at: make(map[string]int, 256), mounts: make([]mounts.Mount, 0, 256)}
	b.home, _, _ = in.Host.resolve(in.Host.Home)
	b.homes = []string{b.home}
	if account, _, at := in.Host.resolve(in.Host.accountHome()); account != b.home && at.Type == Directory && account != "/" {
		b.homes = append(b.homes, account)
	}
	for _, own := range in.Host.Own {
		real, _, _ := in.Host.resolve(own)
		b.own = append(b.own, own, real)
	}
	return b
}

// Outline makes what of a Spec is known before the plan: enough for jail.Prepare to start its child early.
func Outline(in Input) jail.Spec {
	return jail.Spec{Backend: in.backend(), Name: in.Project.Name, UID: in.Host.inside(in.Host.UID), GID: in.Host.inside(in.Host.GID), Network: in.network(), Gate: in.gate(), Limits: in.limits()}
}

// Build makes the Spec. Errors: *ProgramError where the command is not there or cannot be run, *ProjectError where
// the project may not be given to a jail, and others that say what was asked for and why it cannot be had.
func Build(in Input) (jail.Spec, error) {
	if in.Host.System == MacOS {
		return buildMacOS(in)
	}
	b := newBuilder(in)
	for _, check := range []func() error{b.checkProject, b.checkWalls, b.checkLimits, in.CheckNetwork, b.checkNotify, b.checkGrants} {
		if err := check(); err != nil {
			return jail.Spec{}, err
		}
	}
	b.base()
	b.etc()
	b.kernel()
	b.scratch()
	b.networkNote()
	b.homeDir()
	if err := b.agentState(); err != nil {
		return jail.Spec{}, err
	}
	b.settings()
	if !b.locked() {
		b.identity()
	}
	if err := b.project(); err != nil {
		return jail.Spec{}, err
	}
	if b.locked() || b.browser() {
		b.freeze()
	}
	if err := b.browse(); err != nil {
		return jail.Spec{}, err
	}
	if err := b.maps(); err != nil {
		return jail.Spec{}, err
	}
	if err := b.alternates(); err != nil {
		return jail.Spec{}, err
	}
	if !b.locked() {
		b.toolchains()
	}
	b.profiles()
	if err := b.integrate(); err != nil {
		return jail.Spec{}, err
	}
	if b.in.Config.Caches == config.On && b.in.Host.NoLayers == "" {
		b.caches()
	}
	if err := b.protect(); err != nil {
		return jail.Spec{}, err
	}
	if err := b.hide(); err != nil {
		return jail.Spec{}, err
	}
	program, argv, err := b.program()
	if err != nil {
		return jail.Spec{}, err
	}
	env := b.env()
	if b.kept.Home.Dir != "" {
		b.kept.Home.Places = b.places()
	}
	s := b.spec(program, argv, env)
	b.losses(s)
	s.Screen = b.screen(s)
	s.Kept, s.Guard, s.Lost, s.Notes = b.keep(), b.guarded(), b.lost, b.notes
	return s, s.Validate()
}

// spec is what the builder has so far. It sorts the mounts, and b.at is void from here on.
func (b *builder) spec(program string, argv, env []string) jail.Spec {
	mounts.Sort(b.mounts)
	s := Outline(b.in)
	s.Name, s.Hostname = b.in.Project.Name, b.in.Config.Hostname
	s.Program, s.Argv, s.Env, s.Dir = program, argv, env, b.in.Project.Cwd
	if b.homeMode() == config.HomeEphemeral && !b.browser() {
		s.Passing = b.insideHome()
	}
	s.Mounts, s.Landlock, s.Syscalls = b.mounts, b.in.Landlock, b.syscalls()
	s.Terminal, s.Grace = b.terminal(), grace
	if s.Terminal.Relayed() && b.in.Config.Terminal != config.TerminalFiltered {
		s.Output = jail.Output(b.in.Config.Terminal)
	}
	return s
}

// add puts one mount into the view.
func (b *builder) add(m mounts.Mount) {
	b.at[m.Target] = len(b.mounts)
	b.mounts = append(b.mounts, m)
}

// put is add for a target that may be taken: the later one stands.
func (b *builder) put(m mounts.Mount) {
	if i, taken := b.at[m.Target]; taken {
		b.mounts[i] = m
		return
	}
	b.add(m)
}

// bind adds a read-only bind at the same path, unless it is visible already.
func (b *builder) bind(path, why string) {
	if !b.visible(path) {
		b.add(mounts.Mount{Kind: mounts.Bind, Source: path, Target: path, Why: why})
	}
}

// note tells something that is no protection.
func (b *builder) note(format string, args ...any) {
	b.notes = append(b.notes, fmt.Sprintf(format, args...))
}

// lose names a protection that this run does not have.
func (b *builder) lose(name, format string, args ...any) {
	b.lost = append(b.lost, jail.Loss{Name: name, Why: fmt.Sprintf(format, args...)})
}

// gap notes where a protection that is there does not hold.
func (b *builder) gap(name, format string, args ...any) {
	b.lost = append(b.lost, jail.Loss{Name: name, Why: fmt.Sprintf(format, args...), Reach: jail.ReachGap})
}

// visible reports whether a host path without symlinks can be seen at the same place in the jail.
func (b *builder) visible(path string) bool {
	m, ok := b.covering(path)
	return ok && (m.Kind == mounts.Bind || m.Kind == mounts.Overlay) && m.Source == m.Target
}

// covering returns the mount that shows through at path: the deepest whose target is path or lies above it. Seals show
// what is below them and so never count.
func (b *builder) covering(p string) (mounts.Mount, bool) {
	for dir := p; ; dir = path.Dir(dir) {
		if i, ok := b.at[dir]; ok && b.mounts[i].Kind != mounts.Seal {
			return b.mounts[i], true
		}
		if dir == "/" {
			return mounts.Mount{}, false
		}
	}
}

// terminal gives the command one of the jail's own in the place of the caller's, on whichever of its streams that is. In the
// background nobody types, and in a pipe to a pager others read keys from the terminal too: it stays the command's then. It is left
// away in lockdown where it could be misused: where Landlock keeps no signals inside, and from the background, where the command
// could take what is typed into the shell.
func (b *builder) terminal() jail.Terminal {
	if b.in.Host.Detached {
		return jail.TerminalDetached
	}
	if b.in.Host.Screen && !b.in.Host.Background {
		return jail.TerminalOwn
	}
	if b.in.Host.System == MacOS { // what Seatbelt lets a command do with the caller's terminal, it can type into it
		return jail.TerminalNone
	}
	if !b.in.Host.Terminal || b.locked() && (b.in.Host.Background || b.in.Host.Landlock < jail.ScopesABI) {
		return jail.TerminalNone
	}
	return jail.TerminalInherit
}
