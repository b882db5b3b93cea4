package bootstrap

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/tailscale/hujson"
)

// object is what a JSON object is to have, in this order.
type object []member

// member is one of it: a string stands there, a list has at least these elements, an object at least these members.
type member struct {
	key        string
	value      any  // string, []string or object
	first      bool // it stands before all others
	onlyInside bool
}

// anywhere is the object without what is for jails alone.
func (o object) anywhere() object {
	return slices.DeleteFunc(slices.Clone(o), func(m member) bool { return m.onlyInside })
}

// edit is text that comes in for what stands between two offsets.
type edit struct {
	from, to int
	text     string
}

// merger collects the edits of one text.
type merger struct {
	text  []byte
	unit  string // of indentation
	edits []edit
	kept  []string
}

// mergeJSON adds to a text, which may have comments, what it lacks of a wish. Everything that is there stays as it is, byte by byte.
func mergeJSON(text []byte, wish object) ([]byte, []string, error) {
	if len(trim(text)) == 0 {
		return append(bytes.Clone(text), render(wish, "", "  ", true)+"\n"...), nil, nil
	}
	m, err := differences(text, wish)
	if err != nil || len(m.edits) == 0 {
		return text, m.kept, err
	}
	edited := m.apply()
	again, err := differences(edited, wish)
	if err != nil || len(again.edits) > 0 {
		return nil, nil, errors.Join(errors.New("it does not become what was meant; change it by hand"), err)
	}
	return edited, m.kept, nil
}

func differences(text []byte, wish object) (*merger, error) {
	m := &merger{text: text, unit: indentation(text)}
	if !utf8.Valid(text) {
		return m, errors.New("line 1: it is not UTF-8")
	}
	root, err := hujson.Parse(text)
	if err != nil {
		return m, errors.New(strings.TrimPrefix(err.Error(), "hujson: "))
	}
	if _, is := root.Value.(*hujson.Object); !is {
		return m, fmt.Errorf("line %d: it holds no object", m.line(root.StartOffset))
	}
	return m, m.object(root, wish, "")
}

// object merges into an object that is there; path names it, with a dot at its end.
func (m *merger) object(at hujson.Value, wish object, path string) error {
	there := at.Value.(*hujson.Object)
	var before, behind []string
	for _, w := range wish {
		found, err := m.find(there, w.key)
		if err != nil {
			return err
		}
		if found == nil {
			part, is := m.part(at, there, w)
			switch {
			case !is:
			case w.first:
				before = append(before, part)
			default:
				behind = append(behind, part)
			}
			continue
		}
		if err := m.value(there, found, w, path+w.key); err != nil {
			return err
		}
	}
	ends := make([]hujson.Value, len(there.Members))
	for i, one := range there.Members {
		ends[i] = one.Value
	}
	m.insert(at, ends, there.AfterExtra, before, behind)
	return nil
}

// part writes a member that an object lacks, if there is anything to say.
func (m *merger) part(at hujson.Value, there *hujson.Object, w member) (string, bool) {
	if list, is := w.value.([]string); is {
		list = without(list, said(there))
		if len(list) == 0 {
			return "", false
		}
		w.value = list
	}
	return quote(w.key) + ": " + render(w.value, m.outer(at)+m.unit, m.unit, m.wide(at)), true
}

// value merges into a value that is there, of a member of an object.
func (m *merger) value(parent *hujson.Object, found *hujson.Value, w member, path string) error {
	switch want := w.value.(type) {
	case object:
		if _, is := found.Value.(*hujson.Object); is {
			return m.object(*found, want, path+".")
		}
	case []string:
		if list, is := found.Value.(*hujson.Array); is {
			var added []string
			for _, element := range without(want, said(parent)) {
				added = append(added, quote(element))
			}
			m.insert(*found, list.Elements, list.AfterExtra, nil, added)
			return nil
		}
	case string:
		if literal, is := found.Value.(hujson.Literal); is && literal.Kind() == '"' && literal.String() == want {
			return nil
		}
	}
	m.kept = append(m.kept, fmt.Sprintf("%s stays %s (line %d)", path, shorten(m.text[found.StartOffset:found.EndOffset]), m.line(found.StartOffset)))
	return nil
}

// find gives a member's value. Of two by one name nobody can tell which counts.
func (m *merger) find(there *hujson.Object, key string) (found *hujson.Value, err error) {
	for i := range there.Members {
		name, is := there.Members[i].Name.Value.(hujson.Literal)
		if !is || name.String() != key {
			continue
		}
		if found != nil {
			return nil, fmt.Errorf("line %d: %s stands there twice", m.line(there.Members[i].Name.StartOffset), quote(key))
		}
		found = &there.Members[i].Value
	}
	return found, nil
}

// said are the strings of all lists of an object: a rule that somebody has put into another list stays there alone.
func said(there *hujson.Object) []string {
	var all []string
	for _, one := range there.Members {
		list, is := one.Value.Value.(*hujson.Array)
		if !is {
			continue
		}
		for _, element := range list.Elements {
			if literal, is := element.Value.(hujson.Literal); is && literal.Kind() == '"' {
				all = append(all, literal.String())
			}
		}
	}
	return all
}

func without(list, other []string) []string {
	return slices.DeleteFunc(slices.Clone(list), func(s string) bool { return slices.Contains(other, s) })
}

func (m *merger) line(offset int) int { return 1 + bytes.Count(m.text[:offset], []byte("\n")) }

// render writes a value; wide ones have a line for each member and element.
func render(value any, indent, unit string, wide bool) string {
	open, end := "{", "}"
	var parts []string
	switch value := value.(type) {
	case string:
		return quote(value)
	case []string:
		open, end = "[", "]"
		for _, element := range value {
			parts = append(parts, quote(element))
		}
	case object:
		for _, one := range value {
			parts = append(parts, quote(one.key)+": "+render(one.value, indent+unit, unit, wide))
		}
	}
	if !wide {
		return open + strings.Join(parts, ", ") + end
	}
	inner := "\n" + indent + unit
	return open + inner + strings.Join(parts, ","+inner) + "\n" + indent + end
}

func quote(s string) string {
	var b bytes.Buffer
	encoder := json.NewEncoder(&b)
	encoder.SetEscapeHTML(false)
	_ = encoder.Encode(s) // a string always can be
	return strings.TrimSpace(b.String())
}

// shorten keeps a value to a line.
func shorten(text []byte) string {
	words := strings.Join(strings.Fields(string(text)), " ")
	if len(words) > 40 {
		words = strings.ToValidUTF8(words[:40], "") + "…"
	}
	return words
}
