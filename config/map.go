package config

import (
	"errors"
	"fmt"
	"path/filepath"
	"strings"
)

// MapMode says whether what is mapped into the jail may be written to there.
type MapMode string

const (
	MapRO      MapMode = "ro"
	MapRW      MapMode = "rw"
	MapOverlay MapMode = "overlay" // can be written to, and the host's stays as it is
)

// Map asks for a file or directory of the host to be seen in the jail.
type Map struct {
	Source   string  `json:"source"`             // host path, absolute and lexically clean; symlinks are not resolved
	Target   string  `json:"target"`             // path in the jail, absolute and lexically clean
	Mode     MapMode `json:"mode"`               // never empty
	Optional bool    `json:"optional,omitempty"` // a missing source is no error
	Origin   string  `json:"origin,omitempty"`   // "PATH:LINE", or the Origin of the flags
	// Within is set when an untrusted project file asked for the map: whoever resolves the symlinks of Source must
	// refuse the map if that leads out of this directory, or else make read-only what already stands at Target
	// without looking at Source at all. The check here is lexical only.
	Within string `json:"within,omitempty"`
}

// Places is what the paths of one layer are relative to.
type Places struct {
	Home string // absolute; what ~ stands for
	Dir  string // absolute; what relative paths are relative to
}

// ParseMap reads SRC[:DST]. Both sides may start with ~ or ~/ and may be relative; without DST the target is the
// source. A "?" at the end makes the map optional. A backslash takes the meaning from a colon, a question mark or a
// backslash: `\:`, `\?`, `\\`. The Origin of the result is empty.
func ParseMap(text string, mode MapMode, at Places) (Map, error) {
	m, err := parseMap(text, mode, at)
	if err != nil {
		return Map{}, fmt.Errorf("cannot map %q: %w", shorten(text), err)
	}
	return m, nil
}

// ParseVolume reads SRC:DST[:ro|:rw] as container programs have it, where read-write goes without saying. What is said of
// ParseMap holds.
func ParseVolume(text string, at Places) (Map, error) {
	source, readOnly := strings.CutSuffix(text, ":ro")
	if readOnly {
		return ParseMap(source, MapRO, at)
	}
	return ParseMap(strings.TrimSuffix(text, ":rw"), MapRW, at)
}

func parseMap(text string, mode MapMode, at Places) (Map, error) {
	if mode != MapRO && mode != MapRW && mode != MapOverlay {
		return Map{}, fmt.Errorf("mode %q is none of ro, rw, overlay", mode)
	}
	sides, optional, err := splitMap(text)
	if err != nil {
		return Map{}, err
	}
	m := Map{Mode: mode, Optional: optional}
	if m.Source, err = at.resolve("source", sides[0]); err != nil {
		return Map{}, err
	}
	m.Target = m.Source
	if len(sides) == 2 {
		if m.Target, err = at.resolve("target", sides[1]); err != nil {
			return Map{}, err
		}
	}
	return m, nil
}

// splitMap takes the escapes out of a map and cuts it at its colon: one or two sides, and whether it ends in "?".
func splitMap(text string) (sides []string, optional bool, err error) {
	var side strings.Builder
	for i := 0; i < len(text); i++ {
		switch c := text[i]; {
		case c == '\\':
			i++
			if i == len(text) || !strings.ContainsRune(`:?\`, rune(text[i])) {
				return nil, false, errors.New(`a backslash stands before something else than : ? or \; write \\ for a backslash`)
			}
			side.WriteByte(text[i])
		case c == ':' && len(sides) == 1 && (text[i:] == ":ro" || text[i:] == ":rw"):
			return nil, false, fmt.Errorf("%q is no part of a map; the flag or key says it: map is read-only, rw_map read-write", text[i:])
		case c == ':' && len(sides) == 1:
			return nil, false, errors.New(`more than one colon; write \: for a colon that belongs to a path`)
		case c == ':':
			sides = append(sides, side.String())
			side.Reset()
		case c == '?' && i == len(text)-1:
			optional = true
		default:
			side.WriteByte(c)
		}
	}
	return append(sides, side.String()), optional, nil
}

// resolve makes the source or the target of a map absolute and clean.
func (at Places) resolve(side, path string) (string, error) {
	if path == "" {
		return "", fmt.Errorf("the %s is empty; write SRC, or SRC:DST", side)
	}
	abs, err := at.absolute(path)
	if err != nil {
		return "", err
	}
	if abs == "/" {
		return "", fmt.Errorf("the %s is /, the whole file system; name the directories that are needed", side)
	}
	return abs, nil
}

// absolute makes a path absolute and clean, by its text alone.
func (at Places) absolute(path string) (string, error) {
	if strings.ContainsRune(path, 0) {
		return "", errors.New("a path cannot contain a NUL byte; remove it")
	}
	base := at.Dir
	rest, tilde := strings.CutPrefix(path, "~")
	switch {
	case filepath.IsAbs(path):
		return filepath.Clean(path), nil
	case tilde && rest != "" && rest[0] != '/':
		return "", errors.New("~ before a user name is not supported; write the whole path, or ./~name for a file of that name")
	case tilde:
		base, path = at.Home, rest
	}
	if !filepath.IsAbs(base) {
		return "", fmt.Errorf("what %q is relative to is not known; write an absolute path", path)
	}
	return filepath.Join(base, path), nil
}
