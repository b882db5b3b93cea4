package config

import (
	"fmt"
	"slices"
	"strings"
)

// VariableError says what is wrong with a JAIL_… variable of the environment. It shows no value.
type VariableError struct {
	Name string
	Err  error
}

func (e *VariableError) Error() string {
	return fmt.Sprintf("environment variable %s: %v", printable(shorten(e.Name)), e.Err)
}

// Unwrap gives the cause.
func (e *VariableError) Unwrap() error { return e.Err }

// variablePrefix stands before the name of a key, in capitals.
const variablePrefix = "JAIL_"

// given are the variables that a command to notify gets, and that say nothing when it starts jail.
var given = []string{"JAIL_NAME", "JAIL_NOTIFY_STATE", "JAIL_NOTIFY_TEXT"}

// variables makes a layer of the JAIL_… variables in an environment: JAIL_ and a key in capitals. An array has one element
// a line. An empty variable says nothing. Other names are left alone, but not those that a slip of the finger makes of ours.
func variables(environment []string, at Places) (layer, error) {
	l := newLayer(originVariables)
	fields := topFields()
	for _, variable := range environment {
		name, value, _ := strings.Cut(variable, "=")
		suffix, ours := strings.CutPrefix(name, variablePrefix)
		if !ours || value == "" {
			continue
		}
		if slices.Contains(given, name) {
			continue
		}
		key := strings.ToLower(suffix)
		f, known := lookUp(fields, key)
		switch meant := Closest(key, keysOf(fields)); {
		case known && suffix == strings.ToUpper(suffix) && f.shape != shapeTable:
		case meant != "" && meant != keyCommands:
			return layer{}, &VariableError{name, fmt.Errorf("did you mean %s%s?", variablePrefix, strings.ToUpper(meant))}
		default:
			continue
		}
		texts, err := variableTexts(f, value)
		if err != nil {
			return layer{}, &VariableError{name, err}
		}
		if _, err := l.set(name, entry{key: key, texts: texts}, at); err != nil {
			return layer{}, &VariableError{name, err}
		}
	}
	return l, nil
}

// variableTexts cuts a value into what a file would say.
func variableTexts(f field, value string) ([]text, error) {
	if f.shape == shapeBool && !slices.Contains([]string{"true", "false"}, value) {
		return nil, fmt.Errorf("want %s", f.shape)
	}
	if f.shape != shapeStrings && f.shape != shapeEither {
		return []text{{value: value}}, nil
	}
	var texts []text
	for line := range strings.Lines(value) {
		if line = strings.TrimSuffix(line, "\n"); line != "" {
			texts = append(texts, text{value: line})
		}
	}
	return texts, nil
}
