package plan

import (
	"path"
	"strconv"
	"strings"

	"jail/config"
	"jail/jail"
	"jail/mounts"
)

// homeDir gives a home directory at its real path, and the links that lead to it on this host. It lies in memory and
// vanishes, unless something of it has to be kept: all of it, or an agent's files.
func (b *builder) homeDir() {
	_, links, _ := b.in.Host.resolve(b.in.Host.Home)
	m := mounts.Mount{Kind: mounts.Tmpfs, Target: b.home, Size: b.ram(3), Mode: 0o700, Why: "an empty home; vanishes with the jail"}
	switch {
	case b.homeMode() == config.HomeJail:
		b.kept.Home.Dir = path.Join(b.in.Layers, "home")
		m = mounts.Mount{Kind: mounts.Store, Source: b.kept.Home.Dir, Target: b.home, Why: "a home of the jail's own; its next run has it again"}
	case b.hasFiles():
		b.kept.Home = jail.KeptHome{Dir: path.Join(b.in.Layers, strconv.Itoa(b.in.Slot), "home"), Vanishes: true}
		m = mounts.Mount{Kind: mounts.Store, Source: b.kept.Home.Dir, Target: b.home, Why: "an empty home; all but the agent's files vanishes with the jail"}
	}
	b.add(m)
	b.links(links, "leads to your home")
}

// homeMode is what was asked for, and otherwise what fits: a named jail keeps its home.
func (b *builder) homeMode() config.HomeMode {
	switch {
	case b.in.Config.Home != "":
		return b.in.Config.Home
	case b.in.Project.Name != "":
		return config.HomeJail
	}
	return config.HomeEphemeral
}

// places lists what has to stand in a home that was used before, or must not, for the mounts below it to be made: an
// earlier run may have put anything there.
func (b *builder) places() []jail.Place {
	var list []jail.Place
	for _, m := range b.mounts {
		rel, below := strings.CutPrefix(m.Target, b.home+"/")
		above, ok := b.covering(path.Dir(m.Target))
		if !below || !ok || above.Target != b.home {
			continue
		}
		place := jail.Place{Path: rel, Kind: jail.PlaceFolder}
		switch at := b.in.Host.Files.Lstat(m.Source); {
		case m.Kind == mounts.File, m.Kind == mounts.Symlink:
			place.Kind = jail.PlaceFree
		case m.Kind == mounts.Bind && at.Type != Directory:
			place.Kind = jail.PlaceFile
		}
		list = append(list, place)
	}
	return list
}
