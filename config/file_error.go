package config

import (
	"errors"
	"fmt"
	"strings"
)

// FileError says what is wrong with a config file, and where.
type FileError struct {
	Path   string
	Line   int    // from 1; 0 when the file as a whole is meant
	Column int    // in bytes from 1; set for errors of TOML itself, otherwise 0
	Key    string // the key of the schema that is meant, if any
	Err    error
}

// Error renders PATH:LINE: key "KEY": what, or cannot read config "PATH": what.
func (e *FileError) Error() string {
	if e.Line == 0 {
		return fmt.Sprintf("cannot read config %q: %v", e.Path, e.Err)
	}
	var b strings.Builder
	fmt.Fprintf(&b, "%s:%d:", printable(e.Path), e.Line)
	if e.Column > 0 {
		fmt.Fprintf(&b, "%d:", e.Column)
	}
	b.WriteByte(' ')
	if unknown := (*UnknownKeyError)(nil); e.Key != "" && !errors.As(e.Err, &unknown) {
		fmt.Fprintf(&b, "key %q: ", shorten(e.Key))
	}
	b.WriteString(e.Err.Error())
	return b.String()
}

// Unwrap gives the cause.
func (e *FileError) Unwrap() error { return e.Err }

// UnknownKeyError says that a file has a key that the schema has not.
type UnknownKeyError struct {
	Key   string
	Table string   // as "commands.NAME"; "" at the top level
	Valid []string // the keys that the schema has there
}

func (e *UnknownKeyError) Error() string {
	where := ""
	if e.Table != "" {
		where = " in [" + printable(shorten(e.Table)) + "]"
	}
	return fmt.Sprintf("unknown key %q%s; %s", shorten(e.Key), where, advice(e.Key, e.Valid))
}
