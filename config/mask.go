package config

import (
	"errors"
	"fmt"
	"path"
	"slices"
	"strings"
)

// Pattern names files and folders that a jail must not read, or one that it must. Each part between slashes is a glob of
// package path with [!a-z] for what is not in a class; a part that is ** stands for any number of folders, none included.
type Pattern struct {
	// Base is the folder that Glob starts from, absolute and clean; empty means the project. Its text is no glob.
	Base     string `json:"base,omitempty"`
	Glob     string `json:"glob"`               // relative and clean; its classes are written [^a-z]
	Except   bool   `json:"except,omitempty"`   // what it names is left alone
	Optional bool   `json:"optional,omitempty"` // it may match nothing
	Firm     bool   `json:"firm,omitempty"`     // the administrator's: no exception counts
	Origin   string `json:"origin,omitempty"`   // "PATH:LINE", or the flag
	text     string // as written
}

// String is the pattern as it was written.
func (p Pattern) String() string { return p.text }

// maxParts bounds the parts of a pattern.
const maxParts = 60

// ParsePattern reads GLOB: an exception begins with "!", and what may match nothing ends with "?". A backslash takes the
// meaning from a character. A pattern may start with ~/ and is relative to at.Dir otherwise, or to the project where that is
// empty. The Origin of the result is empty.
func ParsePattern(text string, at Places) (Pattern, error) {
	p, err := parsePattern(text, at)
	if err != nil {
		return Pattern{}, fmt.Errorf("cannot use the pattern %q: %w", shorten(text), err)
	}
	return p, nil
}

func parsePattern(text string, at Places) (Pattern, error) {
	p := Pattern{text: text}
	rest, except := strings.CutPrefix(text, "!")
	p.Except = except
	if short, optional := strings.CutSuffix(rest, "?"); optional && !strings.HasSuffix(short, `\`) {
		rest, p.Optional = short, true
	}
	switch {
	case strings.ContainsRune(rest, 0):
		return p, errors.New("a path cannot contain a NUL byte; remove it")
	case strings.HasPrefix(rest, "/"):
		p.Base = "/"
	case rest == "~" || strings.HasPrefix(rest, "~/"):
		p.Base, rest = at.Home, rest[1:]
	case strings.HasPrefix(rest, "~"):
		return p, errors.New("~ before a user name is not supported; write the whole path, or ./~name for a file of that name")
	default:
		p.Base = at.Dir
	}
	var parts []string
	for part := range strings.SplitSeq(rest, "/") {
		switch {
		case part == "" || part == ".":
		case part == ".." && len(parts) == 0 && p.Base != "":
			p.Base = path.Dir(p.Base)
		case part == "..":
			return p, errors.New("it may not go up by ..; write the path without")
		case part == "**" && len(parts) > 0 && parts[len(parts)-1] == part:
		default:
			glob, err := classes(part)
			if err != nil {
				return p, err
			}
			parts = append(parts, glob)
		}
	}
	switch {
	case len(parts) == 0:
		return p, errors.New("it names a whole folder that a jail is built on; name what is in it")
	case len(parts) > maxParts:
		return p, fmt.Errorf("it has more than %d parts; shorten it", maxParts)
	}
	p.Glob = strings.Join(parts, "/")
	return p, nil
}

// classes turns the [!a-z] of one part into the [^a-z] of package path, and checks it.
func classes(part string) (string, error) {
	var b strings.Builder
	open := false
	for i := 0; i < len(part); i++ {
		b.WriteByte(part[i])
		switch {
		case part[i] == '\\' && i+1 < len(part):
			i++
			b.WriteByte(part[i])
		case part[i] == '[' && !open:
			open = true
			if i+1 < len(part) && part[i+1] == '!' {
				i++
				b.WriteByte('^')
			}
		case part[i] == ']':
			open = false
		}
	}
	if _, err := path.Match(b.String(), ""); err != nil {
		return "", fmt.Errorf(`%q is no glob; write \[ for a bracket that belongs to a name`, part)
	}
	return b.String(), nil
}

// SecretMode says what becomes of files in the project whose names tell that they hold secrets.
type SecretMode string

const (
	SecretsHide SecretMode = "hide"
	SecretsShow SecretMode = "show"
)

var secretModes = []string{string(SecretsHide), string(SecretsShow)}

// ParseSecrets reads a SecretMode.
func ParseSecrets(text string) (SecretMode, error) {
	return parseWord[SecretMode]("", text, secretModes)
}

// Release takes the protection from files of the project that programs on the host obey.
type Release struct {
	Glob   string `json:"glob"` // of a name
	Origin string `json:"origin,omitempty"`
}

// ParseRelease reads the glob of --unprotect. Its Origin is empty.
func ParseRelease(text string) (Release, error) {
	glob, err := classes(text)
	if err == nil && (text == "" || strings.Contains(text, "/")) {
		err = errors.New("it is no name of a file in the top folder of the project")
	}
	if err != nil {
		return Release{}, fmt.Errorf("cannot use %q: %w", shorten(text), err)
	}
	return Release{Glob: glob}, nil
}

func addPatterns(path string, e entry, to *[]Pattern, at Places) (line int, err error) {
	// A file does not know where its reader stands: what it says is relative to the project.
	at.Dir = ""
	parse := func(text string) (Pattern, error) { return ParsePattern(text, at) }
	return addEach(path, e, to, parse, func(p *Pattern) *string { return &p.Origin })
}

// firm are the patterns of an administrator, of which nobody excepts anything.
func firm(all []Pattern) []Pattern {
	all = slices.Clone(all)
	for i := range all {
		all[i].Firm = true
	}
	return all
}

// patterns takes what a project file hides of the project, and nothing that shows more.
func (a *admission) patterns(e entry, from []Pattern, to *[]Pattern) {
	for i, t := range e.texts {
		switch p := from[i]; {
		case p.Except:
			a.refuse(e, t.line, []text{t}, "a project file may hide files and except none; say it in your own config or on the command line")
		case p.Base != "":
			a.refuse(e, t.line, []text{t}, "a project file may hide parts of the project only, by paths relative to it")
		default:
			*to = append(*to, p)
		}
	}
}

func (a *admission) secrets(e entry, asked SecretMode) {
	switch {
	case asked == SecretsHide:
		admitKey(a, e, &a.taken.Secrets, asked)
	case a.below.Secrets == SecretsHide:
		a.refuse(e, e.line, e.texts, "a project file may not show secrets; say it in your own config or on the command line")
	}
}

// showing cuts from a layer what shows more than a jail in lockdown has, and names each.
func (l layer) showing(refuse func(origin, key, value string)) layer {
	if l.Secrets == SecretsShow {
		refuse(l.origins["secrets"], "secrets", string(l.Secrets))
		l.Secrets = ""
	}
	cut := func(key string, all []Pattern) []Pattern {
		return slices.DeleteFunc(slices.Clone(all), func(p Pattern) bool {
			if p.Except {
				refuse(p.Origin, key, p.text)
			}
			return p.Except
		})
	}
	l.Mask, l.Deny = cut("mask", l.Mask), cut("deny", l.Deny)
	for _, r := range l.Unprotect {
		refuse(r.Origin, "unprotect", r.Glob)
	}
	l.Unprotect = nil
	return l
}
