package plan

import (
	"path"
	"strings"

	"jail/mounts"
)

// devices gives device nodes, and what of /sys a driver's library needs to know them by.
func (b *builder) devices(p part) (found bool) {
	for _, place := range p.places {
		dir, name := path.Split(place)
		dir = path.Clean(dir)
		prefix, all := strings.CutSuffix(name, "*")
		for _, entry := range b.in.Host.Files.List(dir) {
			node := path.Join(dir, entry)
			if entry != name && (!all || !strings.HasPrefix(entry, prefix)) || b.in.Host.Files.Lstat(node).Type != Device || b.taken(node) {
				continue
			}
			b.add(mounts.Mount{Kind: mounts.Device, Source: node, Target: node, Access: mounts.Control, Why: "a graphics card"})
			b.sysfs(path.Join("/sys/class/drm", entry))
			found = true
		}
	}
	return found
}

// sysfs shows the one device that a link of /sys/class stands for: libdrm finds by it which driver a node belongs to.
func (b *builder) sysfs(class string) {
	real, _, at := b.in.Host.resolve(class)
	link := b.in.Host.Files.Lstat(class)
	if link.Type != Link || at.Type != Directory || !mounts.Within(real, "/sys/devices") {
		return
	}
	if device := path.Dir(path.Dir(real)); !b.taken(device) && !b.visible(device) {
		b.add(mounts.Mount{Kind: mounts.Bind, Source: device, Target: device, Why: "a graphics card"})
	}
	number := strings.TrimSpace(string(b.in.Host.Files.Head(path.Join(real, "dev"), 32)))
	for _, name := range []string{class, "/sys/dev/char/" + number} {
		if number != "" && !b.taken(name) {
			b.add(mounts.Mount{Kind: mounts.Symlink, Source: real, Target: name, Why: "a graphics card"})
		}
	}
}
