package sbpl

import (
	"fmt"
	"strings"
)

// form is an s-expression.
type form struct {
	kind formKind
	text string
	list []form
}

type formKind string

const (
	aList   formKind = "list"
	aSymbol formKind = "symbol"
	aString formKind = "string" // "…", in which a backslash takes the meaning of a quote or a backslash
	aRaw    formKind = "raw"    // #"…", in which it has none
)

func (f form) String() string {
	switch f.kind {
	case aList:
		parts := make([]string, len(f.list))
		for i, each := range f.list {
			parts[i] = each.String()
		}
		return "(" + strings.Join(parts, " ") + ")"
	case aString:
		return fmt.Sprintf("%q", f.text)
	case aRaw:
		return `#"` + f.text + `"`
	}
	return f.text
}

// maxDepth bounds how deep lists lie in each other; what Format writes needs six.
const maxDepth = 16

// readForms reads all that a text holds.
func readForms(text string) (forms []form, err error) {
	s := scanner{text: text}
	for s.skip(); s.at < len(s.text); s.skip() {
		f, err := s.form(0)
		if err != nil {
			return nil, fmt.Errorf("line %d: %w", 1+strings.Count(s.text[:s.at], "\n"), err)
		}
		forms = append(forms, f)
	}
	return forms, nil
}

type scanner struct {
	text string
	at   int
}

// skip passes over blanks and comments.
func (s *scanner) skip() {
	for s.at < len(s.text) {
		switch c := s.text[s.at]; {
		case c == ' ' || c == '\t' || c == '\n':
			s.at++
		case c == ';':
			end := strings.IndexByte(s.text[s.at:], '\n')
			if end < 0 {
				s.at = len(s.text)
				return
			}
			s.at += end
		default:
			return
		}
	}
}

func (s *scanner) form(depth int) (form, error) {
	if depth > maxDepth {
		return form{}, fmt.Errorf("more than %d lists in each other", maxDepth)
	}
	switch c := s.text[s.at]; {
	case c == '(':
		return s.list(depth)
	case c == '"':
		return s.quoted(aString)
	case strings.HasPrefix(s.text[s.at:], `#"`):
		s.at++
		return s.quoted(aRaw)
	case symbolic(c):
		begin := s.at
		for s.at < len(s.text) && symbolic(s.text[s.at]) {
			s.at++
		}
		return form{kind: aSymbol, text: s.text[begin:s.at]}, nil
	default:
		return form{}, fmt.Errorf("%q begins nothing", c)
	}
}

func (s *scanner) list(depth int) (form, error) {
	f := form{kind: aList}
	for s.at++; ; {
		s.skip()
		if s.at == len(s.text) {
			return f, fmt.Errorf("a list does not end")
		}
		if s.text[s.at] == ')' {
			s.at++
			return f, nil
		}
		each, err := s.form(depth + 1)
		if err != nil {
			return f, err
		}
		f.list = append(f.list, each)
	}
}

func (s *scanner) quoted(kind formKind) (form, error) {
	var b strings.Builder
	for s.at++; s.at < len(s.text); s.at++ {
		c := s.text[s.at]
		switch {
		case c == '"':
			s.at++
			return form{kind: kind, text: b.String()}, nil
		case c < ' ' || c > '~':
			return form{}, fmt.Errorf("byte %#x in a string", c)
		case c == '\\' && kind == aString:
			if s.at++; s.at == len(s.text) || s.text[s.at] != '"' && s.text[s.at] != '\\' {
				return form{}, fmt.Errorf("a backslash before something else than a quote or a backslash")
			}
			c = s.text[s.at]
		}
		b.WriteByte(c)
	}
	return form{}, fmt.Errorf("a string does not end")
}

// symbolic reports whether a byte can be part of a symbol that a profile of ours has.
func symbolic(c byte) bool {
	return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || strings.IndexByte("-_*", c) >= 0
}
