package config

import "slices"

// merger puts layers on top of each other, the least important first.
type merger struct {
	config Config
	depths []int // of config.Maps: the number of the layer that each comes from
	depth  int   // the number of the layer that is being taken
}

func newMerger() *merger {
	return &merger{config: Config{Origins: map[string]string{}}}
}

// take puts a layer on top: what it says replaces what is below, what it lists is added to what is below.
func (m *merger) take(l layer) {
	m.depth++
	c := &m.config
	if len(l.Command) > 0 {
		c.Command = slices.Clone(l.Command)
		c.Origins["command"] = l.origins["command"]
	}
	if l.Shell != "" {
		c.Shell = l.Shell
		c.Origins["shell"] = l.origins["shell"]
	}
	if l.Network != "" {
		c.Network = l.Network
		c.Origins["network"] = l.origins["network"]
	}
	l.Egress.addTo(&c.Egress)
	if l.Hostname != "" {
		c.Hostname = l.Hostname
		c.Origins["hostname"] = l.origins["hostname"]
	}
	if l.Lockdown != "" {
		c.Lockdown = l.Lockdown
		c.Origins["lockdown"] = l.origins["lockdown"]
	}
	if l.Landlock != "" {
		c.Landlock = l.Landlock
		c.Origins["landlock"] = l.origins["landlock"]
	}
	if l.Inherit != "" {
		c.Inherit = l.Inherit
		c.Origins["inherit_env"] = l.origins["inherit_env"]
	}
	m.limit(l)
	m.hide(l)
	m.screen(l)
	if l.AgentState != "" {
		c.AgentState = l.AgentState
		c.Origins["agent_state"] = l.origins["agent_state"]
	}
	if l.AgentDir != "" {
		c.AgentDir = l.AgentDir
		c.Origins["agent_dir"] = l.origins["agent_dir"]
	}
	for _, key := range l.Grants.Keys() {
		m.grant(key, l)
	}
	if l.Home != "" {
		c.Home = l.Home
		c.Origins["home"] = l.origins["home"]
	}
	if l.Caches != "" {
		c.Caches = l.Caches
		c.Origins["caches"] = l.origins["caches"]
	}
	if l.Terminal != "" {
		c.Terminal = l.Terminal
		c.Origins["terminal"] = l.origins["terminal"]
	}
	if l.Review != "" {
		c.Review = l.Review
		c.Origins["review"] = l.origins["review"]
	}
	if l.UpdateCheck != "" {
		c.UpdateCheck = l.UpdateCheck
		c.Origins[keyUpdateCheck] = l.origins[keyUpdateCheck]
	}
	for _, v := range l.Maps {
		m.addMap(v)
	}
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

// grant takes what a layer says of an integration.
func (m *merger) grant(key string, l layer) {
	if m.config.Grants == nil {
		m.config.Grants = Grants{}
	}
	m.config.Grants[key] = l.Grants[key]
	m.config.Origins[key] = l.origins[key]
}

// limit takes the limits of a layer, which override, and its ceilings, of which the lowest counts.
func (m *merger) limit(l layer) {
	c := &m.config
	c.Limits = l.Limits.over(c.Limits)
	before := c.Ceilings.without(l.Limits)
	c.Ceilings = l.ceilings.under(before)
	for _, key := range LimitKeys() {
		if l.Limits.Has(key) {
			c.Origins[key] = l.origins[key]
		}
		if l.ceilings.lower(key, before) {
			c.Origins[Ceiling(key)] = l.origins[key]
		}
	}
}

// addMap adds a map in the place of those that it overrides: the same map said before, and whatever a lower layer puts
// at its target. Two sources for one target in one layer both stay, as that is a mistake that package mounts names.
func (m *merger) addMap(added Map) {
	maps, depths := m.config.Maps, m.depths
	kept := 0
	for i, old := range maps {
		if old.Target == added.Target && (old.Source == added.Source || depths[i] < m.depth) {
			continue
		}
		maps[kept], depths[kept] = old, depths[i]
		kept++
	}
	m.config.Maps = append(maps[:kept], added)
	m.depths = append(depths[:kept], m.depth)
}

// addEnv adds a variable in the place of the one of that name.
func (m *merger) addEnv(added EnvVar) {
	for i, old := range m.config.Env {
		if old.Name == added.Name {
			m.config.Env[i] = added
			return
		}
	}
	m.config.Env = append(m.config.Env, added)
}
