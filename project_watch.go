package main

import (
	"fmt"

	"jail/config"
	"jail/guard"
	"jail/jail"
)

// projectWatch is the watch over a project while a command runs; nil: there is none.
type projectWatch struct{ watch *guard.Watch }

// watchProject begins to watch what a plan names.
func (p places) watchProject(s jail.Spec) *projectWatch {
	if s.Guard.Dir == "" {
		return nil
	}
	g := guard.Guard{Dir: s.Guard.Dir, Names: s.Guard.Names, Stands: s.Guard.Stands, Hidden: s.Guard.Hidden, Aside: p.aside()}
	for _, link := range s.Guard.Links {
		g.Links = append(g.Links, guard.Link(link))
	}
	watch, err := guard.Start(g)
	if err != nil {
		warn("%v: what is made in the project by names that programs here obey stays there", err)
		return nil
	}
	return &projectWatch{watch}
}

// maxTold is how many lines the end of a run may take for each kind of thing.
const maxTold = 5

// end tells what was moved out of the project, and what is protected no more.
func (w *projectWatch) end() {
	if w == nil {
		return
	}
	report := w.watch.End()
	tellSome(report.Moved, func(m guard.Moved) {
		hint := fmt.Sprintf(" (--unprotect %s lets it be)", m.Name)
		if m.Name == config.ProjectName || m.Name == config.LegacyProject {
			hint = ""
		}
		warn("%s was made in the project, where programs of yours obey it: it is at %q now%s", m.Name, m.To, hint)
	})
	tellSome(report.Replaced, func(path string) {
		warn("%q was replaced during the run: from then on the command could read and change it", path)
	})
	tellSome(report.Failed, func(err error) { warn("%v", err) })
}

// tellSome tells the first of many, and how many there are beside them.
func tellSome[T any](all []T, tell func(T)) {
	for _, one := range all[:min(len(all), maxTold)] {
		tell(one)
	}
	if more := len(all) - maxTold; more > 0 {
		warn("and %d more", more)
	}
}
