package main

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"jail/git"
	"jail/layers"
	"jail/plan"
	"jail/session"
	"jail/state"
	"jail/workspace"
)

// places are the folders of docs/architecture.md, from the environment (XDG Base Directory Specification 0.8: a relative value is to be
// ignored).
type places struct {
	home, config, data, state, cache string
	managed                          string   // the administrator's file
	named                            []string // those folders as they are named, over whatever links
}

func findPlaces() (places, error) {
	home := os.Getenv("HOME")
	if !filepath.IsAbs(home) {
		return places{}, &hinted{errors.New("HOME is not set to an absolute path"), "export HOME=/path/to/your/home"}
	}
	p := places{home: filepath.Clean(home), managed: "/etc/jail/config.toml"}
	xdg := func(name, fallback string) string {
		dir := os.Getenv(name)
		if !filepath.IsAbs(dir) {
			dir = filepath.Join(home, fallback)
		}
		dir = filepath.Join(dir, "jail")
		p.named = append(p.named, dir)
		return real(dir)
	}
	p.config, p.data = xdg("XDG_CONFIG_HOME", ".config"), xdg("XDG_DATA_HOME", ".local/share")
	p.state, p.cache = xdg("XDG_STATE_HOME", ".local/state"), xdg("XDG_CACHE_HOME", ".cache")
	return p, nil
}

// moved are the variables by which the user has put folders of ours elsewhere, for a further process of this program that is
// started in an environment without them.
func moved() []string {
	var env []string
	for _, name := range []string{"XDG_DATA_HOME", "XDG_STATE_HOME", "XDG_CACHE_HOME"} {
		if value, ok := os.LookupEnv(name); ok {
			env = append(env, name+"="+value)
		}
	}
	return env
}

// real follows the links on the way to a folder, which may not be there yet: a home, or a part of it, may lie on another disk. Only
// this process does, once: from here on a link in such a path is one that somebody has planted.
func real(dir string) string {
	if at, err := filepath.EvalSymlinks(dir); err == nil {
		return at
	}
	if parent := filepath.Dir(dir); parent != dir {
		return filepath.Join(real(parent), filepath.Base(dir))
	}
	return dir
}

func (p places) userConfig() string { return filepath.Join(p.config, "config.toml") }

// agents is the folder of the user's own presets.
func (p places) agents() string { return filepath.Join(p.config, "agents") }

// records are what is noted of jails and runs.
func (p places) records() state.Store { return state.Open(p.state) }

func (p places) trust() state.Trust { return p.records().Trust() }

func (p places) host() plan.Host {
	host := plan.Probe(p.home)
	host.Detached = isSupervisor()
	host.Sessions = sessionsOf(p.records())
	host.Settings = p.agents()
	host.NoLayers = plan.ProbeLayers(p.layersRoot())
	host.Own = append([]string{p.config, p.userConfig(), p.agents(), p.data, p.state, p.cache}, p.named...)
	if presets, err := os.ReadDir(p.agents()); err == nil {
		for _, preset := range presets { // each may be a link to somewhere else
			host.Own = append(host.Own, filepath.Join(p.agents(), preset.Name()))
		}
	}
	return host
}

// aside is where lies what was moved out of projects because programs of the host would have obeyed it.
func (p places) aside() string { return filepath.Join(p.state, "aside") }

// browsers is where what is kept of browsers lies.
func (p places) browsers() string { return filepath.Join(p.data, "browsers") }

// layersRoot is where what jails write to overlays is kept.
func (p places) layersRoot() string { return filepath.Join(p.state, "layers") }

// loginsLock guards the logins of the host, which all jails refresh.
func (p places) loginsLock() string { return filepath.Join(p.state, "logins.lock") }

// projectLayers is the part of unnamed jails around a project; its name is made so that no two projects share one.
func (p places) projectLayers(dir string) owner {
	sum := sha256.Sum256([]byte(dir))
	return owner{filepath.Join(p.layersRoot(), "project-"+hex.EncodeToString(sum[:16])), layers.Owner{Project: dir}}
}

// jailLayers is the part of a named jail: of this one, not of a later one of the same name.
func (p places) jailLayers(r state.Record) owner {
	return owner{filepath.Join(p.layersRoot(), "jail-"+r.ID), layers.Owner{Project: r.Repo, Jail: r.Name}}
}

// session is where the runs of a jail are kept.
func (p places) session(r state.Record) session.Folder { return runsOf(p.records(), r) }

// owner is whom layers belong to, and the folder where they lie.
type owner struct {
	dir string
	layers.Owner
}

func (p places) workspaces() workspace.Manager {
	return workspace.Manager{
		Store: p.records(), Root: filepath.Join(p.data, "jails"), Cache: filepath.Join(p.cache, "status"), Box: newBox(p),
		Trees: workspace.TreesRecycled,
		// By the process and not by a path: the binary may be replaced while a command runs.
		Fetch: git.Fetch{
			UploadPack:  fmt.Sprintf("/proc/%d/exe %s", os.Getpid(), uploadPackVerb),
			UploadIndex: fmt.Sprintf("/proc/%d/exe %s", os.Getpid(), uploadIndexVerb),
			Env:         moved(),
		},
	}
}
