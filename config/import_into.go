package config

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
)

// Imported is what becomes of a file of ours when one of another tool's is put into it.
type Imported struct {
	From, Into  string    // the files
	Was, Edited []byte    // what Into has, nil for nothing, and is to have; equal where it says it all already
	Kept        []string  // what Into says otherwise, and goes on saying
	Lost        []Refusal // what has no equivalent here
}

// ImportInto works out how the config file of ai-jail or robojail at from is put into ours at into: what ours does not say is added, lists
// are added up, and what it says otherwise stays. Nothing is written. A link at into is refused. Errors in either file are *FileError.
func ImportInto(from, into string, at Places) (Imported, error) {
	i := Imported{From: from, Into: into}
	theirs, err := readFile(from, linkFollow)
	if err == nil && theirs == nil {
		err = &FileError{Path: from, Err: errors.New("there is no such file")}
	}
	if err != nil {
		return i, err
	}
	if i.Was, err = readFile(i.Into, linkRefuse); err != nil {
		return i, err
	}
	if _, err := parseFile(i.Into, i.Was, at); err != nil {
		return i, err
	}
	entries, lost, err := translate(from, theirs, foreignSchema(from, theirs), imported)
	if err != nil {
		return i, err
	}
	i.Lost, i.Edited = lost, bytes.Clone(i.Was)
	if i.Was == nil && len(entries) > 0 {
		i.Edited = fmt.Appendf(nil, "# From %s.\n", printable(from))
	}
	for _, e := range tablesLast(entries) {
		if err := i.add(e); err != nil {
			return i, err
		}
	}
	if _, err := parseFile(i.Into, i.Edited, at); err != nil {
		return i, fmt.Errorf("what %q says cannot be put into %q: %w", from, i.Into, err)
	}
	return i, nil
}

// add puts one entry in.
func (i *Imported) add(e entry) error {
	present, err := parseDocument(i.Into, i.Edited, configSchema())
	if err != nil {
		return err
	}
	at := slices.IndexFunc(present, func(p entry) bool { return p.command == e.command && p.key == e.key })
	switch {
	case at < 0 && e.command == "":
		i.Edited = insert(i.Edited, present, e.key+" = "+e.render()+"\n")
	case at < 0:
		i.Edited = insertInTable(i.Edited, present, e)
	case isList(e.key):
		i.Edited = extend(i.Edited, present[at], e)
	case present[at].joined() == e.joined():
	default:
		i.Kept = append(i.Kept, fmt.Sprintf("%s: %s stays, and does not become %s", origin(i.Into, present[at].line), present[at].key+" = "+present[at].render(), e.render()))
		return nil
	}
	return i.check(e)
}

// check makes sure that an entry stands where it belongs: what another way of writing a table has below it may be another's.
func (i *Imported) check(e entry) error {
	present, err := parseDocument(i.Into, i.Edited, configSchema())
	if err == nil {
		at := slices.IndexFunc(present, func(p entry) bool { return p.command == e.command && p.key == e.key })
		missing := func(t text) bool {
			return at < 0 || !slices.ContainsFunc(present[at].texts, func(p text) bool { return p.value == t.value })
		}
		if at >= 0 && !slices.ContainsFunc(e.texts, missing) {
			return nil
		}
		err = errors.New("its tables are written in a way that cannot be added to")
	}
	return fmt.Errorf("%s of %q cannot be put into %q: %w; put it there by hand", e.name(), i.From, i.Into, err)
}

// isList reports whether the values of a key of two files add up.
func isList(key string) bool {
	f, known := lookUp(topFields(), key)
	return known && f.shape == shapeStrings
}

// insertInTable adds a line behind the last one of a [commands.NAME] table, or the table behind everything.
func insertInTable(data []byte, present []entry, e entry) []byte {
	line := e.key + " = " + e.render() + "\n"
	at := -1
	for _, p := range present {
		if p.command == e.command {
			end, _ := valueEnd(data, valueStart(data, p.offset))
			at = lineEnd(data, end)
		}
	}
	if at < 0 {
		at = len(data)
		line = "\n[commands." + quoteTOML(e.command) + "]\n" + line
	}
	if at > 0 && data[at-1] != '\n' {
		line = "\n" + line
	}
	return splice(data, at, at, line)
}

// Write puts the edited text in place. A file that is not what it was is refused. It gives the new content's Sum.
func (i Imported) Write() (sum string, err error) {
	now, err := readFile(i.Into, linkRefuse)
	if err != nil {
		return "", err
	}
	if (now == nil) != (i.Was == nil) || !bytes.Equal(now, i.Was) {
		return "", fmt.Errorf("cannot change %q: somebody else did so just now; try again", i.Into)
	}
	if err := os.MkdirAll(filepath.Dir(i.Into), 0o700); err != nil {
		return "", err
	}
	return Sum(i.Edited), write(i.Into, i.Edited)
}
