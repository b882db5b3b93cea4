package plan

import (
	"errors"
	"fmt"
	"path"
	"slices"

	"jail/config"
	"jail/jail"
	"jail/mounts"
)

// MapError says why a map cannot be given.
type MapError struct {
	Map config.Map
	Why string
	Fix string
}

func (e *MapError) Error() string {
	return fmt.Sprintf("map %q (from %s): %s", e.Map.Source, e.Map.Origin, e.Why)
}

// Hint says what to do about it.
func (e *MapError) Hint() string { return e.Fix }

// NoSourceError says that nothing is where a map leads: the path is wrong, and nothing was refused.
type NoSourceError struct{ MapError }

func noSource(m config.Map) error {
	return &NoSourceError{MapError{m, "there is nothing at this path", "check the path, or append ? if it may be missing"}}
}

// maps gives what the user asked for beyond the project. Sources are resolved here, and a part of one that has become a
// symlink by the time it is mounted is refused there.
func (b *builder) maps() error {
	var targets []string
	for _, m := range b.in.Config.Maps {
		if m.Within != "" {
			if err := b.tighten(m); err != nil {
				return err
			}
			targets = append(targets, m.Target)
			continue
		}
		source, _, at := b.in.Host.resolve(m.Source)
		if at.Type == Missing && m.Optional {
			continue
		}
		target, err := b.checkMap(m, source, at)
		if err != nil {
			return err
		}
		if b.in.Host.System == MacOS && target != source {
			return &MapError{m, "macOS shows nothing at another path than its own", "leave :TARGET out"}
		}
		mount := mounts.Mount{Kind: mounts.Bind, Source: source, Target: target, Why: "asked for by " + m.Origin}
		switch m.Mode {
		case config.MapRW:
			mount.Access = mounts.ReadWrite
			if at.Type == Regular {
				b.note("%q is mapped as a single file (%s): it can be written to, but not replaced, which is how most editors save (EBUSY); map its folder", m.Source, m.Origin)
			}
		case config.MapOverlay:
			mount.Kind, mount.Layer = mounts.Overlay, b.layer(source, target, jail.KeptMap)
		}
		if at.Type == Socket {
			mount.Access = mounts.Connect
		}
		targets = append(targets, target)
		i, taken := b.at[target]
		if !taken {
			b.add(mount)
			continue
		}
		if have := b.mounts[i]; have.Kind != mounts.Bind && have.Kind != mounts.Overlay {
			return &MapError{m, fmt.Sprintf("its place is taken by %q", have), "choose another place: SOURCE:TARGET"}
		}
		b.mounts[i] = mount
	}
	for _, target := range targets {
		b.pin(target)
	}
	return nil
}

// tighten makes a part of the project read-only because the project's own file asks for it. That file is not trusted: what
// stands there is sealed in place, and no source is looked up, which could be a symlink out of the project.
func (b *builder) tighten(m config.Map) error {
	real, _, at := b.in.Host.resolve(m.Target)
	switch {
	case at.Type == Missing && m.Optional:
		return nil
	case at.Type == Missing:
		return noSource(m)
	case real != m.Target:
		return &MapError{m, "a symlink is on the way", "name the folder itself"}
	}
	if _, taken := b.at[m.Target]; !taken {
		b.add(mounts.Mount{Kind: mounts.Seal, Target: m.Target, Why: "asked for by " + m.Origin})
	}
	return nil
}

// sessions reports whether the sockets of running jails could be seen in a folder.
func (b *builder) sessions(dir string) bool {
	if b.in.Host.Sessions == "" {
		return false
	}
	real, _, _ := b.in.Host.resolve(b.in.Host.Sessions)
	return mounts.Within(dir, real) || mounts.Within(real, dir)
}

