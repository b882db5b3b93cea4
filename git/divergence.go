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

// objects returns the ids of what names lead to; "" for one that leads nowhere.
func (d door) objects(ctx context.Context, names ...string) ([]string, error) {
	var list strings.Builder
	for _, name := range names {
		if strings.ContainsAny(name, "\n\x00") {
			return nil, &UnknownRefError{name}
		}
		list.WriteString(name + "\n")
	}
	out, err := d.run(ctx, call{args: []string{"cat-file", "--batch-check=%(objectname)"}, stdin: strings.NewReader(list.String())})
	if err != nil {
		return nil, err
	}
	ids := strings.Split(strings.TrimSuffix(string(out), "\n"), "\n")
	if len(ids) != len(names) {
		return nil, unexpected("cat-file", string(out))
	}
	for i, id := range ids {
		if !validID(id) { // "NAME missing"
			ids[i] = ""
		}
	}
	return ids, nil
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
