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
	if l.Network != "" && m.wins("network", string(l.Network), string(c.Network), !l.Network.wider(c.Network), l) {
		c.Network = l.Network
	}
	if l.Landlock != "" && m.wins("landlock", string(l.Landlock), string(c.Landlock), l.Landlock == Required, l) {
		c.Landlock = l.Landlock
	}
	if l.AgentState != "" && m.wins("agent_state", string(l.AgentState), string(c.AgentState), !l.AgentState.wider(c.AgentState), l) {
		c.AgentState = l.AgentState
	}
	if l.AgentDir != "" && m.wins("agent_dir", l.AgentDir, c.AgentDir, true, l) {
		c.AgentDir = l.AgentDir
	}
	for _, key := range l.Grants.Keys() {
		if m.wins(key, grantText(l.Grants[key]), grantText(c.Grants[key]), !grantsMore(l.Grants[key], c.Grants[key]), l) {
			m.grant(key, l)
		}
	}
	if l.Home != "" && m.wins("home", string(l.Home), string(c.Home), l.Home == HomeEphemeral, l) {
		c.Home = l.Home
	}
	if l.Caches != "" && m.wins("caches", string(l.Caches), string(c.Caches), l.Caches == Off, l) {
		c.Caches = l.Caches
	}
	if l.Terminal != "" && m.wins("terminal", string(l.Terminal), string(c.Terminal), l.Terminal == TerminalFiltered, l) {
		c.Terminal = l.Terminal
	}
	for _, key := range screenKeys() {
		if text := l.Screen.Text(key); text != "" && m.wins(key, text, c.Screen.Text(key), false, l) {
			_ = c.Screen.set(key, text) // it was said before
		}
	}
	if l.Review != "" && m.wins("review", string(l.Review), string(c.Review), l.Review == On, l) {
		c.Review = l.Review
	}
	if l.UpdateCheck != "" && m.wins(keyUpdateCheck, string(l.UpdateCheck), string(c.UpdateCheck), l.UpdateCheck == Off, l) {
		c.UpdateCheck = l.UpdateCheck
	}
	if l.Inherit != "" && m.wins("inherit_env", string(l.Inherit), string(c.Inherit), !looser(l.Inherit, c.Inherit), l) {
		c.Inherit = l.Inherit
	}
	if l.Hostname != "" && m.wins("hostname", l.Hostname, c.Hostname, true, l) {
		c.Hostname = l.Hostname
	}
	if l.Shell != "" && m.wins("shell", l.Shell, c.Shell, true, l) {
		c.Shell = l.Shell
	}
	// A limit of the administrator is one that nobody lifts, and not one that everybody gets.
	l.ceilings, l.Limits = l.Limits, Limits{}
	m.limit(l)
	for _, key := range LimitKeys() {
		if l.ceilings.Has(key) {
			c.Bound = append(c.Bound, key)
		}
	}
	m.bindHidden(l)
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
