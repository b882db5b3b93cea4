package mounts

import (
	"cmp"
	"slices"
	"strings"
)

// Sort puts a list in the order in which it can be applied: parents before what is mounted below them. Mounts that are
// not above one another are ordered by path, so that equal sets give equal lists.
func Sort(list []Mount) {
	slices.SortStableFunc(list, func(a, b Mount) int { return comparePaths(a.Target, b.Target) })
}

// comparePaths orders clean absolute paths by their components, so that "/a/b" stands before "/a-b": a plain string
// comparison would put "/a-b" between "/a" and "/a/b", as "-" sorts before "/".
func comparePaths(a, b string) int {
	for a != "" && b != "" {
		var x, y string
		x, a, _ = strings.Cut(strings.TrimPrefix(a, "/"), "/")
		y, b, _ = strings.Cut(strings.TrimPrefix(b, "/"), "/")
		if c := cmp.Compare(x, y); c != 0 {
			return c
		}
	}
	return cmp.Compare(len(a), len(b))
}

// Within reports whether path is dir or lies below it. Both are clean absolute paths; nothing is looked up.
func Within(path, dir string) bool {
	return path == dir || dir == "/" || strings.HasPrefix(path, dir) && path[len(dir)] == '/'
}
