package config

import (
	"slices"
	"strings"
)

// browsing is what a run as a browser asks for.
type browsing struct {
	mode   BrowserMode
	origin string
	Browser
	overruled []Refusal // what the administrator decided against
}

// browsing finds out whether a run is one of a browser: the administrator decides, or else the command line, the environment
// and the user's file, in this order; where nobody does, the name of a program that the command line itself gives. A project's
// file has no say in it, whatever it is trusted with: neither in the mode, nor by the command that it names.
func (s sources) browsing(r Request, program string) (browsing, error) {
	user := s.user.layers(program)
	layers := slices.Concat(user, []layer{s.environment, s.flags}, s.managed.layers(program))
	var b browsing
	for _, l := range layers {
		if l.Browser != "" {
			b.mode, b.origin = l.Browser, l.origins["browser"]
		}
	}
	if by := s.flags.Browser; by != "" && by != b.mode {
		b.overruled = []Refusal{{Origin: s.flags.origins["browser"], Key: "browser", Value: string(by), Why: "decided by " + printable(b.origin)}}
	}
	demanded := s.flags.Browser.On() && b.origin == s.flags.origins["browser"]
	own := r.commandName(s.flags.Command, s.environment.Command, s.user.top.Command)
	family := browserFamily(own)
	switch {
	case b.mode == BrowserOff:
		return browsing{overruled: b.overruled}, nil
	case own != program || family == "":
		if demanded {
			return browsing{}, &BrowserError{Program: own}
		}
		return browsing{}, nil
	case b.mode == "" && r.commandName(s.flags.Command) != program:
		return browsing{}, nil
	case b.mode == "":
		b.mode, b.origin = BrowserHard, "its name, "+program
	}
	var err error
	b.Browser, err = readBrowser(family)
	b.Program = program
	return b, err
}

// layer is what a browser gets in place of the defaults: nothing of an agent's or a toolchain's, a home that vanishes, and
// the namespaces of its own sandbox, but for lockdown and where its arguments say that it does without.
func (b browsing) layer(locked Switch, command []string) layer {
	o := Overlay{Origin: "browser", AgentState: StateNone, Home: HomeEphemeral, Caches: Off}
	without := slices.ContainsFunc(command, func(word string) bool { return slices.Contains(b.WithoutSandbox, word) })
	if locked != On && !without {
		o.Allow = []Relaxation{{Name: "userns"}}
	}
	return plainLayer(o)
}

// browse takes what a run as a browser asks for. Lockdown keeps nothing, unless the command line says so, which the plan refuses.
func (m *merger) browse(b browsing, command []string) (refused []Refusal) {
	refused = b.overruled
	if !b.mode.On() {
		return refused
	}
	if m.config.Lockdown == On && b.mode == BrowserSoft && b.origin != originFlags {
		refused = append(refused, Refusal{Origin: b.origin, Key: "browser", Value: string(b.mode), Why: "lockdown keeps nothing of a browser"})
		b.mode, b.origin = BrowserHard, originLockdown
	}
	m.take(b.layer(m.config.Lockdown, command))
	m.config.Browser, m.config.Family = b.mode, b.Browser
	m.config.Origins["browser"] = b.origin
	return refused
}

// narrowed cuts a layer that is meant for agents and tools to what narrows a browser too. What it would show, pass or open is
// left out, and named once for the layer.
func (b browsing) narrowed(l layer) (layer, []Refusal) {
	var keys []string
	leave := func(key string) {
		if !slices.Contains(keys, key) {
			keys = append(keys, key)
		}
	}
	for _, m := range l.Maps {
		leave(mapKey(m.Mode))
	}
	if len(l.Env) > 0 {
		leave("env")
	}
	if looser(l.Inherit, InheritNone) {
		leave("inherit_env")
		l.Inherit = ""
	}
	if len(l.Allow) > 0 {
		leave("allow")
	}
	if l.Terminal != "" && l.Terminal != TerminalFiltered {
		leave("terminal")
		l.Terminal = ""
	}
	l = l.showing(func(_, key, _ string) { leave(key) })
	for _, key := range l.Grants.Keys() {
		if l.Grants.On(key) {
			leave(key)
		}
	}
	l.Maps, l.Env, l.Allow, l.Grants = nil, nil, nil, nil
	// The defaults of a browser are tighter, or it has no use for them.
	l.AgentState, l.AgentDir, l.Home, l.Caches, l.Review = "", "", "", "", ""
	if len(keys) == 0 {
		return l, nil
	}
	why := "a browser gets from files only what [commands." + b.Program + "] of your own config gives it"
	return l, []Refusal{{Origin: l.Origin, Key: strings.Join(keys, ", "), Why: why}}
}

// admitted are the layers of the user's and of a trusted project's file that count. A table of the user's for this very
// browser is meant for it; the rest is narrowed.
func (b browsing) admitted(user, project []layer) (kept []layer, refused []Refusal) {
	for i, l := range slices.Concat(user, project) {
		if l.Browser != "" && i >= len(user) {
			refused = append(refused, Refusal{Origin: l.origins["browser"], Key: "browser", Value: string(l.Browser), Why: noBrowserOfProject})
		}
		if special := i > 0 && i < len(user); b.mode.On() && !special {
			var no []Refusal
			l, no = b.narrowed(l)
			refused = append(refused, no...)
		}
		kept = append(kept, l)
	}
	return kept, refused
}

const noBrowserOfProject = "a project file may not say how a browser is run, even where it is trusted; say it in your own config or on the command line"
