package plan

import (
	"path"
	"slices"
	"strings"

	"jail/config"
	"jail/mounts"
)

// hide covers what the scan found, wherever the jail would see it. What is covered holds whatever is done to it inside: a
// file under a mount cannot be opened, renamed, removed or linked, and goes on being covered when its folder is moved.
func (b *builder) hide() error {
	if b.in.Scanned.Missed != "" {
		b.lose("secrets", "%s: names that tell of secrets were not looked for in all of them; hide what matters by name (--mask)", b.in.Scanned.Missed)
	}
	regular := func(h Hit) bool { return b.in.Host.Files.Lstat(h.Path).Type == Regular }
	switch found := slices.ContainsFunc(b.in.Scanned.Hits, regular); {
	case found && b.in.Host.System == MacOS: // rules go by paths
		b.gap("hidden-files", "a file with a name that is hidden is shown if it appears during the run")
	case found:
		b.gap("hidden-files", "a hidden file is shown once a program of yours puts another in its place, as editors do that save by renaming, and so is one with such a name that appears during the run; the end of the run tells of the former")
	}
	for _, hit := range b.in.Scanned.Hits {
		if hit.Path == b.in.Project.Dir || mounts.Within(b.in.Project.Dir, hit.Path) {
			return &ProjectError{b.in.Project.Dir, "a pattern hides it as a whole (" + hit.Why + ")", "change the pattern"}
		}
		if asked, ok := b.askedFor(hit.Path); ok {
			if hit.Why == whySecret {
				continue // the user has named this very file
			}
			return &MapError{asked, "it is hidden as well (" + hit.Why + ")", "leave out one of the two"}
		}
		for _, target := range b.seenAt(hit.Path) {
			b.cover(target, hit)
		}
	}
	return nil
}

// askedFor returns the map whose source is hidden, or lies in what is.
func (b *builder) askedFor(hidden string) (config.Map, bool) {
	for _, m := range b.in.Config.Maps {
		if source, _, _ := b.in.Host.resolve(m.Source); m.Within == "" && mounts.Within(source, hidden) {
			return m, true
		}
	}
	return config.Map{}, false
}

// seenAt lists where a file of the host can be seen in the jail.
func (b *builder) seenAt(file string) []string {
	var targets []string
	for _, m := range b.mounts {
		if m.Kind != mounts.Bind && m.Kind != mounts.Overlay || !mounts.Within(file, m.Source) {
			continue
		}
		target := path.Join(m.Target, strings.TrimPrefix(file, m.Source))
		if at, ok := b.covering(target); ok && at.Target == m.Target {
			targets = append(targets, target)
		}
	}
	return targets
}

// cover puts what hides a target in the place of what stands there, and below.
func (b *builder) cover(target string, hit Hit) {
	m := mounts.Mount{Kind: mounts.Blank, Target: target, Why: hit.Why}
	if at, ok := b.covering(target); ok && at.Kind == mounts.Bind { // an overlay has numbers of its own
		m.Inode = hit.ID.Inode
	}
	if hit.Hiding == HideDeny {
		m.Kind = mounts.Deny
	}
	before := len(b.mounts)
	b.mounts = slices.DeleteFunc(b.mounts, func(old mounts.Mount) bool { return mounts.Within(old.Target, target) })
	if len(b.mounts) < before {
		clear(b.at)
		for i, old := range b.mounts {
			if _, first := b.at[old.Target]; !first || old.Kind != mounts.Seal {
				b.at[old.Target] = i
			}
		}
	}
	b.add(m)
}
