package config

import (
	"path/filepath"
	"slices"
	"strings"
)

// Checked is one file that was looked at.
type Checked struct {
	Path  string `json:"path"`
	Kind  string `json:"kind"` // managed, user, project or preset
	Found bool   `json:"found"`
	Error string `json:"error,omitempty"`
}

// Validate reads every file of a request on its own, so that one mistake does not hide the others.
func Validate(r Request) []Checked {
	var all []Checked
	for _, one := range []struct {
		kind, path string
		files      Files
	}{
		{"managed", r.Files.Managed, Files{Managed: r.Files.Managed}},
		{"user", r.Files.User, Files{User: r.Files.User}},
		{"project", r.Files.Project, Files{Project: r.Files.Project}},
	} {
		if one.path == "" {
			continue
		}
		_, err := Load(Request{Files: one.files, Home: r.Home, ProjectDir: r.ProjectDir})
		all = append(all, checked(one.kind, one.path, err))
	}
	files, err := agentFiles(r.Files.Agents)
	if err != nil {
		all = append(all, checked("preset", r.Files.Agents, err))
	}
	for _, file := range files {
		_, _, err := readAgent(r.Files.Agents, strings.TrimSuffix(file, ".toml"), true)
		all = append(all, checked("preset", filepath.Join(r.Files.Agents, file), err))
	}
	return all
}

// ValidateFile reads one file as what it is by its place in a request: a preset, the administrator's or the project's, and a
// user's where it is none of these.
func ValidateFile(path string, r Request) Checked {
	all := Validate(r)
	if i := slices.IndexFunc(all, func(c Checked) bool { return c.Path == path }); i >= 0 {
		return all[i]
	}
	if filepath.Base(path) == LegacyProject {
		_, _, err := Import(path)
		return checked("project", path, err)
	}
	_, err := Load(Request{Files: Files{User: path}, Home: r.Home})
	return checked("user", path, err)
}

func checked(kind, path string, err error) Checked {
	data, readErr := readFile(path, linkFollow)
	c := Checked{Path: path, Kind: kind, Found: data != nil || readErr != nil}
	if err != nil {
		c.Error = err.Error()
	}
	return c
}
