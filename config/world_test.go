package config

import (
	"os"
	"path/filepath"
	"testing"
)

// world is a made-up user with a home, a config folder and a project.
type world struct {
	t          testing.TB
	root       string
	home, proj string
	command    []string
	flags      Overlay
}

func newWorld(t testing.TB) *world {
	t.Helper()
	root := t.TempDir()
	w := &world{t: t, root: root, home: filepath.Join(root, "home"), proj: filepath.Join(root, "home/my prøject")}
	for _, dir := range []string{w.proj, filepath.Dir(w.path("user"))} {
		if err := os.MkdirAll(dir, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	return w
}

// agents is the folder of the user's own presets, which is not there at first.
func (w *world) agents() string { return filepath.Join(w.home, ".config/jail/agents") }

// path is where the "user" or the "project" file is.
func (w *world) path(kind string) string {
	switch kind {
	case "user":
		return filepath.Join(w.home, ".config/jail/config.toml")
	case "managed":
		return filepath.Join(w.root, "managed.toml")
	case "legacy project":
		return filepath.Join(w.proj, LegacyProject)
	}
	return filepath.Join(w.proj, ".jail.toml")
}

func (w *world) write(kind, content string) string {
	w.t.Helper()
	if err := os.WriteFile(w.path(kind), []byte(content), 0o644); err != nil {
		w.t.Fatal(err)
	}
	return w.path(kind)
}

func (w *world) request() Request {
	return Request{
		Files:      Files{Managed: w.path("managed"), User: w.path("user"), Agents: w.agents(), Project: w.path("project")},
		Home:       w.home,
		ProjectDir: w.proj,
		Command:    w.command,
		Flags:      w.flags,
	}
}

func (w *world) load(t testing.TB) Config {
	t.Helper()
	c, err := Load(w.request())
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func (w *world) loadWith(t testing.TB, flags Overlay) Config {
	t.Helper()
	w.flags = flags
	return w.load(t)
}

func (w *world) loadCommand(t testing.TB, words ...string) Config {
	t.Helper()
	w.command = words
	return w.load(t)
}
