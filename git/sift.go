package git

import (
	"context"
	"slices"
)

// maxTries is how many fetches find out which refs are refused.
const maxTries = 16

// take fetches the objects. If the whole is refused, the jail's own branch is tried alone, and of the rest what is not
// refused comes in.
func (i *importer) take(changed, own []string) ([]string, error) {
	err := i.fetchAll(changed)
	if err == nil {
		return changed, nil
	}
	if i.ctx.Err() != nil {
		return nil, err
	}
	var first, rest []string
	for _, name := range changed {
		if slices.Contains(own, name) {
			first = append(first, name)
		} else {
			rest = append(rest, name)
		}
	}
	if len(first) > 0 && len(rest) > 0 {
		err = i.fetchAll(first)
	}
	if len(first) > 0 && err != nil {
		return nil, &RefusedError{Refs: first, Reason: reasonOf(err)}
	}
	ctx, cancel := context.WithTimeout(i.ctx, fetchLimit)
	defer cancel()
	tries := maxTries
	return append(first, i.sift(ctx, rest, &tries)...), i.ctx.Err()
}

// sift finds out by halves which refs are not refused, and notes those that are.
func (i *importer) sift(ctx context.Context, names []string, tries *int) []string {
	if len(names) == 0 {
		return nil
	}
	refused := "too much else was refused"
	if *tries--; *tries >= 0 {
		err := i.p.take(ctx, i.d, i.fetch, i.ids(names))
		if err == nil {
			return names
		}
		refused = reasonOf(err)
	}
	if len(names) == 1 || *tries < 0 {
		i.result.Refused = append(i.result.Refused, (&RefusedError{Refs: names, Reason: refused}).Error())
		return nil
	}
	half := len(names) / 2
	return append(i.sift(ctx, names[:half], tries), i.sift(ctx, names[half:], tries)...)
}

func (i *importer) fetchAll(names []string) error { return i.p.take(i.ctx, i.d, i.fetch, i.ids(names)) }

// ids lists what the jail has under names, each once.
func (i *importer) ids(names []string) []string {
	var out []string
	for _, name := range names {
		if id := i.id(name); id != "" {
			out = append(out, id)
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}
