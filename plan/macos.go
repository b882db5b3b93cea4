package plan

import (
	"fmt"
	"path"
	"slices"
	"strings"

	"jail/config"
	"jail/jail"
	"jail/mounts"
)

// buildMacOS is Build where the jail is Apple's sandbox: the host's own files are seen at their own paths, and what is not
// allowed is denied. There is nothing to mount, so that what Linux makes of mounts is made of rules, or of files in a folder of
// the run's own, or refused, or named in Lost.
func buildMacOS(in Input) (jail.Spec, error) {
	b := newBuilder(in)
	for _, check := range []func() error{b.checkProject, b.checkMacOS, b.checkMacLimits, in.CheckNetwork, b.checkNotify} {
		if err := check(); err != nil {
			return jail.Spec{}, err
		}
	}
	b.in.Landlock, b.in.Seccomp, b.in.Host.NoLayers = jail.WallOff, jail.WallOff, ""
	b.macBase()
	b.macScratch()
	if err := b.macAgentState(); err != nil {
		return jail.Spec{}, err
	}
	if !b.locked() {
		b.identity()
	}
	if err := b.project(); err != nil {
		return jail.Spec{}, err
	}
	if b.locked() {
		b.freeze()
	}
	if err := b.maps(); err != nil {
		return jail.Spec{}, err
	}
	if !b.locked() {
		b.toolchains()
	}
	if err := b.integrate(); err != nil {
		return jail.Spec{}, err
	}
	if err := b.macGrants(); err != nil {
		return jail.Spec{}, err
	}
	b.coldCaches()
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
	if err := b.fit(); err != nil {
		return jail.Spec{}, err
	}
	b.closeNames()
	b.linkHome()
	s := b.spec(program, argv, b.env())
	b.macLosses(s)
	s.Screen = b.screen(s)
	s.Seatbelt, s.Lost, s.Notes = b.seatbelt, b.lost, b.notes
	if err := s.Validate(); err != nil {
		return s, err
	}
	_, err = jail.Profile(s, PlannedFound(s))
	return s, err
}

// PlannedFound stands for what is known when the run begins.
func PlannedFound(s jail.Spec) (f jail.Found) {
	if s.Terminal == jail.TerminalOwn {
		f.Terminal = "/dev/ttys000"
	}
	if s.Network.Filtered() {
		f.Proxy = 65535
	}
	return f
}

func (in Input) backend() jail.Backend {
	if in.Host.System == MacOS {
		return jail.BackendSeatbelt
	}
	return jail.BackendNamespaces
}

// notOnMacOS refuses what Linux can carry out.
func notOnMacOS(asked, why, fix string) error {
	return &RefusedError{asked + " cannot be had on macOS", why, fix}
}

// checkMacOS refuses what was asked for and cannot be had.
func (b *builder) checkMacOS() error {
	c := b.in.Config
	from := func(key string) string { return fmt.Sprintf(" (from %s)", c.Origins[key]) }
	switch {
	case b.in.Host.UID == 0:
		return notOnMacOS("A jail of root's", "its programs would be root's, and own what no rule covers", "start jail as an ordinary user")
	case b.in.Host.Scratch == "":
		return notOnMacOS("A jail", "$TMPDIR names no folder that is yours alone, in which its temporary files could lie", "open a new terminal, where macOS sets it")
	case b.in.network().Filtered() && len(c.Egress.Publish) > 0:
		return notOnMacOS("A published port (from "+c.Egress.Publish[0].Origin+")", "a jail has no ports of its own", "leave it out; with --network host programs listen at the host's")
	case slices.ContainsFunc(b.in.gate().HostPorts, func(p jail.HostPort) bool { return p.Jail != p.Host }):
		return notOnMacOS("A port of the host's by another number", "the jail has the host's localhost", "name it by its own number: --host-port PORT")
	case b.in.Host.Detached:
		return notOnMacOS("A detached run", "there is no init in the jail that looks after it", "run it in tmux or screen")
	case b.browser():
		return notOnMacOS("A browser's own profile"+from("browser"), "browsers on macOS are started by the session, and not by a command", "leave --browser out")
	case b.reviewed():
		return notOnMacOS("A review"+from("review"), "there are no overlays to keep changes apart in", "let the command work in a worktree: jail create NAME; or only read: --lockdown")
	case c.Home == config.HomeJail:
		return notOnMacOS("A home that is kept"+from("home"), "the home of a run lies in its temporary folder", "leave it out; --rw-map shows folders of yours")
	}
	return nil
}

