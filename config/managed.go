package config

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"slices"
	"syscall"
)

// loadManaged reads the administrator's file. Whoever else can write it could speak for the administrator.
func loadManaged(path string, at Places) (file, error) {
	f, err := load(path, linkFollow, at)
	if err != nil || f.entries == nil {
		return f, err
	}
	info, err := os.Stat(path)
	if err != nil {
		return file{}, &FileError{Path: path, Err: err}
	}
	if err := checkOwner(info); err != nil {
		return file{}, &FileError{Path: path, Err: err}
	}
	for _, e := range f.entries {
		if e.key == "command" {
			return file{}, &FileError{Path: path, Line: e.line, Key: e.key, Err: errors.New("an administrator's file cannot choose what people run; take it out")}
		}
	}
	return f, nil
}

func checkOwner(info fs.FileInfo) error {
	if stat, ok := info.Sys().(*syscall.Stat_t); ok && stat.Uid != 0 && int(stat.Uid) != os.Geteuid() {
		return fmt.Errorf("it belongs to user %d; let root own it: chown root", stat.Uid)
	}
	if info.Mode().Perm()&0o022 != 0 {
		return errors.New("others may write it; take that away: chmod go-w")
	}
	return nil
}

// bind puts an administrator's layer on top of everything. What it says wins, unless what is there already is tighter.
func (m *merger) bind(l layer) {
	c := &m.config
	bindKey(m, l, keyNetwork, l.Network, &c.Network, !l.Network.wider(c.Network))
	bindKey(m, l, "landlock", l.Landlock, &c.Landlock, l.Landlock == Required)
	bindKey(m, l, "agent_state", l.AgentState, &c.AgentState, !l.AgentState.wider(c.AgentState))
	bindKey(m, l, "agent_dir", l.AgentDir, &c.AgentDir, true)
	for _, key := range l.Grants.Keys() {
		if m.wins(key, grantText(l.Grants[key]), grantText(c.Grants[key]), !grantsMore(l.Grants[key], c.Grants[key]), l) {
			m.grant(key, l)
		}
	}
	bindKey(m, l, "home", l.Home, &c.Home, l.Home == HomeEphemeral)
	bindKey(m, l, "caches", l.Caches, &c.Caches, l.Caches == Off)
	bindKey(m, l, "terminal", l.Terminal, &c.Terminal, l.Terminal == TerminalFiltered)
	for _, key := range screenKeys() {
		if text := l.Screen.Text(key); text != "" && m.wins(key, text, c.Screen.Text(key), false, l) {
			_ = c.Screen.set(key, text) // it was said before
		}
	}
	bindKey(m, l, "review", l.Review, &c.Review, l.Review == On)
	bindKey(m, l, keyUpdateCheck, l.UpdateCheck, &c.UpdateCheck, l.UpdateCheck == Off)
	bindKey(m, l, "inherit_env", l.Inherit, &c.Inherit, !looser(l.Inherit, c.Inherit))
	bindKey(m, l, "hostname", l.Hostname, &c.Hostname, true)
	bindKey(m, l, "shell", l.Shell, &c.Shell, true)
	// A limit of the administrator is one that nobody lifts, and not one that everybody gets.
	l.ceilings, l.Limits = l.Limits, Limits{}
	m.limit(l)
	for _, key := range LimitKeys() {
		if l.ceilings.Has(key) {
			c.Bound = append(c.Bound, key)
		}
	}
	bindKey(m, l, "secrets", l.Secrets, &c.Secrets, l.Secrets == SecretsHide)
	c.Mask = append(c.Mask, firm(l.Mask)...)
	c.Deny = append(c.Deny, firm(l.Deny)...)
	c.Unprotect = append(c.Unprotect, l.Unprotect...)
	m.depth++
	for _, added := range l.Maps {
		tighter := func(old Map) bool {
			return old.Target == added.Target && old.Source == added.Source && old.Mode == MapRO && added.Mode != MapRO
		}
		if !slices.ContainsFunc(c.Maps, tighter) {
			m.addMap(added)
		}
	}
	l.Egress.addTo(&c.Egress)
	for _, v := range l.Env {
		m.addEnv(v)
	}
	for _, v := range l.Allow {
		addRelaxation(&c.Allow, v)
	}
	for _, v := range l.MacAllow {
		addRelaxation(&c.MacAllow, v)
	}
}

// bindKey takes the administrator's value of a key, if there is one and it wins.
func bindKey[T ~string](m *merger, l layer, key string, value T, into *T, tightens bool) {
	if value != "" && m.wins(key, string(value), string(*into), tightens, l) {
		*into = value
	}
}

// wins reports whether the administrator's value is to be taken, and notes whom it overrules.
func (m *merger) wins(key, value, have string, tightens bool, l layer) bool {
	c := &m.config
	said := c.Origins[key] != "" && c.Origins[key] != originDefault
	if said && !tightens {
		return false
	}
	if said && have != value {
		c.Refused = append(c.Refused, Refusal{Origin: c.Origins[key], Key: key, Value: have, Why: "decided by " + printable(l.origins[key])})
	}
	c.Origins[key] = l.origins[key]
	if tightens {
		c.Bound = append(c.Bound, key)
	}
	return true
}

// looser reports whether one mode lets more in than another.
func looser(a, b Inherit) bool {
	return slices.Index(inherits, string(a)) > slices.Index(inherits, string(b))
}
