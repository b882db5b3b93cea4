package plan

import (
	"path"
	"strings"

	"jail/mounts"
)

// settings gives an agent the settings that it has in jails alone, where it looks for what a machine's administrator decides. So
// they hold for no agent outside, and the agent's own stay as they are. An administrator who has a folder there decides in jails too.
func (b *builder) settings() {
	agent := b.agent()
	for _, target := range agent.Settings {
		folder := strings.Join(strings.Split(target, "/")[:3], "/") // /etc/NAME
		own, _, ours := b.in.Host.resolve(path.Join(b.in.Host.Settings, agent.Name, path.Base(target)))
		given := b.in.Host.Settings != "" && ours.Type == Regular
		if admin, _, at := b.in.Host.resolve(folder); at.Type == Directory {
			if !b.taken(folder) {
				b.add(mounts.Mount{Kind: mounts.Bind, Source: admin, Target: folder, Why: "your administrator's settings of the agent"})
			}
			if given {
				b.note("%s is not used: your administrator decides in %s", own, folder)
			}
			continue
		}
		if given {
			b.add(mounts.Mount{Kind: mounts.Bind, Source: own, Target: target, Why: "the agent's settings in jails alone"})
		}
	}
}
