package jail

import (
	"path"
	"slices"

	"jail/mounts"
	"jail/sbpl"
)

// fileRules are what the mounts say, rule by rule in their order: one that lies in another follows it, and so decides.
type fileRules struct {
	rules    sbpl.Profile
	targets  []string // of all mounts
	writable []string // of those that can be written to
	pinned   []string // what must not be renamed or removed
}

// newFileRules makes the rules of a Spec's mounts. Errors: *UnfitError.
func newFileRules(s Spec) (*fileRules, error) {
	f := &fileRules{}
	for _, m := range s.Mounts {
		if m.Source != "" && m.Source != m.Target && m.Kind != mounts.Symlink {
			return nil, &UnfitError{m.String(), "nothing can be shown at another path than its own"}
		}
		f.targets = append(f.targets, m.Target)
		if err := f.mount(s, m); err != nil {
			return nil, err
		}
	}
	return f, nil
}

func (f *fileRules) mount(s Spec, m mounts.Mount) error {
	switch m.Kind {
	case mounts.Bind:
		f.bind(m, slices.Contains(s.Seatbelt.Replaced, m.Target))
	case mounts.Tmpfs:
		f.write(m)
	case mounts.Seal:
		f.protect(m.Target, m.Why, sbpl.FileWrite)
	case mounts.Mask, mounts.Blank, mounts.Deny:
		f.protect(m.Target, m.Why, sbpl.FileRead, sbpl.FileWrite)
	case mounts.Device:
		ops := []sbpl.Operation{sbpl.FileRead, sbpl.FileWriteData}
		if m.Access == mounts.Control {
			ops = append(ops, sbpl.FileIoctl)
		}
		f.add(sbpl.Allow, m.Why, sbpl.Subpath, m.Target, ops...) // /dev/fd is a folder
	case mounts.Symlink:
		if !scratch(s.Mounts, m.Target) {
			f.add(sbpl.Allow, m.Why, sbpl.Literal, m.Target, sbpl.FileRead)
		}
	case mounts.Dir, mounts.File:
		if !scratch(s.Mounts, m.Target) {
			return &UnfitError{m.String(), "nothing can be made where the host has its own"}
		}
	default:
		return &UnfitError{m.String(), "macOS has no such file system"}
	}
	return nil
}

func (f *fileRules) bind(m mounts.Mount, replaced bool) {
	switch {
	case m.Access == mounts.ReadWrite && replaced: // what is renamed onto it takes its place
		f.add(sbpl.Allow, m.Why, sbpl.Literal, m.Target, sbpl.FileRead, sbpl.FileWrite)
	case m.Access == mounts.ReadWrite:
		f.write(m)
	case m.Access == mounts.Connect:
		f.add(sbpl.Allow, m.Why, sbpl.Literal, m.Target, sbpl.FileRead, sbpl.NetworkOutbound)
	default:
		f.add(sbpl.Allow, m.Why, sbpl.Subpath, m.Target, sbpl.FileRead, sbpl.ProcessExec)
		if f.holder(m.Target) != "" {
			f.protect(m.Target, m.Why, sbpl.FileWrite)
		}
	}
}

// write allows everything with a folder or a file but to take it away: another could be put in its place then, and what is
// protected in it be moved to where no rule holds. Sockets in it are the jail's own.
func (f *fileRules) write(m mounts.Mount) {
	f.add(sbpl.Allow, m.Why, sbpl.Subpath, m.Target, sbpl.FileRead, sbpl.ProcessExec, sbpl.FileWrite, sbpl.NetworkBind, sbpl.NetworkInbound, sbpl.NetworkOutbound)
	f.writable = append(f.writable, m.Target)
	f.pinned = append(f.pinned, m.Target)
}

// protect denies operations, and keeps every folder on the way from being renamed: rules go by paths.
func (f *fileRules) protect(p, why string, ops ...sbpl.Operation) {
	if slices.Contains(ops, sbpl.FileRead) {
		ops = append(ops, sbpl.ProcessExec, sbpl.NetworkOutbound)
	}
	f.add(sbpl.Deny, why, sbpl.Subpath, p, ops...)
	for holder := f.holder(p); holder != "" && p != holder; p = path.Dir(p) {
		f.pinned = append(f.pinned, p)
	}
}

// holder is the outermost folder around a path that can be written to.
func (f *fileRules) holder(p string) string {
	for _, w := range f.writable {
		if mounts.Within(p, w) {
			return w
		}
	}
	return ""
}

// add makes a rule, or widens the last one where that does the same.
func (f *fileRules) add(action sbpl.Action, why string, kind sbpl.Kind, p string, ops ...sbpl.Operation) {
	filter := sbpl.Filter{Kind: kind, Value: p, Why: why}
	if last := len(f.rules) - 1; last >= 0 && f.rules[last].Action == action && slices.Equal(f.rules[last].Operations, ops) {
		f.rules[last].Filters = append(f.rules[last].Filters, filter)
		return
	}
	f.rules = append(f.rules, sbpl.Rule{Action: action, Operations: ops, Filters: []sbpl.Filter{filter}})
}

// parents lets the loader read the root, which it does from macOS 26 on, and everybody look at the folders on the way to
// what is shown, as realpath(3) does: at their properties, not at what is in them.
func (f *fileRules) parents() sbpl.Profile {
	profile := sbpl.Profile{{Action: sbpl.Allow, Operations: []sbpl.Operation{sbpl.FileRead}, Filters: []sbpl.Filter{{Kind: sbpl.Literal, Value: "/"}}, Why: "the loader reads the root (macOS 26)"}}
	var folders []string
	for _, target := range f.targets {
		for dir := path.Dir(target); dir != "/"; dir = path.Dir(dir) {
			folders = append(folders, dir)
		}
	}
	return append(profile, each(sbpl.Allow, "folders on the way, and not what is in them", folders, sbpl.FileReadMetadata)...)
}

// last are the rules that win over all others.
func (f *fileRules) last() sbpl.Profile {
	profile := each(sbpl.Deny, "cannot be renamed or removed", f.pinned, sbpl.FileWriteUnlink)
	return append(profile, sbpl.Rule{Action: sbpl.Deny, Operations: []sbpl.Operation{sbpl.FileWriteSetugid}, Why: "no program runs as its owner"})
}

// each makes one rule about paths, sorted and each once.
func each(action sbpl.Action, why string, paths []string, ops ...sbpl.Operation) sbpl.Profile {
	if len(paths) == 0 {
		return nil
	}
	slices.Sort(paths)
	rule := sbpl.Rule{Action: action, Operations: ops, Why: why}
	for _, p := range slices.Compact(paths) {
		rule.Filters = append(rule.Filters, sbpl.Filter{Kind: sbpl.Literal, Value: p})
	}
	return sbpl.Profile{rule}
}
