package config

import (
	"errors"
	"fmt"
	"path/filepath"
	"strings"
)

// Import reads the config file of ai-jail or robojail at path and writes what it says as a file of ours. What has no
// equivalent is named in lost, and in comments of the text. Errors are *FileError.
func Import(path string) (text string, lost []Refusal, err error) {
	data, err := readFile(path, linkFollow)
	switch {
	case err != nil:
		return "", nil, err
	case data == nil:
		return "", nil, &FileError{Path: path, Err: errors.New("there is no such file")}
	}
	entries, lost, err := translate(path, data, foreignSchema(path, data), imported)
	if err != nil {
		return "", nil, err
	}
	var b strings.Builder
	fmt.Fprintf(&b, "# From %s.\n", printable(path))
	for _, r := range lost {
		fmt.Fprintf(&b, "# %s\n", oneLine(r.String()))
	}
	table := ""
	for _, e := range tablesLast(entries) {
		if e.command != table {
			table = e.command
			fmt.Fprintf(&b, "\n[commands.%s]\n", quoteTOML(table))
		}
		fmt.Fprintf(&b, "%s = %s\n", e.key, e.render())
	}
	// A text that would not be read back is a mistake here, or a value that was never valid: the line tells which.
	if _, err := parseFile(path, []byte(b.String()), Places{"/", "/"}); err != nil {
		return "", lost, fmt.Errorf("what it says is not valid here: %w", err)
	}
	return b.String(), lost, nil
}

// foreignSchema finds out whose file it is: by its place, or by the first key that only one of the two has.
func foreignSchema(path string, data []byte) schema {
	if filepath.Base(path) == LegacyProject {
		return aiJailSchema()
	}
	robojail := robojailSchema()
	if filepath.Base(filepath.Dir(path)) == "robojail" {
		return robojail
	}
	entries, err := parseDocument(path, data, schema{open: true})
	for _, e := range entries {
		if _, ok := lookUp(robojail.top, e.key); ok && err == nil {
			return robojail
		}
	}
	return aiJailSchema()
}

// tablesLast sorts the entries of tables behind all others, each table's together.
func tablesLast(entries []entry) []entry {
	var names []string
	byTable := map[string][]entry{}
	for _, e := range entries {
		if _, seen := byTable[e.command]; !seen && e.command != "" {
			names = append(names, e.command)
		}
		byTable[e.command] = append(byTable[e.command], e)
	}
	sorted := byTable[""]
	for _, name := range names {
		sorted = append(sorted, byTable[name]...)
	}
	return sorted
}

// oneLine keeps a comment on its line.
func oneLine(text string) string { return strings.NewReplacer("\n", " ", "\r", " ").Replace(text) }
