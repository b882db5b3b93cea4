package layers

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"maps"
	"reflect"
	"slices"
	"strings"
)

// errNoObject is why a login is not taken that is of another format than those which can be judged.
var errNoObject = errors.New("it is no JSON object")

// loginValues says which values of a file make a login, as Credential.Values has them.
type loginValues []string

// renew puts what a jail has renewed of a login into the user's own file: of the values that it knows, those that are new or
// changed. All else stays as the user has it, and what the jail has otherwise is returned in left, by its names. An object in
// which the jail has changed something else is another login than the user's, and stays as a whole. text is nil where
// nothing is to be written. What is written is never what the jail wrote, but what was read of it: two readers of one text
// may find two things. Errors: errNoObject.
func (v loginValues) renew(have, fresh []byte) (text []byte, left []string, err error) {
	before, err := object(have)
	if err != nil {
		return nil, nil, err
	}
	after, err := object(fresh)
	if err != nil {
		return nil, nil, err
	}
	renewed, left := v.merge(before, after, nil)
	if reflect.DeepEqual(renewed, before) {
		return nil, left, nil
	}
	var out bytes.Buffer
	encoder := json.NewEncoder(&out)
	encoder.SetEscapeHTML(false)
	err = encoder.Encode(renewed)
	return bytes.TrimSpace(out.Bytes()), left, err
}

// object reads a text that is one JSON object and nothing more. Numbers stay as they are written.
func object(text []byte) (map[string]any, error) {
	var o map[string]any
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.UseNumber()
	if err := decoder.Decode(&o); err != nil || o == nil {
		return nil, errNoObject
	}
	if _, err := decoder.Token(); !errors.Is(err, io.EOF) {
		return nil, errNoObject
	}
	return o, nil
}

// merge gives the user's object with what the jail has renewed in it, and the names of what was left out.
func (v loginValues) merge(have, fresh map[string]any, at []string) (renewed map[string]any, left []string) {
	renewed = maps.Clone(have)
	other := false
	for _, name := range slices.Sorted(maps.Keys(fresh)) {
		here := append(slices.Clone(at), name)
		was, there := have[name]
		now := fresh[name]
		before, hadObject := was.(map[string]any)
		after, hasObject := now.(map[string]any)
		switch {
		case there && reflect.DeepEqual(was, now):
		case hadObject && hasObject:
			inner, out := v.merge(before, after, here)
			renewed[name], left = inner, append(left, out...)
		case hasObject && !there && v.whole(after, here), !hasObject && !hadObject && v.knows(here, now):
			renewed[name] = now
		default:
			left, other = append(left, strings.Join(here, " ")), other || there
		}
	}
	if other || !reflect.DeepEqual(renewed, have) && !v.ofKind(renewed, at) {
		if len(left) == 0 {
			left = []string{strings.Join(at, " ")}
		}
		return have, left
	}
	return renewed, left
}

// deepest is how many objects lie around a value of a login at most. No agent's has more than three, and a jail could write
// some thousand.
const deepest = 8

// whole reports whether an object that the user has not is a login and nothing more.
func (v loginValues) whole(o map[string]any, at []string) bool {
	if len(at) > deepest {
		return false
	}
	for name, value := range o {
		here := append(slices.Clone(at), name)
		if inner, ok := value.(map[string]any); ok && !v.whole(inner, here) || !ok && !v.knows(here, value) {
			return false
		}
	}
	return len(o) > 0 && v.ofKind(o, at)
}

// knows reports whether a value at a place is one of a login's.
func (v loginValues) knows(at []string, value any) bool {
	if list, ok := value.([]any); ok {
		return !slices.ContainsFunc(list, func(item any) bool { return !plain(item) }) && v.names(at, "")
	}
	text, _ := value.(string)
	return plain(value) && (v.names(at, "") || v.names(at, text))
}

// ofKind reports whether an object has the fixed values that v asks of one at that place.
func (v loginValues) ofKind(o map[string]any, at []string) bool {
	for name, value := range o {
		here := append(slices.Clone(at), name)
		fixed := slices.ContainsFunc(v, func(known string) bool {
			place, text, ok := strings.Cut(known, "=")
			return ok && text != "" && covers(place, here)
		})
		if text, ok := value.(string); fixed && (!ok || !v.names(here, text)) {
			return false
		}
	}
	return true
}

// names reports whether v has a place with that fixed text; "" is any value.
func (v loginValues) names(at []string, text string) bool {
	return slices.ContainsFunc(v, func(known string) bool {
		place, fixed, _ := strings.Cut(known, "=")
		return fixed == text && covers(place, at)
	})
}

// covers reports whether a place that is written with spaces is that one. A star is any name that can be no address, as by
// addresses an agent may be told where to look for more than a login.
func covers(place string, at []string) bool {
	parts := strings.Split(place, " ")
	return slices.EqualFunc(parts, at, func(part, name string) bool {
		return part == name || part == "*" && !strings.Contains(name, "/") && name != "__proto__"
	})
}

// plain reports whether a value has nothing within.
func plain(value any) bool {
	switch value.(type) {
	case map[string]any, []any:
		return false
	}
	return true
}
