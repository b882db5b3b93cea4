package main

import (
	"errors"
	"fmt"
	"path"
	"slices"
	"strings"

	"jail/git"
	"jail/layers"
	"jail/plan"
)

// writes says where what a command writes to its project goes.
type writes string

const (
	atOnce    writes = ""
	keptApart writes = "kept apart"
)

// review is what was written to a project and waits to be taken.
type review struct {
	owner owner
	slot  *layers.Slot // while a run has it
}

// projectReview is where the review of a project is kept: beside its other layers, as it has a lock of its own.
func (p places) projectReview(dir string) review {
	of := p.projectLayers(dir)
	of.dir += ".review"
	return review{owner: of}
}

// layer is what waits; nil where nothing does.
func (r review) layer() (*layers.Layer, error) {
	found, err := layers.ListOwner(r.owner.dir)
	if err != nil || len(found) == 0 {
		return nil, err
	}
	return &found[0], nil
}

// beginReview takes the review of the project for a run.
func (a ask) beginReview(dir string) (*review, error) {
	slot, err := layers.Acquire(dir, a.owner.Owner, 1)
	var inUse *layers.InUseError
	if errors.As(err, &inUse) {
		return nil, &hinted{fmt.Errorf("the review of %q cannot be given to two runs at once: %w", a.project.Dir, err), "end that run first; or work in a jail of its own: jail create NAME"}
	}
	if err != nil {
		return nil, fmt.Errorf("cannot keep what the jail writes: %w", err)
	}
	return &review{owner{dir, a.owner.Owner}, slot}, nil
}

func (r *review) release() {
	if r != nil {
		r.slot.Release()
	}
}

// announce says what a person must know of the run that begins.
func (r *review) announce() {
	if r == nil {
		return
	}
	text := fmt.Sprintf("review: nothing reaches %q until jail apply", r.owner.Project)
	if layer, err := r.layer(); err == nil && layer != nil && hasChanges(*layer) {
		text += "; this goes on with what was written since " + layer.Begun.Local().Format("2006-01-02 15:04")
	}
	warn("%s", text)
}

// hasChanges is for a layer that was just made, too. What cannot be read is shown when it is asked for.
func hasChanges(l layers.Layer) bool {
	changes, err := l.Changes()
	return err != nil || len(changes) > 0
}

// end says what waits, and removes a layer in which nothing does.
func (r *review) end() {
	if r == nil {
		return
	}
	defer r.slot.Release()
	layer, err := r.layer()
	if err != nil || layer == nil {
		return
	}
	changes, err := layer.Changes()
	switch {
	case err != nil:
		warn("%v", err)
	case len(changes) == 0:
		if err := layer.Drop(); err != nil {
			warn("%v", err)
		}
	default:
		warn("review: what was written to %q waits (%s): jail diff shows it, jail apply takes it, jail discard throws it away", r.owner.Project, count(len(tidy(changes)), "change"))
	}
}

// tidy leaves out new folders in which something is, as that is named, and what is in a repository, as that never comes.
func tidy(changes []layers.Change) []layers.Change {
	var all []layers.Change
	for _, c := range changes {
		if slices.ContainsFunc(strings.Split(path.Dir(c.Path), "/"), func(part string) bool { return strings.EqualFold(part, ".git") }) {
			continue
		}
		if last := len(all) - 1; last >= 0 && all[last].Type == "folder" && all[last].Kind == layers.Added && strings.HasPrefix(c.Path, all[last].Path+"/") {
			all = all[:last]
		}
		all = append(all, c)
	}
	return all
}

// currentReview is what waits for the project at the current folder.
func currentReview(p places) (*layers.Layer, plan.Project, error) {
	cwd, err := currentDir()
	if err != nil {
		return nil, plan.Project{}, err
	}
	project := p.host().Locate(cwd)
	layer, err := p.projectReview(project.Dir).layer()
	return layer, project, err
}

// tellReview mentions what waits for the current project.
func tellReview(p places) {
	layer, project, err := currentReview(p)
	if err == nil && layer != nil && hasChanges(*layer) {
		warn("a review of %q waits: jail diff shows it", project.Dir)
	}
}

// reviewRepo is the repository of a project, and the git directory that its reviews work on.
func reviewRepo(p places, dir string) (git.Private, bool) {
	private, ok, err := p.workspaces().Review(dir)
	return private, ok && err == nil
}
