package main

import (
	"fmt"
	"slices"

	"jail/jail"
	"jail/plan"
)

// held is a plan, and what was taken for it and is given back when its run is over.
type held struct {
	spec jail.Spec
	ends []func() // in the order in which things were taken
}

// release gives everything back, the last first.
func (h held) release() {
	for _, end := range slices.Backward(h.ends) {
		end()
	}
}

// hold makes the plan, and what it needs on the host: git's directory, layers and home, the browser's folder, the note of what is
// hidden. On an error nothing is held.
func (a ask) hold(places places, in plan.Input) (h held, err error) {
	defer func() {
		if err != nil {
			h.release()
		}
	}()
	if err := a.git.begin(); err != nil {
		return h, err
	}
	h.ends = append(h.ends, a.git.end)
	in.Project.Git = a.git.view()
	spec, kept, err := a.keep(in, places.loginsLock())
	if err != nil {
		return h, err
	}
	h.spec, h.ends = spec, append(h.ends, kept.release)
	browser, err := holdBrowser(spec.Kept.Browser)
	if err != nil {
		return h, err
	}
	h.ends = append(h.ends, browser)
	hidden, err := remember(places.records(), a.project.Dir, a.scanned, a.project.Remembered)
	if err != nil {
		return h, fmt.Errorf("cannot note what the run hides: %w", err)
	}
	h.ends = append(h.ends, hidden.end)
	return h, nil
}
