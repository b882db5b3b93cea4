package main

import (
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	"github.com/urfave/cli/v2"

	"jail/config"
	"jail/layers"
	"jail/mounts"
)

func layersApply(c *cli.Context, purposes []layers.Purpose) error {
	conflicts := layers.KeepHost
	if c.Bool("force") {
		conflicts = layers.TakeJail
	}
	code, err := agentPaths(func(a config.Agent) []string { return slices.Concat(a.RunsCode, a.Own) })
	if err != nil {
		return err
	}
	named, err := realPaths(c.StringSlice("only"))
	if err != nil {
		return err
	}
	return changeLayers(c, purposes, "Make these changes on the host?", func(m meant) ([]layers.Problem, error) {
		return m.Apply(c.Context, layers.Taking{Only: m.only, Conflicts: conflicts, Withheld: withheld(m.Layer, code, named)})
	})
}

// agentPaths lists what agents have in the home of a kind, where jails see it.
func agentPaths(kind func(config.Agent) []string) ([]string, error) {
	places, err := findPlaces()
	if err != nil {
		return nil, err
	}
	home, err := filepath.EvalSymlinks(places.home)
	if err != nil {
		return nil, err
	}
	agents, err := config.Agents(places.agents())
	if err != nil {
		return nil, err
	}
	var paths []string
	for _, agent := range agents {
		for _, p := range kind(agent) {
			if rel, ok := strings.CutPrefix(p, "~/"); ok {
				paths = append(paths, filepath.Join(home, rel))
			}
		}
	}
	return paths, nil
}

// withheld lists what in a layer makes an agent on the host run code, as paths beneath it, of which the empty one is all of
// it. What was named as a whole is not listed.
func withheld(l layers.Layer, code, named []string) []string {
	var list []string
	for _, p := range code {
		if mounts.Within(p, l.Target) && (p != l.Target || !slices.Contains(named, p)) {
			list = append(list, strings.TrimPrefix(strings.TrimPrefix(p, l.Target), "/"))
		}
	}
	return list
}

func layersDiscard(c *cli.Context, purposes []layers.Purpose) error {
	return changeLayers(c, purposes, "Throw these changes away?", func(m meant) ([]layers.Problem, error) {
		return nil, m.Discard(m.only)
	})
}

// changeLayers shows what is meant, asks, and does it.
func changeLayers(c *cli.Context, purposes []layers.Purpose, question string, do func(meant) ([]layers.Problem, error)) error {
	found, err := meantLayers(c, purposes)
	if err != nil {
		return err
	}
	total := 0
	for _, m := range found {
		changes, err := m.covered()
		if err != nil {
			return err
		}
		total += len(changes)
		if len(changes) > 0 {
			showChanges(m, changes)
		}
	}
	if total == 0 {
		warn("nothing was changed")
		return nil
	}
	if !c.Bool("yes") {
		if err := confirm(c.Context, question); err != nil {
			return err
		}
	}
	left := 0
	for _, m := range found {
		problems, err := do(m)
		var inUse *layers.InUseError
		if errors.As(err, &inUse) {
			return &hinted{fmt.Errorf("the changes to %q cannot be touched: %w", m.Host, err), "end that run first"}
		}
		if err != nil {
			return err
		}
		for _, p := range problems {
			left++
			warn("%q stays in the layer: %s", filepath.Join(m.Host, p.Path), p.Why)
		}
	}
	if left > 0 {
		return &hinted{fmt.Errorf("%s not applied", count(left, "change")), "jail " + c.Lineage()[1].Command.Name + " diff shows them; --force takes files that are newer on the host; discard throws the rest away"}
	}
	return nil
}
