package config

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
)

// layer is an Overlay with the origins of its scalars.
type layer struct {
	Overlay
	ceilings Limits
	origins  map[string]string // a scalar's key to where it is said
}

// plainLayer makes a layer of which all has one origin.
func plainLayer(o Overlay) layer {
	o.Egress = o.Egress.clone(o.Origin)
	from := func(of *string) { *of = cmp.Or(*of, o.Origin) }
	o.Maps, o.Env = slices.Clone(o.Maps), slices.Clone(o.Env)
	for i := range o.Maps {
		from(&o.Maps[i].Origin)
	}
	for i := range o.Env {
		from(&o.Env[i].Origin)
	}
	for _, list := range []*[]Relaxation{&o.Allow, &o.MacAllow} {
		*list = slices.Clone(*list)
		for i := range *list {
			from(&(*list)[i].Origin)
		}
	}
	for _, list := range []*[]Pattern{&o.Mask, &o.Deny} {
		*list = slices.Clone(*list)
		for i := range *list {
			from(&(*list)[i].Origin)
		}
	}
	origins := map[string]string{}
	o.Grants = maps.Clone(o.Grants)
	scalars := []string{"command", "shell", "network", "hostname", "lockdown", "landlock", "agent_state", "agent_dir", "browser", "home", "caches", "review", "inherit_env", "secrets", "terminal", keyUpdateCheck}
	for _, key := range slices.Concat(scalars, screenKeys(), o.Grants.Keys(), LimitKeys()) {
		origins[key] = o.Origin
	}
	return layer{Overlay: o, origins: origins}
}

// file is what one config file says: a layer, and one more for each [commands.NAME].
type file struct {
	entries  []entry // in the order of the text
	top      layer
	commands map[string]layer
	lost     []Refusal // what another tool's file says and this program cannot do
}

// layers are those of a file that count for a program, the least important first.
func (f file) layers(program string) []layer {
	layers := []layer{f.top}
	if special, ok := f.commands[program]; ok {
		layers = append(layers, special)
	}
	return layers
}

// parseFile reads the text of a config file. All errors are *FileError.
func parseFile(path string, data []byte, at Places) (file, error) {
	entries, err := parseDocument(path, data, configSchema())
	if err != nil {
		return file{}, err
	}
	return makeFile(path, entries, at)
}

// makeFile makes the layers of a file.
func makeFile(path string, entries []entry, at Places) (file, error) {
	f := file{entries: entries, top: newLayer(path), commands: map[string]layer{}}
	for _, e := range entries {
		into := f.top
		if e.command != "" {
			var ok bool
			if into, ok = f.commands[e.command]; !ok {
				into = newLayer(path)
			}
		}
		if line, err := into.set(path, e, at); err != nil {
			return file{}, &FileError{Path: path, Line: line, Key: e.key, Err: err}
		}
		if e.command != "" {
			f.commands[e.command] = into
		} else {
			f.top = into
		}
	}
	return f, nil
}

func newLayer(origin string) layer {
	return layer{Overlay: Overlay{Origin: origin}, origins: map[string]string{}}
}

// set takes one entry into the layer. On an error it gives the line that is to blame.
func (l *layer) set(path string, e entry, at Places) (line int, err error) {
	l.origins[e.key] = origin(path, e.line)
	switch e.key {
	case "command":
		l.Command = make([]string, len(e.texts))
		for i, t := range e.texts {
			l.Command[i] = t.value
		}
		return e.line, checkCommand(l.Command)
	case "map":
		return l.addMaps(path, e, MapRO, at)
	case "rw_map":
		return l.addMaps(path, e, MapRW, at)
	case "overlay_map":
		return l.addMaps(path, e, MapOverlay, at)
	case "env":
		return addEach(path, e, &l.Env, ParseEnv, func(v *EnvVar) *string { return &v.Origin })
	case "allow":
		return addNames(path, e, &l.Allow, ParseRelaxation)
	case keyMacAllow:
		return addNames(path, e, &l.MacAllow, ParseMacGrant)
	case keyAllowHost, keyDenyHost, keyHostPorts, keyPublish, keyNetRelax:
		for _, t := range e.texts {
			if err := l.Egress.Add(e.key, origin(path, t.line), t.value); err != nil {
				return t.line, err
			}
		}
		return e.line, nil
	case "mask":
		return addPatterns(path, e, &l.Mask, at)
	case "deny":
		return addPatterns(path, e, &l.Deny, at)
	case "unprotect":
		return addEach(path, e, &l.Unprotect, ParseRelease, func(r *Release) *string { return &r.Origin })
	}
	if _, ok := integration(e.key); ok {
		value, err := ParseGrant(e.key, e.texts[0].value)
		if err != nil {
			return e.line, err
		}
		if l.Grants == nil {
			l.Grants = Grants{}
		}
		l.Grants[e.key] = value
		return e.line, nil
	}
	return e.line, l.setString(e.key, e.texts[0].value, at)
}

func (l *layer) setString(key, value string, at Places) (err error) {
	switch key {
	case "shell":
		l.Shell, err = parseShell(value, at)
	case "network":
		l.Network, err = ParseNetwork(value)
	case "hostname":
		l.Hostname, err = ParseHostname(value)
	case "lockdown":
		l.Lockdown = parseSwitch(value)
	case "landlock":
		l.Landlock, err = parseNeed(value)
	case "caches":
		l.Caches = parseSwitch(value)
	case "review":
		l.Review = parseSwitch(value)
	case keyUpdateCheck:
		l.UpdateCheck = parseSwitch(value)
	case "agent_state":
		l.AgentState, err = ParseStateMode(value)
	case "agent_dir":
		l.AgentDir, err = ParseAgentDir(value, at)
	case "browser":
		l.Browser, err = ParseBrowser(value)
	case "home":
		l.Home, err = ParseHomeMode(value)
	case "inherit_env":
		l.Inherit, err = ParseInherit(value)
	case "terminal":
		l.Terminal, err = ParseTerminal(value)
	case "secrets":
		l.Secrets, err = ParseSecrets(value)
	case keyStatusBar, keyRedrawKey, keyNotify:
		err = l.Screen.set(key, value)
	default:
		// A key that is in the schema and nowhere here is a mistake in this package; it must not pass as said.
		err = l.Limits.Set(key, value)
	}
	return err
}

// addEach adds what each element of an entry says. On an error it gives the line of that element.
func addEach[T any](path string, e entry, to *[]T, parse func(text string) (T, error), from func(*T) *string) (line int, err error) {
	for _, t := range e.texts {
		one, err := parse(t.value)
		if err != nil {
			return t.line, err
		}
		*from(&one) = origin(path, t.line)
		*to = append(*to, one)
	}
	return e.line, nil
}

func (l *layer) addMaps(path string, e entry, mode MapMode, at Places) (line int, err error) {
	parse := func(text string) (Map, error) { return ParseMap(text, mode, at) }
	return addEach(path, e, &l.Maps, parse, func(m *Map) *string { return &m.Origin })
}

// addNames adds what an entry lists.
func addNames(path string, e entry, to *[]Relaxation, parse func(string) (Relaxation, error)) (line int, err error) {
	return addEach(path, e, to, parse, func(r *Relaxation) *string { return &r.Origin })
}

// origin names a place in a file, or a variable of the environment, which has no lines.
func origin(path string, line int) string {
	if line == 0 {
		return path
	}
	return fmt.Sprintf("%s:%d", path, line)
}
