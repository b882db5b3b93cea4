package config

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/pelletier/go-toml/v2/unstable"
)

// walker goes through the expressions of a document.
type walker struct {
	schema  schema
	path    string
	data    []byte
	parser  unstable.Parser
	table   []string // of the last [header]
	entries []entry
	parts   int
}

func (w *walker) expression(node *unstable.Node) error {
	switch node.Kind {
	case unstable.Table, unstable.ArrayTable:
		keys, line := w.keys(node)
		w.table = keys
		if node.Kind == unstable.ArrayTable {
			return w.wrong(line, strings.Join(keys, "."), errors.New("[[ ]] is not used in this file; write [ ]"))
		}
		return w.enterTable(keys, line)
	case unstable.KeyValue:
		return w.keyValue(w.table, node)
	}
	return nil
}

// keys gives the parts of a node's key and its line.
func (w *walker) keys(node *unstable.Node) (parts []string, line int) {
	for it := node.Key(); it.Next(); {
		if parts == nil {
			line = w.line(it.Node())
		}
		parts = append(parts, string(it.Node().Data))
	}
	return parts, line
}

func (w *walker) line(node *unstable.Node) int {
	line, _ := position(w.data, int(node.Raw.Offset))
	return line
}

// keyValue takes one `key = value` below the table named by prefix.
func (w *walker) keyValue(prefix []string, node *unstable.Node) error {
	keys, line := w.keys(node)
	keys = slices.Concat(prefix, keys)
	value := node.Value()
	if value.Kind != unstable.InlineTable {
		it := node.Key()
		it.Next()
		return w.value(keys, line, int(it.Node().Raw.Offset), value)
	}
	if err := w.enterTable(keys, line); err != nil {
		return err
	}
	for it := value.Children(); it.Next(); {
		if err := w.keyValue(keys, it.Node()); err != nil {
			return err
		}
	}
	return nil
}

// enterTable refuses a table where the schema has none.
func (w *walker) enterTable(keys []string, line int) error {
	if err := w.count(line); err != nil {
		return err
	}
	f, err := w.locate(keys, line)
	if err != nil || f.shape == shapeTable || f.shape == shapeAny || f.shape == shapeNested {
		return err
	}
	return w.wrong(line, f.key, fmt.Errorf("want %s, not a table", f.shape))
}

// value takes a value that is no table.
func (w *walker) value(keys []string, line, offset int, node *unstable.Node) error {
	f, err := w.locate(keys, line)
	if err != nil {
		return err
	}
	texts, err := w.texts(f, line, node)
	if err != nil {
		return err
	}
	e := entry{key: f.key, headed: len(w.table) > 0, line: line, offset: offset, texts: texts}
	if len(keys) >= 3 && keys[0] == keyCommands && w.schema.commands != nil {
		e.command = keys[1]
	}
	w.entries = append(w.entries, e)
	return w.count(line)
}

// texts gives the strings of a value, if it has the shape of its field; a boolean is the string "true" or "false",
// and a number is what is written.
func (w *walker) texts(f field, line int, node *unstable.Node) ([]text, error) {
	switch {
	case f.shape == shapeAny:
		return nil, nil
	case node.Kind == unstable.String && (f.shape == shapeString || f.shape == shapeEither || f.shape == shapeGrant || f.shape == shapeNested):
		return []text{{string(node.Data), w.line(node)}}, nil
	case node.Kind == unstable.Bool && (f.shape == shapeBool || f.shape == shapeGrant):
		return []text{{string(node.Data), line}}, nil
	case (node.Kind == unstable.Integer || node.Kind == unstable.Float) && f.shape == shapeNumber:
		return []text{{string(node.Data), line}}, nil
	case node.Kind != unstable.Array || f.shape != shapeStrings && f.shape != shapeEither:
		return nil, w.wrong(line, f.key, fmt.Errorf("want %s, not %s", f.shape, kindName(node.Kind)))
	}
	texts := []text{}
	for it := node.Children(); it.Next(); {
		element := it.Node()
		if element.Kind != unstable.String {
			// Only strings have a place in the parser's tree, so the line is the key's.
			return nil, w.wrong(line, f.key, fmt.Errorf("want %s, but element %d is %s", f.shape, len(texts)+1, kindName(element.Kind)))
		}
		if err := w.count(line); err != nil {
			return nil, err
		}
		texts = append(texts, text{string(element.Data), w.line(element)})
	}
	return texts, nil
}

// locate finds what the schema has at a key path.
func (w *walker) locate(keys []string, line int) (field, error) {
	fields, table := w.schema.top, ""
	if keys[0] == keyCommands && w.schema.commands != nil {
		if len(keys) > 1 && strings.Contains(keys[1], "/") {
			return field{}, w.wrong(line, keyCommands, fmt.Errorf("table %q: write the last element of the program's path only", shorten(keys[1])))
		}
		if len(keys) <= 2 {
			return field{strings.Join(keys, "."), shapeTable}, nil
		}
		fields, table, keys = w.schema.commands, strings.Join(keys[:2], "."), keys[2:]
	}
	f, ok := lookUp(fields, keys[0])
	if ok && f.shape == shapeNested && len(keys) == 2 {
		return w.locateNested(f, fields, strings.TrimPrefix(table+"."+f.key, "."), keys[1], line)
	}
	if !ok && w.schema.open {
		return field{strings.Join(keys, "."), shapeAny}, nil
	}
	if !ok {
		return field{}, w.wrong(line, keys[0], &UnknownKeyError{Key: keys[0], Table: table, Valid: keysOf(fields)})
	}
	if len(keys) > 1 {
		return field{}, w.wrong(line, keys[0], fmt.Errorf("want %s, not a table", f.shape))
	}
	return f, nil
}

// locateNested finds what the schema has in the table of a key that may be one.
func (w *walker) locateNested(outer field, fields []field, table, key string, line int) (field, error) {
	if key == keyMode {
		return field{outer.key, shapeString}, nil
	}
	if f, ok := lookUp(fields, outer.key+"_"+key); ok {
		return f, nil
	}
	valid := []string{keyMode}
	for _, f := range fields {
		if rest, ok := strings.CutPrefix(f.key, outer.key+"_"); ok {
			valid = append(valid, rest)
		}
	}
	return field{}, w.wrong(line, key, &UnknownKeyError{Key: key, Table: table, Valid: valid})
}

// count refuses a document of too many parts.
func (w *walker) count(line int) error {
	if w.parts++; w.parts > maxEntries {
		return &FileError{Path: w.path, Line: line, Err: fmt.Errorf("more than %d keys, tables and array elements; shorten the file", maxEntries)}
	}
	return nil
}

func (w *walker) wrong(line int, key string, err error) error {
	return &FileError{Path: w.path, Line: line, Key: key, Err: err}
}

// kindName names what stands where something else is wanted.
func kindName(kind unstable.Kind) string {
	switch kind {
	case unstable.String:
		return "a string"
	case unstable.Bool:
		return "a boolean"
	case unstable.Integer, unstable.Float:
		return "a number"
	case unstable.Array:
		return "an array"
	case unstable.InlineTable:
		return "a table"
	}
	return "a date or time"
}