// checkMap refuses a map that cannot be meant, and returns where it goes.
func (b *builder) checkMap(m config.Map, source string, at File) (target string, err error) {
	if at.Type == Missing || at.Type == Link {
		return "", noSource(m)
	}
	if err := b.checkShared(source); err != nil {
		var refused *ProjectError
		if errors.As(err, &refused) { // what it says to do is for who stands in that folder
			err = &MapError{m, "its source cannot be given to a jail: " + refused.Why, "name what is needed of it, and no more"}
		}
		return "", err
	}
	if why := b.plantedLink(m.Source, source); why != "" {
		return "", &MapError{m, "it " + why, "name the folder itself"}
	}
	if m.Mode == config.MapOverlay && b.in.Host.NoLayers != "" {
		return "", &MapError{m, "an overlay cannot be had: " + b.in.Host.NoLayers, "put jail's state folder elsewhere with XDG_STATE_HOME, or map the folder read-only"}
	}
	if m.Mode == config.MapOverlay && at.Type != Directory {
		return "", &MapError{m, "an overlay map takes a folder", "name the folder that the file lies in"}
	}
	if m.Mode == config.MapOverlay {
		if err := b.checkWritable(source); err != nil {
			return "", err
		}
	}
	if err := b.checkReviewed(m, source); err != nil {
		return "", err
	}
	if m.Mode == config.MapRW {
		for _, err := range []error{b.checkWritable(source), b.checkGit(source, m.Target != m.Source)} {
			if err != nil {
				return "", err
			}
		}
	}
	if b.in.Layers != "" && (mounts.Within(source, b.in.Layers) || mounts.Within(b.in.Layers, source)) {
		return "", &MapError{m, "what jails write to overlays is kept there, and no jail may see it", "name another folder"}
	}
	if b.sessions(source) {
		return "", &MapError{m, "the sockets of running jails are there, and no jail may see them", "name another folder"}
	}
	// Where nothing else was asked for, a map stands at its real path and the links to it are reproduced.
	target = m.Target
	if m.Target == m.Source {
		_, links, _ := b.in.Host.resolve(m.Source)
		b.links(links, "leads to a map")
		target = source
	}
	for _, root := range append(slices.Clone(kernelRoots), "/etc", "/usr", "/bin", "/sbin", "/lib", "/lib64") {
		if target == root || slices.Contains(kernelRoots, root) && mounts.Within(target, root) {
			return "", &MapError{m, fmt.Sprintf("%q belongs to the jail itself", target), "choose another place: SOURCE:TARGET"}
		}
	}
	// A mount point can be made in what is the jail's own, never in a folder of the host.
	if holder := b.holder(target); holder != "" && b.in.Host.Files.Lstat(target).Type == Missing {
		return "", &MapError{m, fmt.Sprintf("%q does not exist in %q, and jail makes nothing there", target, holder), "make it first: mkdir " + path.Clean(target)}
	}
	return target, nil
}

// plantedLink tells of a symlink in what jails may write to through which a path leaves it, and is "" where there is none. Such a
// link may say anything.
func (b *builder) plantedLink(asked, real string) (why string) {
	_, links, _ := b.in.Host.resolve(asked)
	for _, link := range links {
		if b.jailsMayWrite(link) && !b.jailsMayWrite(real) {
			return fmt.Sprintf("leads over %q, a link that an earlier jail may have made, to %q", link, real)
		}
	}
	return ""
}

// pin makes every folder of the host between the project and what is mounted in it a mount point: one that is not could be
// renamed, and another put in its place. Where nothing can be written to, nothing can be renamed.
func (b *builder) pin(target string) {
	for dir := path.Dir(target); dir != b.in.Project.Dir && mounts.Within(dir, b.in.Project.Dir); dir = path.Dir(dir) {
		if shown, _ := b.covering(dir); shown.Access == mounts.ReadWrite && shown.Target != dir {
			b.add(mounts.Mount{Kind: mounts.Bind, Source: dir, Target: dir, Access: mounts.ReadWrite, Why: "cannot be renamed"})
		}
	}
}

// holder returns the folder of the host that shows at the place of path's parent, and "" where the jail's own root does.
func (b *builder) holder(p string) string {
	if m, ok := b.covering(path.Dir(p)); ok && (m.Kind == mounts.Bind || m.Kind == mounts.Overlay) {
		return m.Target
	}
	return ""
}
