package config

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"unicode/utf8"
)

// Save puts what a layer says into the config file at path: a scalar in the place of the one that is there, the elements of
// a list behind those that are there; a command that is there stays. Everything else of the file stays as it is, comments included. Values of variables are
// left out. It gives the new content, which is in place when there is no error. A file whose Sum is no longer was, "" for a
// missing one, was changed by somebody else and is refused. Errors in the present file are *FileError.
func Save(path, was string, o Overlay, at Places) ([]byte, error) {
	data, err := readFile(path, linkRefuse)
	if err != nil {
		return nil, err
	}
	if data == nil && was != "" || data != nil && Sum(data) != was {
		return nil, fmt.Errorf("cannot change %q: somebody else did so just now; try again", path)
	}
	edited, err := edit(path, data, o.entries(at), at)
	if err != nil {
		return nil, err
	}
	return edited, write(path, edited)
}

// Create makes a new file, and refuses to replace one.
func Create(path string, data []byte) error {
	file, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o644)
	if errors.Is(err, fs.ErrExist) {
		return fmt.Errorf("%q is there already", path)
	}
	if err != nil {
		return err
	}
	_, err = file.Write(data)
	return errors.Join(err, file.Close())
}

// edit changes the text of a file, and makes sure that it says what was meant.
func edit(path string, data []byte, changes []entry, at Places) ([]byte, error) {
	for _, change := range changes {
		for _, t := range change.texts {
			if !utf8.ValidString(t.value) {
				return nil, fmt.Errorf("%q is not UTF-8, and a config file must be", shorten(t.value))
			}
		}
		entries, err := parseDocument(path, data, configSchema())
		if err != nil {
			return nil, err
		}
		if change.key == "command" && topLevel(entries, change.key) >= 0 {
			continue // its words are one thing
		}
		data = editOne(data, entries, change)
	}
	f, err := parseFile(path, data, at)
	if err != nil {
		return nil, fmt.Errorf("cannot change %q without spoiling it: %w", path, err)
	}
	for _, change := range changes {
		if change.key != "command" && !says(f.entries, change) {
			return nil, fmt.Errorf("cannot change %q: key %q does not become what was meant; change it by hand", path, change.key)
		}
	}
	return data, nil
}

// says reports whether a file says what a change was to make it say.
func says(entries []entry, change entry) bool {
	i := topLevel(entries, change.key)
	if i < 0 {
		return false
	}
	for _, wanted := range change.texts {
		if !slices.ContainsFunc(entries[i].texts, func(t text) bool { return t.value == wanted.value }) {
			return false
		}
	}
	return true
}

// topLevel finds a key outside of tables.
func topLevel(entries []entry, key string) int {
	return slices.IndexFunc(entries, func(e entry) bool { return e.key == key && e.command == "" })
}

// editOne makes one change.
func editOne(data []byte, entries []entry, change entry) []byte {
	i := topLevel(entries, change.key)
	if i < 0 {
		return insert(data, entries, change.key+" = "+change.render()+"\n")
	}
	start := valueStart(data, entries[i].offset)
	end, _ := valueEnd(data, start)
	if data[start] != '[' {
		return splice(data, start, end, change.render())
	}
	return extend(data, entries[i], change)
}

// extend adds those elements to a list that it does not have.
func extend(data []byte, present, change entry) []byte {
	_, last := valueEnd(data, valueStart(data, present.offset))
	var added []string
	for _, t := range change.texts {
		if !slices.ContainsFunc(present.texts, func(old text) bool { return old.value == t.value }) {
			added = append(added, quoteTOML(t.value))
		}
	}
	if len(added) == 0 {
		return data
	}
	list := strings.Join(added, ", ")
	switch data[last-1] {
	case '[':
	case ',':
		list = " " + list + ","
	default:
		list = ", " + list
	}
	return splice(data, last, last, list)
}

// insert adds a line behind the last key outside of tables, or else before whatever is first.
func insert(data []byte, entries []entry, line string) []byte {
	at := -1
	for _, e := range entries {
		if e.command == "" && !e.headed {
			at, _ = valueEnd(data, valueStart(data, e.offset))
		}
	}
	if at < 0 {
		for at = 0; at < len(data); at = lineEnd(data, at) {
			if text := strings.TrimSpace(string(data[at:lineEnd(data, at)])); text != "" && text[0] != '#' {
				break
			}
		}
	} else {
		at = lineEnd(data, at)
	}
	if at > 0 && data[at-1] != '\n' {
		line = "\n" + line
	}
	return splice(data, at, at, line)
}

// lineEnd is the offset behind the line break of the line that has the byte at i.
func lineEnd(data []byte, i int) int {
	if n := slices.Index(data[i:], '\n'); n >= 0 {
		return i + n + 1
	}
	return len(data)
}

func splice(data []byte, start, end int, text string) []byte {
	return slices.Concat(data[:start], []byte(text), data[end:])
}

// valueStart finds the value of the key at an offset. The text is known to be valid TOML, here and below.
func valueStart(data []byte, i int) int {
	if data[i] == '"' || data[i] == '\'' {
		i = stringEnd(data, i)
	}
	for data[i] != '=' {
		i++
	}
	for i++; data[i] == ' ' || data[i] == '\t'; {
		i++
	}
	return i
}

// valueEnd finds the end of the value at i: of a string, a boolean, a number or an array of those. For an array last is
// the end of its last element or comma, or of its opening bracket.
func valueEnd(data []byte, i int) (end, last int) {
	switch data[i] {
	case '"', '\'':
		return stringEnd(data, i), 0
	case '[':
	default:
		for end = i; end < len(data) && !strings.ContainsRune(",]}# \t\r\n", rune(data[end])); {
			end++
		}
		return end, 0
	}
	last = i + 1
	for i = last; data[i] != ']'; {
		switch data[i] {
		case ' ', '\t', '\r', '\n':
			i++
		case '#':
			i = lineEnd(data, i)
		case ',':
			i++
			last = i
		default:
			i, _ = valueEnd(data, i)
			last = i
		}
	}
	return i + 1, last
}

// stringEnd finds the end of the string at i, of any of the four kinds.
func stringEnd(data []byte, i int) int {
	quote := data[i]
	long := len(data) >= i+3 && data[i+1] == quote && data[i+2] == quote
	if !long {
		for i++; data[i] != quote; i++ {
			if data[i] == '\\' && quote == '"' {
				i++
			}
		}
		return i + 1
	}
	for i += 3; ; i++ {
		if data[i] == '\\' && quote == '"' {
			i++
			continue
		}
		if data[i] == quote && data[i+1] == quote && data[i+2] == quote {
			break
		}
	}
	// Up to two quotes may stand before the three that end it.
	for i += 3; i < len(data) && data[i] == quote; {
		i++
	}
	return i
}

// write puts data at path in one step. A link there is replaced and not followed; the permissions of a file stay.
func write(path string, data []byte) error {
	mode := fs.FileMode(0o644)
	if info, err := os.Lstat(path); err == nil && info.Mode().IsRegular() {
		mode = info.Mode().Perm()
	}
	file, err := os.CreateTemp(filepath.Dir(path), ".jail-save-")
	if err != nil {
		return err
	}
	_, err = file.Write(data)
	err = errors.Join(err, file.Chmod(mode), file.Sync(), file.Close())
	if err == nil {
		err = os.Rename(file.Name(), path)
	}
	if err != nil {
		return errors.Join(err, os.Remove(file.Name()))
	}
	return nil
}
