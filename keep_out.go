package main

import (
	"fmt"

	"jail/config"
	projectguard "jail/guard"
	"jail/jail"
)

// guarding is what is watched while a command runs; nil: nothing.
type guarding struct{ watch *projectguard.Watch }

// keepOut begins to watch what a plan names.
func (p places) keepOut(s jail.Spec) *guarding {
	if s.Guard.Dir == "" {
		return nil
	}
	g := projectguard.Guard{Dir: s.Guard.Dir, Names: s.Guard.Names, Stands: s.Guard.Stands, Hidden: s.Guard.Hidden, Aside: p.aside()}
	for _, link := range s.Guard.Links {
		g.Links = append(g.Links, projectguard.Link(link))
	}
	watch, err := projectguard.Start(g)
	if err != nil {
		warn("%v: what is made in the project by names that programs here obey stays there", err)
		return nil
	}
	return &guarding{watch}
}

// maxTold is how many lines the end of a run may take for each kind of thing.
const maxTold = 5

// end tells what was moved out of the project, and what is protected no more.
func (g *guarding) end() {
	if g == nil {
		return
	}
	report := g.watch.End()
	for i, m := range report.Moved {
		if i == maxTold {
			warn("and %d more", len(report.Moved)-maxTold)
			break
		}
		hint := fmt.Sprintf(" (--unprotect %s lets it be)", m.Name)
		if m.Name == config.ProjectName || m.Name == config.LegacyProject {
			hint = ""
		}
		warn("%s was made in the project, where programs of yours obey it: it is at %q now%s", m.Name, m.To, hint)
	}
	for i, path := range report.Replaced {
		if i == maxTold {
			warn("and %d more", len(report.Replaced)-maxTold)
			break
		}
		warn("%q was replaced during the run: from then on the command could read and change it", path)
	}
	for i, err := range report.Failed {
		if i == maxTold {
			break
		}
		warn("%v", err)
	}
}
