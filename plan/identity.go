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
	xdg := b.in.Host.getenv("XDG_CONFIG_HOME")
	if !path.IsAbs(xdg) {
		xdg = path.Join(b.in.Host.Home, ".config")
	}
	var name, email string
	// git reads both files, and the later wins (git-config(1), FILES).
	for _, file := range []string{path.Join(xdg, "git/config"), path.Join(b.in.Host.Home, ".gitconfig")} {
		real, _, _ := b.in.Host.resolve(file)
		n, e := userSection(string(b.in.Host.Files.Head(real, 1<<20)))
		if n != "" {
			name = n
		}
		if e != "" {
			email = e
		}
	}
	if name == "" && email == "" {
		return
	}
	text := "[user]\n"
	for _, v := range []struct{ key, value string }{{"name", name}, {"email", email}} {
		if v.value != "" {
			text += fmt.Sprintf("\t%s = %s\n", v.key, quoteGit(v.value))
		}
	}
	b.add(mounts.Mount{Kind: mounts.File, Target: path.Join(b.insideHome(), ".gitconfig"), Text: text, Mode: 0o644, Why: "your name and address for commits"})
}

// userSection reads user.name and user.email from a git configuration. Included files are not followed.
func userSection(text string) (name, email string) {
	inUser := false
	for line := range strings.Lines(text) {
		line = strings.TrimSpace(line)
		if section, ok := strings.CutPrefix(line, "["); ok {
			var rest string
			section, rest, _ = strings.Cut(section, "]")
			inUser = strings.EqualFold(strings.TrimSpace(section), "user")
			line = strings.TrimSpace(rest)
		}
		key, value, ok := strings.Cut(line, "=")
		if !inUser || !ok {
			continue
		}
		switch strings.ToLower(strings.TrimSpace(key)) {
		case "name":
			name = unquoteGit(value)
		case "email":
			email = unquoteGit(value)
		}
	}
	return name, email
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
