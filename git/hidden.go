package git

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// madeIndex is the index for a jail that cannot have the host's as it is; nil where it can. One that is at another commit gets that
// one's entries. One that does not see some files passes over them, so that what stands in their place is neither a change nor ever
// committed.
func (p Private) madeIndex(ctx context.Context, d door, commit string) ([]byte, error) {
	if p.Host.WorkTree == "" || commit == "" && len(p.Hidden) == 0 {
		return nil, nil
	}
	temp := filepath.Join(p.Dir, "index-"+randomName())
	defer os.Remove(temp)
	defer os.Remove(temp + ".lock")
	if err := copyIndexFile(filepath.Join(p.Host.GitDir, p.indexName()), temp); err != nil {
		return nil, err
	}
	whole := []string{"-c", "core.splitIndex=false"}
	if commit != "" {
		if _, err := d.run(ctx, call{flags: whole, args: []string{"read-tree", "-i", "--reset", commit}, access: writes, index: temp}); err != nil {
			return nil, err
		}
	}
	out, err := d.run(ctx, call{args: []string{"ls-files", "-z"}, index: temp})
	if err != nil {
		return nil, err
	}
	hidden := slices.Sorted(slices.Values(p.Hidden))
	var tracked []string
	for path := range bytes.SplitSeq(out, []byte{0}) {
		if isHidden(hidden, string(path)) {
			tracked = append(tracked, string(path))
		}
	}
	if len(tracked) == 0 && commit == "" {
		return nil, nil
	}
	if err := d.skipWorktree(ctx, temp, tracked, whole...); err != nil {
		return nil, err
	}
	return os.ReadFile(temp)
}

// isHidden reports whether a path, or a folder that it lies in, is in a sorted list.
func isHidden(sorted []string, path string) bool {
	for at := path; at != "." && at != ""; at = filepath.Dir(at) {
		if _, found := slices.BinarySearch(sorted, at); found {
			return true
		}
	}
	return false
}

// excludes lets git in the jail ignore hidden files that are not in the index: it would offer to add them, and could not.
func (p Private) excludes() []byte {
	text := []byte("\n") // never none: what an earlier run left there goes
	for _, path := range p.Hidden {
		if !strings.ContainsAny(path, "\n\r") && strings.TrimRight(path, " ") == path {
			text = append(text, "/"+strings.NewReplacer(`\`, `\\`, "*", `\*`, "?", `\?`, "[", `\[`).Replace(path)+"\n"...)
		}
	}
	return text
}
