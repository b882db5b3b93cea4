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

// obeyed are names of files and folders in a project by which programs on the host run what they say: editors, agents, direnv,
// version managers, package managers, managers of git hooks.
var obeyed = []string{
	".envrc", "mise.toml", ".mise.toml", "mise.local.toml", ".mise.local.toml", ".mise", ".tool-versions",
	".vscode", "*.code-workspace", ".idea", ".fleet", ".zed", ".devcontainer", ".devcontainer.json", ".exrc", ".nvimrc", ".nvim.lua", ".lvimrc",
	".dir-locals.el", ".dir-locals-2.el",
	".mcp.json", ".claude", ".cursor", ".codex", ".gemini", ".opencode", "opencode.json", "opencode.jsonc", ".crush.json", "crush.json", ".qwen",
	".windsurf", ".continue", ".roo", ".kiro", ".aider.conf.yml",
	".husky", "lefthook.yml", "lefthook.yaml", ".lefthook.yml", ".lefthook.yaml", "lefthook-local.yml", ".pre-commit-config.yaml", ".overcommit.yml",
	".npmrc", ".yarnrc", ".yarnrc.yml", ".pnpmfile.cjs", "bunfig.toml", ".cargo",
}

// jailObeys are those that nobody takes the protection from.
var jailObeys = []string{config.ProjectName, config.LegacyProject}

// ReleaseError says why a protection cannot be taken away.
type ReleaseError struct{ Release config.Release }

func (e *ReleaseError) Error() string {
	return fmt.Sprintf("--unprotect %q (from %s): no name that is protected is matched by it", e.Release.Glob, e.Release.Origin)
}

// Hint says what to do about it.
func (e *ReleaseError) Hint() string { return "jail run --dry-run --json -- true lists the names" }

// protected are the names that stay out of a run's reach.
func (b *builder) protected() ([]string, error) {
	names := obeyed
	for _, r := range b.in.Config.Unprotect {
		released := func(name string) bool { return releases([]config.Release{r}, name) }
		if !slices.ContainsFunc(obeyed, released) && !released(nestedGit) {
			return nil, &ReleaseError{r}
		}
		names = slices.DeleteFunc(slices.Clone(names), released)
	}
	return slices.Concat(jailObeys, names), nil
}

// releases reports whether the protection of a name is taken away.
func releases(all []config.Release, name string) bool {
	return slices.ContainsFunc(all, func(r config.Release) bool {
		matched, err := path.Match(strings.ToLower(r.Glob), name)
		return err == nil && matched || strings.EqualFold(r.Glob, name)
	})
}

// protect keeps a run in the user's own checkout from what programs on the host obey there. What is there is read-only; what is
// not is guarded, as a mount needs something to stand on. In a named jail, and with --review, what comes out is looked at
// before it is taken.
func (b *builder) protect() error {
	names, err := b.protected()
	if err != nil || b.in.Project.Name != "" || b.reviewed() || b.locked() || b.browser() {
		return err
	}
	dir := b.in.Project.Dir
	b.guard = jail.Guard{Dir: dir, Names: names}
	for _, name := range b.in.Host.Files.List(dir) {
		small := strings.ToLower(name)
		matched := func(glob string) bool { ok, err := path.Match(glob, small); return ok && err == nil }
		if !slices.ContainsFunc(names, matched) {
			continue
		}
		p := path.Join(dir, name)
		at := b.in.Host.Files.Lstat(p)
		if at.Type != Link {
			b.guard.Stands = append(b.guard.Stands, name)
			b.readOnlyPart(p)
			continue
		}
		b.guard.Links = append(b.guard.Links, jail.GuardLink{Name: name, Text: at.Text})
		if to, _, _ := b.in.Host.resolve(p); to != dir && mounts.Within(to, dir) {
			b.pin(to)
			b.readOnlyPart(to)
		}
	}
	if !releases(b.in.Config.Unprotect, nestedGit) {
		b.keepNested()
	}
	var released []string
	for _, r := range b.in.Config.Unprotect {
		released = append(released, fmt.Sprintf("%s (allowed by %s)", r.Glob, r.Origin))
	}
	if len(released) > 0 {
		b.lose("unprotected", "in %s the command can change and make what programs on the host obey: %s", dir, strings.Join(released, ", "))
	}
	if len(names) == len(jailObeys) {
		return nil
	}
	if b.in.Host.System == MacOS {
		b.gap("project-config", "what editors, shells and agents obey can be made in folders below %s, and in it by a name with letters that the file system takes for others; named jails show it before you take it", dir)
		return nil
	}
	b.gap("project-config", "what editors, shells and agents obey can be made in %s for a moment, before it is moved aside, and in folders below it for good; --review and named jails show it before you take it", dir)
	return nil
}

// readOnlyPart makes a file or folder of the project read-only, where the user has not asked for something else.
func (b *builder) readOnlyPart(p string) {
	if _, taken := b.at[p]; !taken {
		b.readOnlyIfThere("programs on the host obey it", path.Dir(p), path.Base(p))
	}
}

// guarded is what the caller of the run watches.
func (b *builder) guarded() jail.Guard {
	for _, hit := range b.in.Scanned.Hits {
		if b.in.Host.Files.Lstat(hit.Path).Type == Regular {
			b.guard.Dir = b.in.Project.Dir
			b.guard.Hidden = append(b.guard.Hidden, hit.Path)
		}
	}
	return b.guard
}
