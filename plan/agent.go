package plan

import (
	"bytes"
	"fmt"
	"path"
	"slices"
	"strings"

	"jail/config"
	"jail/jail"
	"jail/mounts"
)

func noState(path, why, fix string) error {
	return &RefusedError{fmt.Sprintf("the agent's %q cannot be given to the jail", path), why, fix}
}

// agent is what is known of the command's program. One that lies in the project is not the agent of that name, though PATH may
// lead to it: a jail can have made it, and it must not be shown the agent's login.
func (b *builder) agent() config.Agent {
	command := b.in.Config.Command
	if len(command) == 0 {
		return config.Agent{}
	}
	found, err := b.in.Host.Find(command[0], b.in.Project.Cwd)
	if err != nil || b.inProject(found) {
		return config.Agent{}
	}
	agent := b.in.Config.Agent
	if rel := b.belowHome(b.in.Config.AgentDir); rel != "" && agent.Dir != "" {
		return movedAgent(agent, "~/"+rel)
	}
	return agent
}

// belowHome cuts a path to what of it lies below the home, by its text; "" where it does not.
func (b *builder) belowHome(p string) string {
	for _, home := range []string{b.in.Host.Home, b.home} {
		if rel, below := strings.CutPrefix(p, home+"/"); below {
			return rel
		}
	}
	return ""
}

// movedAgent is the preset of an agent that keeps its files in another folder.
func movedAgent(a config.Agent, to string) config.Agent {
	move := func(paths []string, keep func(string) (string, bool)) []string {
		var moved []string
		for _, p := range paths {
			if rest, ok := strings.CutPrefix(p, a.Dir+"/"); ok {
				moved = append(moved, to+"/"+rest)
			} else if p == a.Dir {
				moved = append(moved, to)
			} else if other, ok := keep(p); ok {
				moved = append(moved, other)
			}
		}
		return moved
	}
	none := func(string) (string, bool) { return "", false }
	// What lies beside the folder lies in it then (CLAUDE_CONFIG_DIR/.claude.json).
	beside := func(p string) (string, bool) {
		if strings.HasPrefix(p, "~/") {
			return to + "/" + path.Base(p), true
		}
		return p, true
	}
	a.State, a.Credentials, a.RunsCode, a.Own = []string{to}, move(a.Credentials, none), move(a.RunsCode, beside), move(a.Own, none)
	return a
}

// agentDir tells the agent which folder it is to use in place of its own.
func (b *builder) agentDir() error {
	agent, to := b.agent(), b.in.Config.AgentDir
	if to == "" || !b.in.Config.FromFlags("agent_dir") && (agent.Name == "" || b.in.Config.AgentState == config.StateNone) {
		return nil
	}
	_, _, at := b.in.Host.resolve(to)
	fail := func(why, fix string) error {
		return noState(to, why+" (from "+b.in.Config.Origins["agent_dir"]+")", fix)
	}
	switch {
	case agent.Name == "":
		return fail("the command is no agent that jail knows", "jail agents lists them")
	case b.in.Config.AgentState == config.StateNone:
		return fail("its files are not shown at all", "leave --agent-state none out, or --agent-dir")
	case agent.Dir == "":
		return fail(fmt.Sprintf("no way is known to tell %s to use another folder", agent.Name), "give its preset dir and dir_env: jail agents "+agent.Name)
	case b.belowHome(to) == "":
		return fail("it does not lie in your home", "choose a folder such as ~/."+agent.Name+"-work")
	case at.Type != Directory:
		return fail("there is no folder at this path", "make it first: mkdir "+to)
	}
	b.given = append(b.given, given{agent.DirEnv, path.Join(b.home, b.belowHome(to)), "set by agent_dir"})
	return nil
}

// agentState gives the command what its agent keeps in the home, in the way that was asked for.
func (b *builder) agentState() error {
	agent := b.agent()
	if err := b.agentDir(); err != nil || b.in.Config.AgentState == config.StateNone {
		return err
	}
	for _, name := range below(agent.State) {
		give := b.stateDir
		if b.isStateFile(name) {
			give = b.stateFile
		}
		if err := give(agent, name); err != nil {
			return err
		}
	}
	return nil
}

// below cuts an agent's paths to those below the home, relative to it.
func below(paths []string) []string {
	var rel []string
	for _, p := range paths {
		if r, ok := strings.CutPrefix(p, "~/"); ok {
			rel = append(rel, r)
		}
	}
	return rel
}

