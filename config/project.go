package config

import (
	"slices"
	"strings"
)

// admission decides what of a project file is taken. The file is untrusted: an agent may have written it in an earlier
// run. It may only make the jail tighter than it is without the file.
type admission struct {
	path  string
	dir   string // the project's
	below Config // the merge of the layers below
	above []Map  // of the layers above, which win but must not be seen through either
	taken layer
	no    []Refusal
}

// admit cuts a project file into the layer that is taken and what is refused.
func admit(path, dir string, f file, below Config, above []Map) (layer, []Refusal) {
	a := admission{path: path, dir: dir, below: below, above: above, taken: newLayer(path)}
	maps := f.top.Maps
	for _, e := range f.entries {
		switch {
		case e.command != "":
			for _, t := range e.values() {
				a.refuse(e, t.line, []text{t}, "a project file may not say what single commands get; put the table into your own config")
			}
		case e.key == "network":
			a.network(e, f.top.Network)
		case e.key == keyDenyHost:
			a.taken.Egress.Deny = f.top.Egress.Deny
		case slices.Contains(NetworkKeys(), e.key):
			a.refuseEach(e, "a project file may not open the network; say it in your own config or on the command line")
		case e.key == "hostname":
			admitKey(&a, e, &a.taken.Hostname, f.top.Hostname)
		case e.key == "lockdown":
			a.lockdown(e, f.top.Lockdown)
		case e.key == "landlock":
			a.landlock(e, f.top.Landlock)
		case e.key == "agent_state":
			a.agentState(e, f.top.AgentState)
		case e.key == "caches":
			a.caches(e, f.top.Caches)
		case e.key == "review":
			a.review(e, f.top.Review)
		case e.key == "home":
			a.home(e, f.top.Home)
		case e.key == "browser":
			a.refuse(e, e.line, e.texts, noBrowserOfProject)
			a.no[len(a.no)-1].Trust = false
		case e.key == "agent_dir":
			a.refuse(e, e.line, e.texts, "a project file may not choose an agent's folder; say it in your own config or on the command line")
		case f.top.Grants[e.key] != "":
			a.grant(e, f.top.Grants[e.key])
		case f.top.Limits.Has(e.key):
			a.taken.ceilings = f.top.Limits
			a.taken.origins[e.key] = origin(a.path, e.line)
		case e.key == "map":
			for _, t := range e.texts {
				a.readOnly(e, t, maps[0])
				maps = maps[1:]
			}
		case e.key == "rw_map", e.key == "overlay_map":
			maps = maps[len(e.texts):]
			a.refuseEach(e, "a project file may not make anything writable; say it in your own config or on the command line")
		case e.key == "env":
			a.refuseEach(e, "a project file may not set or pass on environment variables; say it in your own config or on the command line")
		case e.key == "inherit_env":
			a.inherit(e, f.top.Inherit)
		case e.key == "mask":
			a.patterns(e, f.top.Mask, &a.taken.Mask)
		case e.key == "deny":
			a.patterns(e, f.top.Deny, &a.taken.Deny)
		case e.key == "secrets":
			a.secrets(e, f.top.Secrets)
		case e.key == "terminal":
			a.terminal(e, f.top.Terminal)
		case f.top.Screen.Text(e.key) != "":
			a.no = append(a.no, Refusal{Origin: origin(path, e.line), Key: e.key, Value: e.texts[0].value, Why: screenWhy})
		case e.key == "unprotect":
			a.refuseEach(e, "a project file may not take protection away; say it in your own config or on the command line")
		case e.key == "allow":
			a.refuseEach(e, "a project file may not open system calls; say it in your own config or on the command line")
		case e.key == keyUpdateCheck:
			a.refuse(e, e.line, e.texts, "a project file may not make jail ask for updates; say it in your own config")
		case e.key == keyMacAllow:
			a.refuseEach(e, "a project file may not open services of macOS; say it in your own config or on the command line")
		default: // command, shell, and whatever key comes later
			a.refuse(e, e.line, e.texts, "a project file may not choose what is run; say it in your own config or on the command line")
		}
	}
	return a.taken, a.no
}

// admitKey takes the value of a key.
func admitKey[T ~string](a *admission, e entry, into *T, value T) {
	*into = value
	a.taken.origins[e.key] = origin(a.path, e.line)
}

func (a *admission) network(e entry, mode NetworkMode) {
	switch {
	case a.below.Network.wider(mode):
		admitKey(a, e, &a.taken.Network, mode)
	case mode != a.below.Network:
		a.refuse(e, e.line, e.texts, "a project file may not open the network; say it in your own config or on the command line")
	}
}

func (a *admission) lockdown(e entry, asked Switch) {
	switch {
	case asked == On:
		admitKey(a, e, &a.taken.Lockdown, On)
	case a.below.Lockdown == On:
		a.refuse(e, e.line, e.texts, "a project file may not end lockdown; say --lockdown=false on the command line")
	}
}

