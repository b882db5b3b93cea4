package config

import (
	"fmt"
	"path/filepath"
	"strconv"
	"strings"
)

// entries are what a layer says, as a file would. A value of a variable is left out: files are shared. Paths in the folder
// dir are written relative to it, and those in the home directory with ~.
func (o Overlay) entries(at Places) []entry {
	var all []entry
	add := func(key string, values ...string) {
		if len(values) == 0 || len(values) == 1 && values[0] == "" {
			return
		}
		e := entry{key: key}
		for _, value := range values {
			e.texts = append(e.texts, text{value: value})
		}
		all = append(all, e)
	}
	add("command", o.Command...)
	add("shell", o.Shell)
	add("network", string(o.Network))
	for _, key := range NetworkKeys() {
		var words []string
		for _, rule := range *o.Egress.List(key) {
			words = append(words, rule.Text)
		}
		add(key, words...)
	}
	add("hostname", o.Hostname)
	if o.Lockdown != "" {
		add("lockdown", strconv.FormatBool(o.Lockdown == On))
	}
	add("landlock", string(o.Landlock))
	add("agent_state", string(o.AgentState))
	if o.AgentDir != "" {
		add("agent_dir", at.short(o.AgentDir))
	}
	add("browser", string(o.Browser))
	add("home", string(o.Home))
	if o.Caches != "" {
		add("caches", strconv.FormatBool(o.Caches == On))
	}
	for _, key := range o.Grants.Keys() {
		add(key, grantText(o.Grants[key]))
	}
	if o.Review != "" {
		add("review", strconv.FormatBool(o.Review == On))
	}
	if o.UpdateCheck != "" {
		add(keyUpdateCheck, strconv.FormatBool(o.UpdateCheck == On))
	}
	for _, mode := range []MapMode{MapRO, MapRW, MapOverlay} {
		var maps []string
		for _, m := range o.Maps {
			if m.Mode == mode {
				maps = append(maps, m.text(at))
			}
		}
		add(mapKey(mode), maps...)
	}
	var names, allow, macAllow []string
	for _, v := range o.Env {
		names = append(names, v.Name)
	}
	for _, r := range o.Allow {
		allow = append(allow, r.Name)
	}
	for _, r := range o.MacAllow {
		macAllow = append(macAllow, r.Name)
	}
	add("env", names...)
	add("inherit_env", string(o.Inherit))
	add("allow", allow...)
	add(keyMacAllow, macAllow...)
	for _, list := range []struct {
		key string
		all []Pattern
	}{{"mask", o.Mask}, {"deny", o.Deny}} {
		var globs []string
		for _, p := range list.all {
			globs = append(globs, p.write(at))
		}
		add(list.key, globs...)
	}
	add("secrets", string(o.Secrets))
	add("terminal", string(o.Terminal))
	var released []string
	for _, r := range o.Unprotect {
		released = append(released, r.Glob)
	}
	add("unprotect", released...)
	for _, key := range LimitKeys() {
		if o.Limits.Has(key) {
			add(key, o.Limits.Text(key))
		}
	}
	return all
}

// text is a map as ParseMap reads it.
func (m Map) text(at Places) string {
	text := at.write(m.Source)
	if m.Target != m.Source {
		text += ":" + at.write(m.Target)
	}
	if m.Optional {
		text += "?"
	}
	return text
}

// write shortens an absolute path and takes the meaning from what ParseMap has a meaning for.
func (at Places) write(path string) string {
	return strings.NewReplacer(`\`, `\\`, ":", `\:`, "?", `\?`).Replace(at.short(path))
}

// short shortens an absolute path.
func (at Places) short(path string) string {
	switch {
	case at.Dir != "" && inside(at.Dir, path):
		path = "." + strings.TrimPrefix(path, strings.TrimSuffix(at.Dir, "/"))
	case at.Home != "" && (path == at.Home || inside(at.Home, path)):
		path = "~" + strings.TrimPrefix(path, strings.TrimSuffix(at.Home, "/"))
	}
	return filepath.ToSlash(path)
}

// Text is a limit as Set reads it.
func (l Limits) Text(key string) string {
	switch key {
	case keyMemory:
		for _, unit := range []struct {
			shift int
			name  string
		}{{40, "t"}, {30, "g"}, {20, "m"}, {10, "k"}} {
			if l.Memory%(1<<unit.shift) == 0 {
				return strconv.FormatInt(l.Memory>>unit.shift, 10) + unit.name
			}
		}
		return strconv.FormatInt(l.Memory, 10)
	case keyCPUs:
		return strconv.FormatFloat(float64(l.CPUs)/1000, 'f', -1, 64)
	case keyProcesses:
		return strconv.Itoa(l.Processes)
	}
	return l.Timeout.String()
}

// render writes the value of an entry in TOML.
func (e entry) render() string {
	f, _ := lookUp(topFields(), e.key)
	switch {
	case f.shape == shapeBool || f.shape == shapeNumber || f.shape == shapeGrant && (e.texts[0].value == "true" || e.texts[0].value == "false"):
		return e.texts[0].value
	case f.shape == shapeString || f.shape == shapeGrant || f.shape == shapeNested:
		return quoteTOML(e.texts[0].value)
	}
	quoted := make([]string, len(e.texts))
	for i, t := range e.texts {
		quoted[i] = quoteTOML(t.value)
	}
	return "[" + strings.Join(quoted, ", ") + "]"
}

// quoteTOML writes a basic string (TOML 1.0, section String).
func quoteTOML(text string) string {
	var b strings.Builder
	b.WriteByte('"')
	for _, r := range text {
		switch {
		case r == '"' || r == '\\':
			b.WriteByte('\\')
			b.WriteRune(r)
		case r < 0x20 || r == 0x7f || !strconv.IsPrint(r) && r != ' ':
			if r > 0xffff {
				fmt.Fprintf(&b, `\U%08x`, r)
			} else {
				fmt.Fprintf(&b, `\u%04x`, r)
			}
		default:
			b.WriteRune(r)
		}
	}
	b.WriteByte('"')
	return b.String()
}

// write is a pattern as ParsePattern reads it in a file of the project.
func (p Pattern) write(at Places) string {
	base := p.Base
	switch {
	case base == "" || base == at.Dir:
		base = ""
	case at.Dir != "" && inside(at.Dir, base):
		base = literal(strings.TrimPrefix(base, at.Dir+"/")) + "/"
	default:
		base = strings.TrimSuffix(literal(base), "/") + "/"
	}
	glob := base + p.Glob
	if base == "" && strings.HasPrefix(glob, "!") {
		glob = `\` + glob
	}
	if p.Except {
		glob = "!" + glob
	}
	if p.Optional {
		glob += "?"
	}
	return glob
}

// literal takes the meaning from what a glob has a meaning for.
func literal(path string) string {
	return strings.NewReplacer(`\`, `\\`, "*", `\*`, "?", `\?`, "[", `\[`).Replace(path)
}