// isStateFile reports whether a part of an agent's state is a file. One that is not there is taken for a file if its name
// has a suffix.
func (b *builder) isStateFile(name string) bool {
	if _, _, at := b.in.Host.resolve(path.Join(b.home, name)); at.Type != Missing {
		return at.Type != Directory
	}
	return strings.Contains(strings.TrimPrefix(path.Base(name), "."), ".")
}

// checkState refuses to follow a link that a jail may have made, or one that would give away more than an agent's files.
func (b *builder) checkState(target, real string) error {
	if why := b.plantedLink(target, real); why != "" {
		return noState(target, "it "+why, "put the folder itself there")
	}
	return b.checkShared(real)
}

func (b *builder) stateDir(agent config.Agent, dir string) error {
	target := path.Join(b.home, dir)
	real, _, at := b.in.Host.resolve(target)
	if err := b.checkState(target, real); err != nil {
		return err
	}
	why := "the agent's files"
	switch b.in.Config.AgentState {
	case config.StateCopy:
		if why := b.in.Host.NoLayers; why != "" {
			return noState(target, "a copy of the jail's own cannot be had: "+why,
				"put jail's state folder elsewhere with XDG_STATE_HOME; or --agent-state ro to show it, none to hide it, rw to let the jail change it")
		}
		source := real
		if at.Type == Missing {
			// The jail's own is kept all the same, and lies over the host's once there is one.
			source = b.emptyDir()
		}
		b.add(mounts.Mount{Kind: mounts.Overlay, Source: source, Target: target, Layer: b.layer(real, target, jail.KeptState), Why: why + ", changes of the jail's own"})
		b.credentials(agent, dir, real)
	case config.StateRO:
		if at.Type == Directory {
			b.add(mounts.Mount{Kind: mounts.Bind, Source: real, Target: target, Why: why})
		}
	case config.StateRW:
		if at.Type == Directory {
			return b.shareState(agent, dir, real, target)
		}
	}
	return nil
}

// shareState shares a folder of an agent, but for those parts of it that make the agent run code: they are read-only, or, where
// it writes them for itself in each session, empty and the jail's own.
func (b *builder) shareState(agent config.Agent, dir, real, target string) error {
	if err := b.checkWritable(real); err != nil {
		return err
	}
	b.add(mounts.Mount{Kind: mounts.Bind, Source: real, Target: target, Access: mounts.ReadWrite, Why: "the agent's files, shared"})
	var open []string
	own := below(agent.Own)
	for _, code := range slices.Concat(below(agent.RunsCode), own) {
		if !mounts.Within(code, dir) {
			continue
		}
		rel := strings.TrimPrefix(strings.TrimPrefix(code, dir), "/")
		source, isOwn := path.Join(real, rel), slices.Contains(own, code)
		at := b.in.Host.Files.Lstat(source)
		if at.Type != Directory && (isOwn || at.Type != Regular) || isOwn && b.in.Host.System == MacOS {
			open = append(open, "~/"+code)
			continue
		}
		if rel == "" {
			b.mounts[b.at[target]] = mounts.Mount{Kind: mounts.Bind, Source: real, Target: target, Why: "the agent runs what it says"}
			return nil
		}
		// Every folder on the way is made a mount point: one that is not could be renamed away.
		for parent := path.Dir(rel); parent != "."; parent = path.Dir(parent) {
			if at := path.Join(target, parent); !b.taken(at) {
				b.add(mounts.Mount{Kind: mounts.Bind, Source: path.Join(real, parent), Target: at, Access: mounts.ReadWrite, Why: "cannot be renamed"})
			}
		}
		if isOwn {
			b.add(mounts.Mount{Kind: mounts.Tmpfs, Target: path.Join(target, rel), Size: b.ram(16), Mode: 0o700, Why: "the agent runs what it writes there; vanishes with the jail"})
			continue
		}
		b.add(mounts.Mount{Kind: mounts.Bind, Source: source, Target: path.Join(target, rel), Why: "the agent runs what it says"})
	}
	if len(open) > 0 {
		b.lose("agent-state", "~/%s is shared, and what is not protected in it can be made or changed: the agent on this machine obeys %s; --agent-state copy closes it", dir, listed(open, agent.Name))
	} else {
		b.lose("agent-state", "~/%s is shared: what the jail writes there, the agent on this machine reads; --agent-state copy closes it", dir)
	}
	return nil
}

