package plan

import (
	"fmt"
	"path"
	"slices"
	"strings"

	"jail/config"
	"jail/jail"
	"jail/mounts"
)

// insideHome is the home directory that programs in the jail are told of: the caller's path, or, where nothing can be put over
// it, one in the run's own folder.
func (in Input) insideHome() string {
	if in.Host.System == MacOS {
		return path.Join(in.Host.Scratch, "home")
	}
	return in.Host.Home
}

func (b *builder) insideHome() string {
	if b.in.Host.System == MacOS {
		return b.in.insideHome()
	}
	return b.home
}

// insideTemp is the folder for temporary files; empty where it is the one that programs take anyway.
func (in Input) insideTemp() string {
	if in.Host.System == MacOS {
		return path.Join(in.Host.Scratch, "tmp")
	}
	return ""
}

// macScratch gives a folder of the run's own, with an empty home and one for temporary files. Nothing limits what lies in it.
func (b *builder) macScratch() {
	b.add(mounts.Mount{Kind: mounts.Tmpfs, Target: b.in.Host.Scratch, Size: b.ram(4), Mode: 0o700, Why: "made for this run, and removed after it; how large it gets is not limited"})
	b.add(mounts.Mount{Kind: mounts.Dir, Target: b.in.insideHome(), Mode: 0o700, Why: "an empty home"})
	b.add(mounts.Mount{Kind: mounts.Dir, Target: b.in.insideTemp(), Mode: 0o700, Why: "temporary files"})
}

// linkHome lets what is shown of the caller's home be found from the jail's.
func (b *builder) linkHome() {
	var shown []string
	for _, m := range b.mounts {
		if m.Kind == mounts.Bind && m.Target != b.in.Project.Dir && m.Target != b.home && mounts.Within(m.Target, b.home) && !mounts.Within(m.Target, b.in.Project.Dir) {
			shown = append(shown, m.Target)
		}
	}
	for _, p := range shown {
		if slices.ContainsFunc(shown, func(other string) bool { return other != p && mounts.Within(p, other) }) {
			continue // the link to that one leads there too
		}
		at := path.Join(b.in.insideHome(), strings.TrimPrefix(p, b.home))
		if !b.taken(at) {
			b.add(mounts.Mount{Kind: mounts.Symlink, Source: p, Target: at, Why: "leads to yours"})
		}
	}
}

// macAgentState gives an agent's folders read-only in the place of a copy.
func (b *builder) macAgentState() error {
	b.stateAsked = b.in.Config.AgentState
	agent := b.agent()
	if b.stateAsked == config.StateCopy {
		b.in.Config.AgentState = config.StateRO
		if len(below(agent.State)) > 0 {
			b.note("%s sees its folders read-only, and what it writes elsewhere in its home vanishes, as macOS has no overlays; --agent-state rw lets it change them, none hides them", agent.Name)
		}
	}
	if agent.Name == "claude" && b.stateAsked == config.StateRW {
		// Where it puts temporary files whatever TMPDIR says.
		temp := fmt.Sprintf("/private/tmp/claude-%d", b.in.Host.UID)
		b.add(mounts.Mount{Kind: mounts.Bind, Source: temp, Target: temp, Access: mounts.ReadWrite, Why: "the agent's temporary files, shared"})
	}
	return b.agentState()
}

// ownFile gives a file of an agent's that lies in the home itself: a copy in the home of the run, which vanishes with it; and
// where files are shared, the file, with the names by which it is replaced, unless the agent runs what it says.
func (b *builder) ownFile(agent config.Agent, name, real, target string, at File) error {
	runs := slices.ContainsFunc(below(agent.RunsCode), func(code string) bool { return mounts.Within(name, code) })
	if b.stateAsked == config.StateCopy || runs {
		if at.Type == Regular {
			b.seatbelt.Copied = append(b.seatbelt.Copied, jail.Seed{Host: real, Name: name, Target: path.Join(b.in.insideHome(), name)})
		}
		return nil
	}
	if err := b.checkWritable(real); err != nil {
		return err
	}
	b.seatbelt.Replaced = append(b.seatbelt.Replaced, real)
	b.lose("agent-state", "~/%s is shared: what the jail writes there, the agent on this machine reads", name)
	b.add(mounts.Mount{Kind: mounts.Bind, Source: real, Target: real, Access: mounts.ReadWrite, Why: "the agent's file, shared"})
	_, links, _ := b.in.Host.resolve(target)
	b.links(links, "leads to the agent's file")
	return nil
}

// fit makes of the mounts what macOS can show: the host's own files at their own paths.
func (b *builder) fit() error {
	for i, m := range b.mounts {
		if m.Kind == mounts.Overlay {
			m.Kind, m.Layer = mounts.Bind, ""
			b.lose("overlay", "%s is read-only, as macOS has no overlays: what the command would change there fails (%s)", m.Target, m.Why)
		}
		if m.Kind == mounts.Bind && m.Source != m.Target {
			real, links, _ := b.in.Host.resolve(m.Target)
			if real != m.Source {
				return notOnMacOS(fmt.Sprintf("%q", m), "nothing is shown at another path than its own", "name it by its own path")
			}
			m.Target = real
			b.links(links, m.Why)
		}
		b.mounts[i] = m
	}
	seen := map[string]bool{}
	b.mounts = slices.DeleteFunc(b.mounts, func(m mounts.Mount) bool {
		again := seen[m.Target] && m.Kind == mounts.Bind
		seen[m.Target] = true
		return again
	})
	clear(b.at)
	for i, m := range b.mounts {
		b.at[m.Target] = i
	}
	b.kept = jail.Kept{}
	return nil
}