func (a *admission) inherit(e entry, asked Inherit) {
	switch {
	case asked == InheritNone:
		admitKey(a, e, &a.taken.Inherit, asked)
	case asked != a.below.Inherit:
		a.refuse(e, e.line, e.texts, "a project file may not pass on your environment; say it in your own config or on the command line")
	}
}

func (a *admission) landlock(e entry, asked Need) {
	switch {
	case asked == Required:
		admitKey(a, e, &a.taken.Landlock, asked)
	case a.below.Landlock == Required:
		a.refuse(e, e.line, e.texts, "a project file may not do without a wall; say it in your own config")
	}
}

func (a *admission) agentState(e entry, asked StateMode) {
	if asked.wider(a.below.AgentState) {
		a.refuse(e, e.line, e.texts, "a project file may not show more of an agent's files; say it in your own config or on the command line")
		return
	}
	admitKey(a, e, &a.taken.AgentState, asked)
}

func (a *admission) caches(e entry, asked Switch) {
	switch {
	case asked == Off:
		admitKey(a, e, &a.taken.Caches, asked)
	case a.below.Caches == Off:
		a.refuse(e, e.line, e.texts, "a project file may not show caches; say it in your own config or on the command line")
	}
}

func (a *admission) grant(e entry, asked string) {
	if below := a.below.Grants[e.key]; grantsMore(asked, below) {
		a.refuse(e, e.line, e.texts, "a project file may not show anything beyond the project; say it in your own config or on the command line")
		return
	} else if !grantsMore(below, asked) {
		return // said already
	}
	if a.taken.Grants == nil {
		a.taken.Grants = Grants{}
	}
	a.taken.Grants[e.key] = asked
	a.taken.origins[e.key] = origin(a.path, e.line)
}

func (a *admission) review(e entry, asked Switch) {
	switch {
	case asked == On && a.below.Lockdown == On: // it is read-only there, which is tighter
	case asked == On:
		admitKey(a, e, &a.taken.Review, asked)
	case a.below.Review == On:
		a.refuse(e, e.line, e.texts, "a project file may not let a jail write to the project at once; say --review=false on the command line")
	}
}

func (a *admission) home(e entry, asked HomeMode) {
	switch {
	case asked == HomeEphemeral:
		admitKey(a, e, &a.taken.Home, asked)
	case a.below.Home != HomeJail:
		a.refuse(e, e.line, e.texts, "a project file may not keep a home; say it in your own config or on the command line")
	}
}

// readOnly takes a map that makes a part of the project read-only and does nothing else.
func (a *admission) readOnly(e entry, t text, m Map) {
	if !inside(a.dir, m.Source) || m.Target != m.Source {
		a.refuse(e, t.line, []text{t}, "a project file may only make parts of the project read-only where they are; map other files in your own config or on the command line")
		return
	}
	shown, ok := a.shownAt(m.Target)
	switch {
	case !ok:
	case shown.Source != shown.Target:
		a.refuse(e, t.line, []text{t}, "the map of "+printable(shown.Origin)+" shows something else there; remove one of the two")
		return
	case shown.Target != m.Target:
	case shown.Mode == MapRO:
		return // said already
	case slices.Contains(a.below.Maps, shown):
		a.refuse(e, t.line, []text{t}, "it is writable by the map of "+printable(shown.Origin)+", which wins; remove one of the two")
		return
	}
	m.Within = a.dir
	a.taken.Maps = append(a.taken.Maps, m)
}

// shownAt finds the trusted map that decides what is seen at a path inside the project: the deepest one at or above it.
// Of two for the same target the later one decides.
func (a *admission) shownAt(path string) (found Map, ok bool) {
	for _, m := range slices.Concat(a.below.Maps, a.above) {
		in := m.Target == a.dir || inside(a.dir, m.Target)
		at := m.Target == path || inside(m.Target, path)
		if in && at && len(m.Target) >= len(found.Target) {
			found, ok = m, true
		}
	}
	return found, ok
}

// refuseEach refuses the elements of an entry one by one.
func (a *admission) refuseEach(e entry, why string) {
	for _, t := range e.texts {
		a.refuse(e, t.line, []text{t}, why)
	}
}

// refuse notes one thing that is not taken.
func (a *admission) refuse(e entry, line int, texts []text, why string) {
	words := make([]string, len(texts))
	for i, t := range texts {
		words[i] = t.value
		if e.key == "env" {
			words[i], _, _ = strings.Cut(t.value, "=") // the value may be a secret
		}
	}
	a.no = append(a.no, Refusal{Origin: origin(a.path, line), Key: e.name(), Value: strings.Join(words, " "), Why: why, Trust: true})
}

// inside says whether a clean absolute path lies below a directory, and not at it.
func inside(dir, path string) bool {
	return path != dir && strings.HasPrefix(path, strings.TrimSuffix(dir, "/")+"/")
}