// listed names a few of an agent's files, and where the others are to be read.
func listed(files []string, agent string) string {
	const most = 4
	if len(files) <= most {
		return strings.Join(files, ", ")
	}
	return fmt.Sprintf("%s and %d more (jail agents %s lists all)", strings.Join(files[:most-1], ", "), len(files)-most+1, agent)
}

func (b *builder) taken(target string) bool {
	_, taken := b.at[target]
	return taken
}

// credentials notes which files in a folder of state go back to the host when the agent has refreshed them. One that is
// not there, or is a link, is not refreshed but new. Of an agent of which it is not known what of the file is a login nothing
// goes back, and neither does a database, of which no moment's copy is whole: they stay the jail's own.
func (b *builder) credentials(agent config.Agent, dir, real string) {
	upper := path.Join(b.kept.Layers[len(b.kept.Layers)-1].Dir, "upper")
	for _, credential := range below(agent.Credentials) {
		if !strings.HasPrefix(credential, dir+"/") {
			continue
		}
		files := []string{credential}
		if at := path.Join(real, strings.TrimPrefix(credential, dir+"/")); b.in.Host.Files.Lstat(at).Type == Directory {
			files = nil
			for _, name := range b.in.Host.Files.List(at) {
				files = append(files, path.Join(credential, name))
			}
		}
		for _, file := range files {
			rel := strings.TrimPrefix(file, dir+"/")
			if b.goesBack(agent, file, path.Join(real, rel)) {
				b.kept.Credentials = append(b.kept.Credentials, jail.Credential{Host: path.Join(real, rel), Dir: upper, Path: rel, Values: agent.Login})
			}
		}
	}
}

// goesBack reports whether a login of the host's may be renewed by what a jail has. Not in a folder that makes the agent run
// code; a file that does so by itself may have a login in it all the same.
func (b *builder) goesBack(agent config.Agent, name, host string) bool {
	runs := slices.ContainsFunc(below(agent.RunsCode), func(code string) bool { return name != code && mounts.Within(name, code) })
	return !runs && len(agent.Login) > 0 && b.in.Host.Files.Lstat(host).Type == Regular && isText(b.in.Host.Files.Head(host, 1024))
}

// isText reports whether bytes can be the beginning of a text.
func isText(head []byte) bool { return !bytes.ContainsRune(head, 0) }

// stateFile gives a file of an agent's that lies in the home itself. Agents replace such a file by a new one of its name,
// which a mount in its place would prevent: so the jail's home, which then lies on the disk, holds a copy. That is so in rw
// too, because these files say what the agent runs.
func (b *builder) stateFile(agent config.Agent, name string) error {
	target := path.Join(b.home, name)
	real, _, at := b.in.Host.resolve(target)
	if at.Type != Regular && at.Type != Missing {
		return nil // a pipe or a device is no state of anybody's
	}
	if at.Type == Regular {
		if why := b.plantedLink(target, real); why != "" {
			return noState(target, "it "+why, "put the file itself there")
		}
	}
	if b.in.Host.System == MacOS && b.stateAsked != config.StateRO {
		return b.ownFile(agent, name, real, target, at)
	}
	if b.in.Config.AgentState == config.StateRO {
		if at.Type == Regular {
			b.add(mounts.Mount{Kind: mounts.Bind, Source: real, Target: target, Why: "the agent's file"})
		}
		return nil
	}
	b.kept.Home.Seeds = append(b.kept.Home.Seeds, jail.Seed{Host: real, Name: name, Target: target})
	if slices.Contains(below(agent.Credentials), name) && real == target && b.goesBack(agent, name, real) {
		b.kept.Credentials = append(b.kept.Credentials, jail.Credential{Host: real, Dir: b.kept.Home.Dir, Path: name, Values: agent.Login})
	}
	return nil
}

// hasFiles reports whether the command's agent keeps files in the home itself that the jail needs its own copies of.
func (b *builder) hasFiles() bool {
	agent, mode := b.agent(), b.in.Config.AgentState
	return (mode == config.StateCopy || mode == config.StateRW) && slices.ContainsFunc(below(agent.State), b.isStateFile)
}
