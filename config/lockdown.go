package config

import "slices"

// lockdown is the layer that a jail in lockdown starts from; origin is who asked for it.
func lockdown(origin string) layer {
	l := plainLayer(Overlay{Origin: originLockdown, Lockdown: On, Network: NetworkNone, AgentState: StateNone, Home: HomeEphemeral, Caches: Off, Inherit: InheritNone, Secrets: SecretsHide, Terminal: TerminalFiltered})
	l.origins["lockdown"] = origin
	return l
}

// locked reports whether a jail is in lockdown, and who decided so: the administrator, who cannot end it, or else the
// command line, or else an untrusted project file that asks for it, which cannot end it either, or else the last of the
// user's layers that says something.
func locked(managed, own []layer, project, flags layer) (origin string, on bool) {
	if origin := boundBy(managed); origin != "" {
		return origin, true
	}
	if flags.Lockdown == "" && project.Lockdown == On {
		return project.origins["lockdown"], true
	}
	for _, l := range append(slices.Clone(own), flags) {
		if l.Lockdown != "" {
			origin, on = l.origins["lockdown"], l.Lockdown == On
		}
	}
	return origin, on
}

// tightening cuts layers to what does not widen a jail in lockdown, and names what it cuts.
func tightening(layers []layer, why string) (kept []layer, refused []Refusal) {
	for _, l := range layers {
		refuse := func(origin, key, value string) {
			refused = append(refused, Refusal{Origin: origin, Key: key, Value: value, Why: why})
		}
		if l.Network.wider(NetworkNone) {
			refuse(l.origins["network"], "network", string(l.Network))
			l.Network = ""
		}
		if l.Landlock == Optional {
			refuse(l.origins["landlock"], "landlock", string(l.Landlock))
			l.Landlock = ""
		}
		if l.AgentState.wider(StateNone) {
			refuse(l.origins["agent_state"], "agent_state", string(l.AgentState))
			l.AgentState = ""
		}
		if l.AgentDir != "" {
			refuse(l.origins["agent_dir"], "agent_dir", l.AgentDir)
			l.AgentDir = ""
		}
		for _, key := range l.Grants.Keys() {
			if l.Grants.On(key) {
				refuse(l.origins[key], key, grantText(l.Grants[key]))
			}
		}
		l.Grants = nil
		if l.Caches == On {
			refuse(l.origins["caches"], "caches", "true")
			l.Caches = ""
		}
		if l.Review == On { // the project is read-only
			refuse(l.origins["review"], "review", "true")
			l.Review = ""
		}
		if l.Home == HomeJail {
			refuse(l.origins["home"], "home", string(l.Home))
			l.Home = ""
		}
		if looser(l.Inherit, InheritNone) {
			refuse(l.origins["inherit_env"], "inherit_env", string(l.Inherit))
			l.Inherit = ""
		}
		if l.Terminal != "" && l.Terminal != TerminalFiltered {
			refuse(l.origins["terminal"], "terminal", string(l.Terminal))
			l.Terminal = ""
		}
		l = l.showing(refuse)
		for _, m := range l.Maps {
			refuse(m.Origin, mapKey(m.Mode), m.Source)
		}
		for _, key := range []string{keyAllowHost, keyHostPorts, keyPublish, keyNetRelax} {
			for _, rule := range *l.Egress.List(key) {
				refuse(rule.Origin, key, rule.Text)
			}
		}
		l.Egress = Egress{Deny: l.Egress.Deny}
		for _, v := range l.Env {
			refuse(v.Origin, "env", v.Name)
		}
		for _, r := range l.Allow {
			refuse(r.Origin, "allow", r.Name)
		}
		for _, r := range l.MacAllow {
			refuse(r.Origin, keyMacAllow, r.Name)
		}
		l.Maps, l.Env, l.Allow, l.MacAllow, l.Lockdown = nil, nil, nil, nil, ""
		l.ceilings, l.Limits = l.Limits, Limits{}
		kept = append(kept, l)
	}
	return kept, refused
}

// mapKey is the key that makes maps of a mode.
func mapKey(mode MapMode) string {
	switch mode {
	case MapRW:
		return "rw_map"
	case MapOverlay:
		return "overlay_map"
	}
	return "map"
}
