package sbpl

import (
	"fmt"
	"strings"
)

// Format writes a profile. Its text is printable ASCII and newlines, whatever its paths are: a string that has anything else
// becomes a parameter, as nothing says in which encoding the compiler reads a profile.
func (p Profile) Format() (text string, params []Param) {
	w := writer{named: map[string]string{}}
	w.WriteString("(version 1)\n(deny default)\n")
	for _, r := range p {
		w.rule(r)
	}
	return w.String(), w.params
}

type writer struct {
	strings.Builder
	params []Param
	named  map[string]string // value -> name of its parameter
}

func (w *writer) rule(r Rule) {
	if r.Why != "" {
		fmt.Fprintf(w, "; %s\n", comment(r.Why))
	}
	fmt.Fprintf(w, "(%s", r.Action)
	for _, op := range r.Operations {
		fmt.Fprintf(w, " %s", op)
	}
	for _, f := range r.Filters {
		w.WriteString("\n\t")
		w.filter(f)
		if f.Why != "" {
			fmt.Fprintf(w, " ; %s", comment(f.Why))
		}
	}
	// On a line of its own: before it may stand a comment.
	if len(r.Filters) > 0 {
		w.WriteByte('\n')
	}
	w.WriteString(")\n")
}

func (w *writer) filter(f Filter) {
	switch f.Kind {
	case RequireAll:
		w.WriteString("(require-all")
		for _, each := range f.All {
			w.WriteByte(' ')
			w.filter(each)
		}
		w.WriteByte(')')
	case Regex:
		if f.Value == "" {
			fmt.Fprintf(w, `(regex #"^%s$")`, f.Tail)
			return
		}
		fmt.Fprintf(w, `(regex (string-append "^" (regex-quote %s) #"%s$"))`, w.quote(f.Value), f.Tail)
	case Local, Remote:
		fmt.Fprintf(w, "(%s ip %s)", f.Kind, w.quote(f.Value))
	case Target, SocketDomain:
		fmt.Fprintf(w, "(%s %s)", f.Kind, f.Value)
	default:
		fmt.Fprintf(w, "(%s %s)", f.Kind, w.quote(f.Value))
	}
}

// quote writes a string, or the name of the parameter that holds it.
func (w *writer) quote(s string) string {
	if plain(s) {
		return `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(s) + `"`
	}
	name, ok := w.named[s]
	if !ok {
		name = fmt.Sprintf("P%d", len(w.params))
		w.named[s] = name
		w.params = append(w.params, Param{name, s})
	}
	return fmt.Sprintf(`(param "%s")`, name)
}

// plain reports whether a string is printable ASCII.
func plain(s string) bool {
	return !strings.ContainsFunc(s, func(r rune) bool { return r < ' ' || r > '~' })
}

// comment keeps a text on its line, and in ASCII.
func comment(s string) string {
	return strings.Map(func(r rune) rune {
		if r < ' ' || r > '~' {
			return '?'
		}
		return r
	}, s)
}
