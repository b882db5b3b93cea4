package git

import (
	"context"
	"maps"
	"slices"
)

// KeptRefs lists what Import has put below refs/jail/Name, sorted.
func (p Private) KeptRefs(ctx context.Context) ([]string, error) {
	refs, err := p.Host.Refs(ctx, p.refs())
	return slices.Sorted(maps.Keys(refs)), err
}

// DropRefs removes what Import has put below refs/jail/Name.
func (p Private) DropRefs(ctx context.Context) error {
	d, err := p.Host.open(ctx)
	if err != nil {
		return err
	}
	refs, err := d.below(ctx, p.refs())
	if err != nil {
		return err
	}
	t := &transaction{}
	for _, ref := range slices.Sorted(maps.Keys(refs)) {
		t.set(ref, "", refs[ref])
	}
	return t.run(ctx, d)
}
