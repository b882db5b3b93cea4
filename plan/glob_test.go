package plan

import (
	"path"
	"regexp"
	"strings"
	"testing"
)

func TestGlob(t *testing.T) {
	for _, test := range []struct {
		glob     string
		yes, not []string
	}{
		{".env", []string{".env", ".ENV"}, []string{"a/.env", ".env2", "x.env"}},
		{".env*", []string{".env", ".env.local", ".envrc"}, []string{"env"}},
		{"**/.env", []string{".env", "a/.env", "a/b/.env"}, []string{"a/.env/b"}},
		{"a/**", []string{"a/b", "a/b/c"}, []string{"a", "b/a"}},
		{"a/**/b", []string{"a/b", "a/x/b", "a/x/y/b", "a/b/b"}, []string{"b", "a/b/c"}},
		{"**/a/**/b/*.go", []string{"a/b/x.go", "x/a/y/b/z.go", "a/b/b/x.go"}, []string{"b/a/x.go"}},
		{"x[0-9]", []string{"x1"}, []string{"xa", "x"}},
		{"x[^0-9]", []string{"xa"}, []string{"x1"}},
		{"?", []string{"a", "ü"}, []string{"", "ab"}},
		{`\*`, []string{"*"}, []string{"a"}},
		{"*", []string{"a"}, []string{"a/b"}},
		{"**", []string{"a", "a/b/c"}, nil},
	} {
		for _, name := range test.yes {
			if !matchGlob(test.glob, name) {
				t.Errorf("%q does not match %q", test.glob, name)
			}
		}
		for _, name := range test.not {
			if matchGlob(test.glob, name) {
				t.Errorf("%q matches %q", test.glob, name)
			}
		}
	}
}

// FuzzGlob compares the matcher with a regular expression of the same meaning.
func FuzzGlob(f *testing.F) {
	for _, seed := range [][2]string{{"**/a*/b", "x/ab/b"}, {"a/**/**", "a/b"}, {"?/[a-c]", "x/b"}, {"**/*", "a"}} {
		f.Add(seed[0], seed[1])
	}
	f.Fuzz(func(t *testing.T, glob, name string) {
		if len(glob) > 60 || strings.Trim(glob, `abc*?/`) != "" || strings.Trim(name, "abc/") != "" || name == "" {
			return
		}
		if path.Clean(glob) != glob || path.Clean(name) != name || path.IsAbs(glob) || path.IsAbs(name) || glob == "." {
			return
		}
		var expression strings.Builder
		parts := strings.Split(glob, "/")
		for i, part := range parts {
			switch last := i == len(parts)-1; {
			case part == anyFolders && last:
				expression.WriteString(".+")
			case part == anyFolders:
				expression.WriteString("(?:[^/]+/)*")
			default:
				expression.WriteString(strings.NewReplacer("*", "[^/]*", "?", "[^/]").Replace(part))
				if !last {
					expression.WriteString("/")
				}
			}
		}
		if got, want := matchGlob(glob, name), regexp.MustCompile("^"+expression.String()+"$").MatchString(name); got != want {
			t.Errorf("%q and %q: got %v, want %v (%s)", glob, name, got, want, expression.String())
		}
	})
}

// matchGlob reports whether a whole path is matched.
func matchGlob(text, name string) bool {
	g := parseGlob(text)
	at, matched := g.start(), false
	for part := range strings.SplitSeq(strings.ToLower(name), "/") {
		matched, at = g.next(at, part)
	}
	return matched
}
