package git

import (
	"context"
	"fmt"
	"strconv"
	"strings"
)

// divergence counts the commits that HEAD has and another commit has not, and the reverse.
type divergence struct {
	from          string // full name of the ref, where it is one
	ahead, behind int
}

func (d door) diverged(ctx context.Context, from string) (divergence, error) {
	if !validID(from) {
		return divergence{}, fmt.Errorf("%+q is not a commit id", from)
	}
	out, err := d.readLine(ctx, "rev-list", "--left-right", "--count", from+"...HEAD", "--")
	if err != nil {
		return divergence{}, err
	}
	return parseLeftRight(out)
}

// divergedFromRef returns nothing for a ref that is not there.
func (d door) divergedFromRef(ctx context.Context, ref string) (divergence, error) {
	if !strings.HasPrefix(ref, "refs/") {
		return divergence{}, nil
	}
	tip, err := d.resolve(ctx, ref)
	if err != nil || tip == "" {
		return divergence{}, err
	}
	v, err := d.diverged(ctx, tip)
	v.from = ref
	return v, err
}

// parseLeftRight reads git rev-list --left-right --count: behind TAB ahead.
func parseLeftRight(out string) (divergence, error) {
	left, right, _ := strings.Cut(out, "\t")
	behind, err1 := strconv.ParseUint(left, 10, 31)
	ahead, err2 := strconv.ParseUint(right, 10, 31)
	if err1 != nil || err2 != nil {
		return divergence{}, unexpected("rev-list --count", out)
	}
	return divergence{ahead: int(ahead), behind: int(behind)}, nil
}