// checkMacLimits refuses limits that nothing would hold: one that is dropped is worse than none.
func (b *builder) checkMacLimits() error {
	asked, ceiling := b.in.Config.Limits, b.in.Config.Ceilings
	for _, key := range config.LimitKeys() {
		if key == "timeout" || b.in.Limits == jail.WallOff || !asked.Has(key) && !ceiling.Has(key) {
			continue
		}
		limit := asked
		if !limit.Has(key) {
			limit = ceiling
		}
		return notOnMacOS(b.asked(key, limit.Text(key)+" for "+key), "it has no groups of processes that are limited together", "leave it out, or do without limits: --no-rlimits")
	}
	return nil
}

// macLosses names what this run does without.
func (b *builder) macLosses(s jail.Spec) {
	b.lose("syscalls", "macOS filters no system calls")
	b.lose("processes", "the names of other processes can be listed; and what leaves the command's session goes on after the run, in the jail, and so does all of it if jail is killed")
	if b.in.Limits == jail.WallOff {
		b.lose("limits", "switched off by --no-rlimits")
	} else {
		b.lose("limits", "memory, processors, processes, open files and the size of files are not limited on macOS")
	}
	if from := b.in.Config.Origins["hostname"]; b.in.Config.Hostname != "" && from != "default" {
		b.lose("hostname", "macOS has one for all programs, and the jail sees it (from %s)", from)
	}
	b.inherited()
	switch {
	case s.Network == jail.NetworkHost:
		b.lose("network", "everything that you can reach can be reached, services on localhost included; --network none closes it")
	case s.Network.Filtered():
		b.filteredByProxy(s)
	default:
		b.note("there is no localhost either: programs of the jail reach each other over sockets in its folders")
	}
	b.shownUnfiltered(s)
	if b.in.Host.Terminal && s.Terminal == jail.TerminalNone {
		b.note("the command has no terminal: in the background, and where standard output is a pipe, it cannot have one of its own")
	}
	if from := b.in.Config.Origins["landlock"]; from != "" && from != "default" {
		b.note("landlock (from %s) means nothing here: Apple's sandbox stands in its place", from)
	}
	for _, r := range b.in.Config.Allow {
		b.note("allow %s (from %s) changes nothing here: no system call is filtered", r.Name, r.Origin)
	}
}

// filteredByProxy names what of a filtered network is open, and what does not work there.
func (b *builder) filteredByProxy(s jail.Spec) {
	if s.Network == jail.NetworkAudit {
		b.lose("network", "every public address can be reached, and is written down; --net allow with rules closes it (jail net suggest makes them)")
	}
	b.relaxedNetwork()
	b.note("programs reach the network by the proxy that HTTPS_PROXY and HTTP_PROXY name, and not otherwise; those that let macOS verify certificates, as most in Go do, need --macos-allow trust")
}

// coldCaches tells that what Linux shows copy-on-write is not there.
func (b *builder) coldCaches() {
	if b.in.Config.Caches != config.On {
		return
	}
	for _, c := range caches {
		if b.uses(c) {
			b.note("%s begins with empty caches, as macOS has no overlays; --map shows yours read-only, and --rw-map lets the jail change them", c.tool)
		}
	}
}

// closeNames closes names in the project that programs of the host obey, instead of watching for them as Linux has to; not
// those that the user has mapped.
func (b *builder) closeNames() {
	if b.guard.Dir == "" {
		return
	}
	names := slices.DeleteFunc(slices.Clone(b.guard.Names), func(glob string) bool {
		return slices.ContainsFunc(b.mounts, func(m mounts.Mount) bool {
			matched, err := path.Match(glob, strings.ToLower(path.Base(m.Target)))
			return m.Kind == mounts.Bind && m.Access == mounts.ReadWrite && path.Dir(m.Target) == b.guard.Dir && matched && err == nil
		})
	})
	b.seatbelt.Closed = jail.ClosedNames{Dir: b.guard.Dir, Names: append(names, ".git")}
}
