package plan

import (
	"path"
	"strings"
)

// Of the libraries for ** none matches a tree folder by folder: they take whole paths, and so tell neither where nothing
// more can match nor keep what is known of the folders above. The parts are matched by package path.

// glob is a pattern cut at its slashes, in small letters: names that a file system may take for equal are.
type glob []globPart

type globPart struct {
	text    string // of a literal its name
	literal bool
	any     bool // **
}

const anyFolders = "**"

func parseGlob(text string) glob {
	var g glob
	for part := range strings.SplitSeq(strings.ToLower(text), "/") {
		p := globPart{text: part, any: part == anyFolders, literal: !strings.ContainsAny(part, `*?[`)}
		if p.literal {
			p.text = unescape(part)
		}
		g = append(g, p)
	}
	return g
}

func unescape(part string) string {
	var b strings.Builder
	for i := 0; i < len(part); i++ {
		if part[i] == '\\' && i+1 < len(part) {
			i++
		}
		b.WriteByte(part[i])
	}
	return b.String()
}

// escape makes a glob of a name that stands for nothing else.
func escape(name string) string {
	return strings.NewReplacer(`\`, `\\`, "*", `\*`, "?", `\?`, "[", `\[`).Replace(name)
}

func (p globPart) match(name string) bool {
	if p.literal {
		return p.text == name
	}
	ok, err := path.Match(p.text, name)
	return ok && err == nil
}

// place is how far a glob has come on the way down: a set of the parts that the next name may match, one bit each.
type place uint64

// start is the place in the folder that the glob starts from.
func (g glob) start() place { return g.closure(0, 0) }

// closure adds a part and, where it is **, what comes after it. A ** at the end takes a name at least.
func (g glob) closure(at place, i int) place {
	for at |= 1 << i; i < len(g)-1 && g[i].any; {
		i++
		at |= 1 << i
	}
	return at
}

// next takes one name, in small letters: whether it is matched, and the place in the folder of that name.
func (g glob) next(at place, name string) (matched bool, below place) {
	for i := range g {
		if at&(1<<i) == 0 || !g[i].any && !g[i].match(name) {
			continue
		}
		if g[i].any {
			below = g.closure(below, i)
			matched = matched || i == len(g)-1
			continue
		}
		if i == len(g)-1 {
			matched = true
		} else {
			below = g.closure(below, i+1)
		}
	}
	return matched, below
}

// anywhere reports whether the glob names one name, wherever it is.
func (g glob) anywhere() bool { return len(g) == 2 && g[0].any && !g[1].any }
