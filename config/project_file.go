package config

import (
	"crypto/sha256"
	"encoding/hex"
	"path/filepath"
	"slices"
	"strings"
)

// ProjectName is the name of the project file.
const ProjectName = ".jail.toml"

// LegacyProject is the name of the project file of ai-jail, which is read where there is none of ours.
const LegacyProject = ".ai-jail"

// Trust says what a project file counts for.
type Trust string

const (
	Untrusted Trust = "untrusted" // it may only tighten
	Changed   Trust = "changed"   // the user approved another content of it; it may only tighten
	Trusted   Trust = "trusted"   // the user approved this very content: it counts as the user's own
)

// ProjectFile is the project's config file as it was read.
type ProjectFile struct {
	Path   string `json:"path"`
	SHA256 string `json:"sha256"` // of its bytes, in hex
	Trust  Trust  `json:"trust"`
}

// loadProject reads the project's file. The sum is of the very bytes that are parsed: the file may change any time.
func (r Request) loadProject() (file, ProjectFile, error) {
	path := r.Files.Project
	if path == "" {
		return file{}, ProjectFile{}, nil
	}
	data, err := readFile(path, linkRefuse)
	if err != nil || data == nil {
		return file{}, ProjectFile{}, err
	}
	read := ProjectFile{Path: path, SHA256: Sum(data), Trust: Untrusted}
	switch r.Approved {
	case "":
	case read.SHA256:
		read.Trust = Trusted
	default:
		read.Trust = Changed
	}
	parse := parseFile
	if filepath.Base(path) == LegacyProject {
		parse = parseLegacy
	}
	f, err := parse(path, data, Places{r.Home, r.ProjectDir})
	return f, read, err
}

// Sum is the SHA-256 of a file's bytes, in hex.
func Sum(data []byte) string {
	sum := sha256.Sum256(data)
	return hex.EncodeToString(sum[:])
}

// Ask is one thing that a project file asks for.
type Ask struct {
	Origin string `json:"origin"` // "PATH:LINE"
	Key    string `json:"key"`    // with "commands.NAME." before it in such a table
	Value  string `json:"value"`  // as written, secrets included
	// Widens says that it has no effect before the file is trusted.
	Widens bool   `json:"widens"`
	Why    string `json:"why,omitempty"` // it is not taken
}

// Asks lists what a project file asks for, in its order, as if nobody had approved it. There is no file if the result's Path
// is empty.
func Asks(r Request) ([]Ask, ProjectFile, error) {
	if err := r.check(); err != nil {
		return nil, ProjectFile{}, err
	}
	f, read, err := r.loadProject()
	if err != nil || read.Path == "" {
		return nil, read, err
	}
	// Of what was read just now: the file may have changed since.
	c, err := r.load(f, ProjectFile{Path: read.Path, Trust: Untrusted})
	if err != nil {
		return nil, read, err
	}
	var asks []Ask
	for _, e := range f.entries {
		for _, value := range e.values() {
			ask := Ask{Origin: origin(read.Path, value.line), Key: e.name(), Value: value.value}
			if r, refused := refusalOf(ask, c.Refused); refused {
				ask.Why, ask.Widens = r.Why, r.Trust
			}
			asks = append(asks, ask)
		}
	}
	for _, lost := range f.lost {
		asks = append(asks, Ask{Origin: lost.Origin, Key: lost.Key, Value: lost.Value, Why: lost.Why})
	}
	return asks, read, nil
}

// refusalOf finds what was refused of an ask, if it was.
func refusalOf(a Ask, refused []Refusal) (Refusal, bool) {
	value := a.Value
	if a.Key == "env" || strings.HasSuffix(a.Key, ".env") {
		value, _, _ = strings.Cut(value, "=") // a refusal has the name alone
	}
	i := slices.IndexFunc(refused, func(r Refusal) bool { return r.Origin == a.Origin && r.Key == a.Key && r.Value == value })
	if i < 0 {
		return Refusal{}, false
	}
	return refused[i], true
}
