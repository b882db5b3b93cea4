package config

import (
	"bytes"
	"errors"
	"fmt"
	"unicode/utf8"

	"github.com/pelletier/go-toml/v2"
)

// TOMLString is a key of any TOML file, outside of tables, and its string.
type TOMLString struct{ Key, Value string }

// AddTOML puts keys into the text of another program's TOML file that it does not have, in front of everything that is no comment,
// where no table has begun. What the file says otherwise stays and is named in kept. With no keys it only checks the text. Errors
// are *FileError.
func AddTOML(path string, text []byte, keys []TOMLString) (edited []byte, kept []string, err error) {
	w := walker{path: path, data: text}
	if !utf8.Valid(text) {
		return nil, nil, &FileError{Path: path, Line: 1, Err: errors.New("not valid TOML: it is not UTF-8")}
	}
	var there map[string]any
	if err := toml.Unmarshal(text, &there); err != nil {
		return nil, nil, w.syntaxError(err)
	}
	edited = bytes.Clone(text)
	var added []byte
	for _, k := range keys {
		switch value, found := there[k.Key]; {
		case !found:
			added = append(added, k.Key+" = "+quoteTOML(k.Value)+"\n"...)
		case value != any(k.Value):
			kept = append(kept, fmt.Sprintf("%s stays %s", k.Key, shorten(fmt.Sprintf("%q", fmt.Sprint(value)))))
		}
	}
	if len(added) == 0 {
		return edited, kept, nil
	}
	edited = insert(edited, nil, string(added))
	if err := toml.Unmarshal(edited, new(map[string]any)); err != nil {
		return nil, nil, fmt.Errorf("cannot change %q without spoiling it: %w", path, err)
	}
	return edited, kept, nil
}
