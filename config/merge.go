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
	override(m, l, "shell", l.Shell, &c.Shell)
	override(m, l, keyNetwork, l.Network, &c.Network)
	override(m, l, "hostname", l.Hostname, &c.Hostname)
	override(m, l, "lockdown", l.Lockdown, &c.Lockdown)
	override(m, l, "landlock", l.Landlock, &c.Landlock)
	override(m, l, "inherit_env", l.Inherit, &c.Inherit)
	override(m, l, "agent_state", l.AgentState, &c.AgentState)
	override(m, l, "agent_dir", l.AgentDir, &c.AgentDir)
	override(m, l, "home", l.Home, &c.Home)
	override(m, l, "caches", l.Caches, &c.Caches)
	override(m, l, "terminal", l.Terminal, &c.Terminal)
	override(m, l, "review", l.Review, &c.Review)
	override(m, l, "secrets", l.Secrets, &c.Secrets)
	override(m, l, keyUpdateCheck, l.UpdateCheck, &c.UpdateCheck)
	for _, key := range l.Grants.Keys() {
		m.grant(key, l)
	}
	m.limit(l)
	m.screen(l)
	l.Egress.addTo(&c.Egress)
	c.Mask = append(c.Mask, l.Mask...)
	c.Deny = append(c.Deny, l.Deny...)
	c.Unprotect = append(c.Unprotect, l.Unprotect...)
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

// override takes the value of a key that a layer says something of.
func override[T ~string](m *merger, l layer, key string, value T, into *T) {
	if value != "" {
		*into = value
		m.config.Origins[key] = l.origins[key]
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
