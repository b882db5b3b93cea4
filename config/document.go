package config

import (
	"bytes"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/pelletier/go-toml/v2"
	"github.com/pelletier/go-toml/v2/unstable"
)

// maxEntries bounds the keys, tables and array elements of a file. The duplicate check of go-toml takes the square of
// their number in time, and a hostile project file could make every run hang.
const maxEntries = 1000

// text is one string of a document.
type text struct {
	value string
	line  int
}

// entry is one `key = value` of a document that fits the schema.
type entry struct {
	command string // NAME of the [commands.NAME] table it stands in, "" at the top level
	headed  bool   // it stands below a [header], of whatever table
	key     string
	line    int
	offset  int    // of the key, in bytes
	texts   []text // one for a string
}

// name is the key, with "commands.NAME." before it in such a table.
func (e entry) name() string {
	if e.command == "" {
		return e.key
	}
	return keyCommands + "." + e.command + "." + e.key
}

// values are the texts of an entry as a person counts them: those of a list one by one, all words of a command as one.
func (e entry) values() []text {
	switch e.key {
	case "map", "rw_map", "overlay_map", "env", "allow", keyMacAllow, "mask", "deny", "unprotect", keyAllowHost, keyDenyHost, keyHostPorts, keyPublish, keyNetRelax:
		return e.texts
	}
	return []text{{e.joined(), e.line}}
}

// joined is the value of an entry on one line.
func (e entry) joined() string {
	words := make([]string, len(e.texts))
	for i, t := range e.texts {
		words[i] = t.value
	}
	return strings.Join(words, " ")
}

// parseDocument reads the TOML of the file at path, which is used in errors only. It takes two passes: go-toml's
// parser gives each value with its place, which its decoder does not, and its decoder finds keys that are set twice.
// All errors are *FileError.
func parseDocument(path string, data []byte, s schema) ([]entry, error) {
	w := walker{schema: s, path: path, data: data}
	w.parser.Reset(data)
	for w.parser.NextExpression() {
		if err := w.expression(w.parser.Expression()); err != nil {
			return nil, err
		}
	}
	if err := w.parser.Error(); err != nil {
		return nil, w.syntaxError(err)
	}
	if err := toml.Unmarshal(data, new(map[string]any)); err != nil {
		return nil, w.syntaxError(err)
	}
	return w.entries, nil
}

// syntaxError gives an error of either of go-toml's two passes its place.
func (w *walker) syntaxError(err error) error {
	// Only the text is kept: the errors refer to the whole document. It may repeat what the file wrote.
	what := printable(strings.TrimPrefix(err.Error(), "toml: "))
	result := &FileError{Path: w.path, Line: 1, Column: 1, Err: errors.New("not valid TOML: " + what)}
	if parse := (*unstable.ParserError)(nil); errors.As(err, &parse) {
		// A highlight is a subslice of the document: both have the same end of capacity.
		result.Line, result.Column = position(w.data, cap(w.data)-cap(parse.Highlight))
	}
	if decode := (*toml.DecodeError)(nil); errors.As(err, &decode) {
		result.Line, result.Column = decode.Position()
	}
	if word := bareWord(w.data, result.Line); word != "" {
		result.Err = fmt.Errorf("not valid TOML: a text stands in quotes; write %q", word)
	}
	return result
}

// bareWord is the value of a line, from 1, where that is one word without quotes that TOML does not know; empty where it is not.
func bareWord(data []byte, line int) string {
	lines := bytes.Split(data, []byte("\n"))
	if line < 1 || line > len(lines) {
		return ""
	}
	_, value, _ := strings.Cut(string(lines[line-1]), "=")
	value, _, _ = strings.Cut(value, "#")
	value = strings.TrimSpace(value)
	other := func(r rune) bool { return !('a' <= r && r <= 'z' || 'A' <= r && r <= 'Z' || r == '-' || r == '_') }
	if len(value) > 64 || strings.ContainsFunc(value, other) || slices.Contains([]string{"true", "false", "inf", "nan"}, value) {
		return ""
	}
	return value
}
