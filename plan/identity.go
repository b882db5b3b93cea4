package plan

import (
	"fmt"
	"path"
	"strings"

	"jail/mounts"
)

// identity gives git inside the caller's name and address and nothing else of the caller's configuration: no credential
// helper, no alias, no include. Without it the first commit of an agent fails.
func (b *builder) identity() {
	settings, text := b.gitSettings(), "[user]\n"
	for _, key := range []string{"name", "email"} {
		if value := settings["user."+key]; value != "" {
			text += fmt.Sprintf("\t%s = %s\n", key, quoteGit(value))
		}
	}
	if text == "[user]\n" {
		return
	}
	b.add(mounts.Mount{Kind: mounts.File, Target: path.Join(b.insideHome(), ".gitconfig"), Text: text, Mode: 0o644, Why: "your name and address for commits"})
}

// gitSettings are the caller's own of git, as section.key in small letters.
func (b *builder) gitSettings() map[string]string {
	xdg := b.in.Host.getenv("XDG_CONFIG_HOME")
	if !path.IsAbs(xdg) {
		xdg = path.Join(b.in.Host.Home, ".config")
	}
	settings := map[string]string{}
	// git reads both files, and the later wins (git-config(1), FILES).
	for _, file := range []string{path.Join(xdg, "git/config"), path.Join(b.in.Host.Home, ".gitconfig")} {
		real, _, _ := b.in.Host.resolve(file)
		readSettings(settings, string(b.in.Host.Files.Head(real, 1<<20)))
	}
	return settings
}

// readSettings adds those of a git configuration. Of sections with names of their own there are none, included files are not
// followed, and a key without a value, which git takes for true, says nothing.
func readSettings(settings map[string]string, text string) {
	section := ""
	for line := range strings.Lines(text) {
		line = strings.TrimSpace(line)
		if head, ok := strings.CutPrefix(line, "["); ok {
			head, line, _ = strings.Cut(head, "]")
			section = strings.ToLower(strings.TrimSpace(head))
		}
		if key, value, ok := strings.Cut(line, "="); ok && !strings.ContainsAny(section, "\"") {
			settings[section+"."+strings.ToLower(strings.TrimSpace(key))] = unquoteGit(value)
		}
	}
}

// unquoteGit reads a value: quotes keep blanks and comment signs, a backslash escapes (git-config(1), SYNTAX).
func unquoteGit(value string) string {
	var out strings.Builder
	quoted := false
	kept := 0 // how much of out is there to stay: blanks at the end are not
	value = strings.TrimSpace(value)
	for i := 0; i < len(value); i++ {
		c := value[i]
		switch {
		case c == '"':
			quoted = !quoted
			continue
		case c == '\\' && i+1 < len(value):
			i++
			c = value[i]
		case (c == '#' || c == ';') && !quoted:
			return out.String()[:kept]
		}
		if out.WriteByte(c); quoted || c != ' ' && c != '\t' {
			kept = out.Len()
		}
	}
	return out.String()[:kept]
}

func quoteGit(value string) string {
	return `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`, "\n", " ", "\r", " ").Replace(value) + `"`
}
