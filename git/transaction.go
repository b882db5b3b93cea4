package git

import (
	"context"
	"fmt"
	"strings"
)

// transaction changes refs all together or not at all, each only if it is as it was seen.
type transaction struct {
	gone, lines strings.Builder
}

// set moves a ref from one id to another; an empty one means that there is no such ref.
func (t *transaction) set(ref, id, was string) {
	switch {
	case id == was:
	case id == "":
		fmt.Fprintf(&t.gone, "delete %s %s\n", ref, was)
	case was == "":
		fmt.Fprintf(&t.lines, "create %s %s\n", ref, id)
	default:
		fmt.Fprintf(&t.lines, "update %s %s %s\n", ref, id, was)
	}
}

// run removes first, on its own: git makes no branch a/b in the transaction that removes a.
func (t *transaction) run(ctx context.Context, d door) error {
	if err := t.unlinked(d.repo); err != nil {
		return err
	}
	for _, lines := range []string{t.gone.String(), t.lines.String()} {
		// With a reflog, also in a bare repository: a branch that the jail rewrote is found again.
		if err := d.updateRefs(ctx, "jail: taken over", lines, "--create-reflog"); err != nil {
			return err
		}
	}
	return nil
}

// below lists the refs whose names begin with prefix, which ends in "/".
func (d door) below(ctx context.Context, prefix string) (map[string]string, error) {
	out, err := d.read(ctx, "for-each-ref", "--format=%(objectname) %(refname)", prefix)
	if err != nil {
		return nil, err
	}
	ids := map[string]string{}
	for line := range strings.Lines(string(out)) {
		id, name, ok := strings.Cut(strings.TrimSuffix(line, "\n"), " ")
		if !ok || !validID(id) {
			return nil, unexpected("for-each-ref", line)
		}
		ids[name] = id
	}
	return ids, nil
}
