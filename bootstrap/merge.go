package bootstrap

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
)

// Place is which of an agent's two files is meant.
type Place string

const (
	Inside Place = "inside" // jail's own, which only agents in jails see
	Host   Place = "host"   // the agent's own, which it obeys outside of jails too
)

// TOMLEditor puts keys into a TOML document, outside of tables, before all that is not a comment. What is there already stays and
// is named in kept. With no keys it only checks. It stands here because one package alone reads TOML.
type TOMLEditor func(path string, text []byte, keys []Setting) (edited []byte, kept []string, err error)

// SyntaxError says that a file cannot be read, and so is not changed.
type SyntaxError struct {
	Path string
	Err  error
}

func (e *SyntaxError) Error() string { return fmt.Sprintf("cannot change %q: %v", e.Path, e.Err) }

func (e *SyntaxError) Unwrap() error { return e.Err }

// Merge puts what the file is to say into text, which is nil where there is none yet. All that is there stays: rules are added,
// and what says otherwise is kept and named. Text that says it all is returned as it is. The path is for errors, which are
// *SyntaxError or the editor's.
func (f File) Merge(path string, place Place, text []byte, toml TOMLEditor) (edited []byte, kept []string, err error) {
	switch f.Format {
	case TOML:
		keys := f.keys
		if place == Inside {
			keys = slices.Concat(keys, f.inside)
		}
		return toml(path, text, keys)
	case Statements:
		if f.tables {
			if _, _, err := toml(path, text, nil); err != nil {
				return nil, nil, err
			}
		}
		return addStatements(text, f.statements), nil, nil
	}
	wish := f.wish
	if place == Host {
		wish = wish.anywhere()
	}
	edited, kept, err = mergeJSON(text, wish)
	if err != nil {
		return nil, nil, &SyntaxError{path, err}
	}
	return edited, kept, nil
}

// addStatements adds those statements behind a text that it does not have.
func addStatements(text []byte, statements []string) []byte {
	edited := bytes.Clone(text)
	has := "\n" + string(text) + "\n"
	for _, statement := range statements {
		if strings.Contains(has, "\n"+statement+"\n") {
			continue
		}
		if len(edited) > 0 && edited[len(edited)-1] != '\n' {
			edited = append(edited, '\n')
		}
		if len(edited) > 0 && strings.Contains(statement, "\n") {
			edited = append(edited, '\n')
		}
		edited = append(edited, statement+"\n"...)
	}
	return edited
}
