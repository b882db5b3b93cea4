package main

import (
	"slices"
	"testing"

	"jail/bootstrap"
	"jail/config"
)

// TestBootstrapAndPresets holds that what bootstrap writes is shown where its agent looks, and no two files of one agent have one name.
func TestBootstrapAndPresets(t *testing.T) {
	agents, err := config.Agents("")
	if err != nil {
		t.Fatal(err)
	}
	written := map[string]bool{}
	for _, f := range bootstrap.Files() {
		if f.Inside == "" {
			continue
		}
		written[f.Inside] = true
		i := slices.IndexFunc(agents, func(a config.Agent) bool { return a.Name == f.Agent })
		if i < 0 || !slices.Contains(agents[i].Settings, f.Inside) {
			t.Errorf("the preset of %s has no %s", f.Agent, f.Inside)
		}
	}
	for _, a := range agents {
		names := map[string]bool{}
		for _, s := range a.Settings {
			name := bootstrap.File{Inside: s}.Name()
			if !written[s] || names[name] {
				t.Errorf("%s: nothing writes %s, or two files have its name", a.Name, s)
			}
			names[name] = true
		}
	}
}
