package sbpl

import (
	"regexp"
	"strings"
)

// Precedence says which of the rules that match decides. What is known of Apple's compiler allows both; a profile of jail's
// must mean the same under each.
type Precedence string

const (
	// LastWins: the last of all that match.
	LastWins Precedence = "last"
	// SpecificWins: the last of those that name the operation itself, and of those with a star only where there is none.
	SpecificWins Precedence = "specific"
)

// Evaluator answers what a profile allows.
type Evaluator struct {
	profile  Profile
	patterns map[string]*regexp.Regexp
}

// Evaluator makes one. Errors: those of Check.
func (p Profile) Evaluator() (*Evaluator, error) {
	if err := p.Check(); err != nil {
		return nil, err
	}
	return &Evaluator{p, map[string]*regexp.Regexp{}}, nil
}

// Allows reports whether an operation on a file, or on a socket that is one, is allowed at a path without symlinks. Extensions
// are never there: they are what the kernel gives at run time. One goroutine at a time may ask.
func (e *Evaluator) Allows(op Operation, path string, by Precedence) bool {
	decision, specific := Deny, false
	for _, r := range e.profile {
		for _, ruled := range r.Operations {
			exact := ruled == op
			if !exact && !ruled.covers(op) || by == SpecificWins && specific && !exact || !e.matches(r, path) {
				continue
			}
			decision, specific = r.Action, specific || exact
		}
	}
	return decision == Allow
}

// covers reports whether an operation with a star stands for another one.
func (o Operation) covers(other Operation) bool {
	prefix, star := strings.CutSuffix(string(o), "*")
	return star && strings.HasPrefix(string(other), prefix)
}

func (e *Evaluator) matches(r Rule, path string) bool {
	if len(r.Filters) == 0 {
		return true
	}
	for _, f := range r.Filters {
		if e.filtered(f, path) {
			return true
		}
	}
	return false
}

func (e *Evaluator) filtered(f Filter, path string) bool {
	switch f.Kind {
	case Literal:
		return path == f.Value
	case Subpath:
		return path == f.Value || f.Value == "/" || strings.HasPrefix(path, f.Value+"/")
	case Regex:
		tail, ok := strings.CutPrefix(path, f.Value)
		return ok && e.pattern(f).MatchString(tail)
	case RequireAll:
		for _, each := range f.All {
			if !e.filtered(each, path) {
				return false
			}
		}
		return true
	}
	return false
}

func (e *Evaluator) pattern(f Filter) *regexp.Regexp {
	compiled, ok := e.patterns[f.Tail]
	if !ok {
		compiled, _ = f.pattern() // which Check has compiled
		e.patterns[f.Tail] = compiled
	}
	return compiled
}

// pattern is what follows Value.
func (f Filter) pattern() (*regexp.Regexp, error) {
	return regexp.Compile(`^(?s:` + f.Tail + `)$`)
}
