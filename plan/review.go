package plan

import (
	"path"

	"jail/config"
	"jail/jail"
	"jail/mounts"
)

// reviewed reports whether what is written to the project is kept apart. A named jail's work tree is apart already.
func (b *builder) reviewed() bool {
	return b.in.Config.Review == config.On && b.in.Project.Name == "" && !b.browser()
}

// review shows the project so that it can be changed and the host's is not. It has a layer of its own, that no other run of
// the project needs: what waits there is continued, or taken, although an agent works beside it.
func (b *builder) review() error {
	dir := b.in.Project.Dir
	if b.in.Host.NoLayers != "" {
		return &ProjectError{dir, "its changes cannot be kept apart for a review: " + b.in.Host.NoLayers,
			"put jail's state folder onto another file system with XDG_STATE_HOME; or let the command work in a worktree: jail create NAME; or only read: --lockdown"}
	}
	b.kept.Review = b.in.Layers + ".review"
	b.add(mounts.Mount{
		Kind: mounts.Overlay, Source: dir, Target: dir, Why: "the project; what is written waits for jail apply",
		Layer: b.layerIn(path.Join(b.kept.Review, "1"), dir, dir, jail.KeptReview),
	})
	return nil
}

// checkReviewed refuses a map by which all of the project would be changed after all. A part of it may be named.
func (b *builder) checkReviewed(m config.Map, source string) error {
	dir := b.in.Project.Dir
	switch {
	case !b.reviewed():
	case m.Mode == config.MapRW && mounts.Within(dir, source):
		return &MapError{m, "the project is in it, and what is written there was to wait for jail apply", "leave out the map, or --review; a folder in the project may be mapped"}
	case m.Mode != config.MapRO && m.Target == dir:
		return &MapError{m, "the project is there, of which a review keeps the changes already", "choose another place: SOURCE:TARGET"}
	}
	return nil
}
