package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"

	"jail/jail"
	"jail/layers"
	"jail/plan"
)

// maxSlots is how many runs of one project, or in one named jail, can have layers of their own at one time.
const maxSlots = 64

// kept is what a run has taken of what outlives it, from keep to release.
type kept struct {
	jail.Kept
	slot   *layers.Slot
	review *review // of the project; nil where the run writes to it at once
	lock   string  // of the logins, one for all jails
	close  context.CancelFunc
	late   []string // files that came to the host after the jail had made its own
}

// keep plans the run with the first slot that no other run has, and makes what is to be kept.
func (a ask) keep(in plan.Input, loginsLock string) (spec jail.Spec, k kept, err error) {
	var review *review
	defer func() {
		if err != nil {
			review.release()
		}
	}()
	for ; in.Slot <= maxSlots; in.Slot++ {
		spec, err := a.build(in)
		if err == nil && spec.Kept.Review != "" && review == nil {
			review, err = a.beginReview(spec.Kept.Review)
		}
		if err != nil || !spec.Kept.Any() {
			return spec, kept{}, err
		}
		slot, err := layers.Acquire(a.owner.dir, a.owner.Owner, in.Slot)
		var inUse *layers.InUseError
		switch {
		case errors.As(err, &inUse):
			if err := onlyOnce(spec.Kept, inUse); err != nil {
				return spec, kept{}, err
			}
			continue
		case err != nil:
			return spec, kept{}, fmt.Errorf("cannot keep what the jail writes: %w", err)
		}
		k := kept{Kept: spec.Kept, slot: slot, review: review, lock: loginsLock}
		if err := k.prepare(); err != nil {
			slot.Release()
			return spec, kept{}, err
		}
		for _, file := range k.late {
			fix := strings.TrimSpace("jail state discard --only " + file + " " + a.owner.Jail)
			warn("%q came here after this jail had made its own, which it keeps; to take yours: %s", file, fix)
		}
		review.announce()
		if in.Slot > 1 && slices.ContainsFunc(spec.Kept.Layers, func(l jail.KeptLayer) bool { return l.Purpose == jail.KeptState }) {
			warn("another run has the agent's files that are kept here; this one has its own, number %d", in.Slot)
		}
		return spec, k, nil
	}
	return jail.Spec{}, kept{}, &hinted{fmt.Errorf("%d runs are under way here already", maxSlots), "end some of them"}
}

// onlyOnce refuses a second run with an overlay that the user has asked for: its changes would go elsewhere than the first's.
func onlyOnce(k jail.Kept, inUse *layers.InUseError) error {
	i := slices.IndexFunc(k.Layers, func(l jail.KeptLayer) bool { return l.Purpose == jail.KeptMap })
	if i < 0 {
		return nil
	}
	return &hinted{fmt.Errorf("the overlay of %q cannot be given to two runs at once: %w", k.Layers[i].Host, inUse), "end that run first, or leave --overlay-map out"}
}

// prepare makes the folders of a run, and settles first what a killed one left.
func (k *kept) prepare() error {
	if k.Empty != "" {
		if err := os.MkdirAll(k.Empty, 0o500); err != nil {
			return err
		}
	}
	if err := k.makeLayers(); err != nil {
		return err
	}
	k.settle()
	if k.Home.Dir != "" {
		if err := k.makeHome(); err != nil {
			return fmt.Errorf("cannot make the jail's home: %w", err)
		}
	}
	ctx, stop := context.WithCancel(context.Background())
	k.close = stop
	if len(k.Credentials) > 0 {
		go layers.Watch(ctx, k.logins(), k.lock)
	}
	return nil
}

func (k *kept) makeLayers() error {
	for _, l := range k.Layers {
		err := layers.Make(l.Dir, layers.Note{Host: l.Host, Target: l.Target, Purpose: layers.Purpose(l.Purpose)})
		var attributes *layers.AttributesError
		if errors.As(err, &attributes) {
			return &hinted{err, "put jail's state folder onto another file system with XDG_STATE_HOME, or do without: --agent-state none, --caches=false, no --overlay-map, no --review"}
		}
		if err != nil {
			return fmt.Errorf("cannot keep what the jail writes to %q: %w", l.Target, err)
		}
	}
	return nil
}

func (k *kept) makeHome() error {
	home := layers.Home{Dir: k.Home.Dir}
	if err := home.Make(); err != nil {
		return err
	}
	if !k.Home.Vanishes {
		release, err := home.Lock()
		if err != nil {
			return err
		}
		defer release()
	}
	if err := k.vanish(); err != nil {
		return err
	}
	for _, place := range k.Home.Places {
		if err := home.Clear(place.Path, string(place.Kind)); err != nil {
			return err
		}
	}
	for _, seed := range k.Home.Seeds {
		late, err := home.Plant(layers.Note{Host: seed.Host, Target: seed.Target, File: seed.Name})
		if err != nil {
			return fmt.Errorf("cannot copy %q: %w", seed.Host, err)
		}
		if late {
			k.late = append(k.late, seed.Host)
		}
	}
	return nil
}

// vanish empties a home that does not outlive its run.
func (k *kept) vanish() error {
	if !k.Home.Vanishes {
		return nil
	}
	var keep layers.Selection
	for _, seed := range k.Home.Seeds {
		keep = append(keep, seed.Name)
	}
	return layers.Home{Dir: k.Home.Dir}.Vanish(keep)
}

func (k *kept) logins() []layers.Credential {
	var all []layers.Credential
	for _, c := range k.Credentials {
		all = append(all, layers.Credential(c))
	}
	return all
}

// settle brings refreshed logins to the host, and gives the next run the host's.
func (k *kept) settle() {
	for _, c := range k.logins() {
		var err error
		if c.Dir == k.Home.Dir && !k.Home.Vanishes {
			_, err = c.WriteBack(k.lock) // another run may be using that home
		} else {
			err = c.Settle(k.lock)
		}
		if err != nil {
			warn("%v", err)
		}
	}
}

// release ends what keep began, after the run.
func (k *kept) release() {
	if k.slot == nil {
		return
	}
	k.close()
	k.settle()
	if err := k.vanish(); err != nil {
		warn("the jail's home could not be removed, and the next run tries again: %v", err)
	}
	k.slot.Release()
	k.review.end()
}
