package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"jail/config"
	"jail/jail"
	"jail/layers"
	"jail/plan"
)

// merge merges the layers of a request. A browser that is started where no project is, in the home directory or in a folder of the
// system's, as desktops do, is run without one.
func (a *ask) merge(r config.Request, host plan.Host) (config.Config, error) {
	if a.project.Name != "" || !host.NobodysProject(a.project) {
		return config.Load(r)
	}
	command := a.command
	if len(command) > 0 && strings.Contains(command[0], "/") && !filepath.IsAbs(command[0]) {
		command = append([]string{filepath.Join(r.Cwd, command[0])}, command[1:]...)
	}
	alone := r
	alone.Files.Project, alone.ProjectDir, alone.Approved, alone.Command = "", "", "", command
	cfg, err := config.Load(alone)
	if err != nil || !cfg.Browser.On() {
		return config.Load(r) // it has the error too
	}
	a.project, a.policyDir, a.command = plan.NoProject(), "", command
	return cfg, nil
}

// policy is the path of the project's config file; empty where there is no project.
func (a ask) policy() string {
	if a.policyDir == "" {
		return ""
	}
	return filepath.Join(a.policyDir, config.ProjectName)
}

// holdBrowser makes the folder of what is kept of a browser, if that is anything, and keeps other runs from it until release:
// browsers break a profile that two of them use.
func holdBrowser(dir string) (release func(), err error) {
	if dir == "" {
		return func() {}, nil
	}
	held, err := layers.AcquireFolder(dir)
	var inUse *layers.InUseError
	switch {
	case errors.As(err, &inUse):
		return nil, &hinted{fmt.Errorf("what is kept of %s cannot be given to two runs at once: %w", filepath.Base(dir), inUse), "open a window or tab in that one; or --browser=hard, of which nothing is kept"}
	case err != nil:
		return nil, fmt.Errorf("cannot keep anything of the browser: %w", err)
	}
	if err := os.MkdirAll(filepath.Join(dir, jail.BrowserState), 0o700); err != nil {
		held.Release()
		return nil, fmt.Errorf("cannot keep anything of the browser: %w", err)
	}
	return held.Release, nil
}
