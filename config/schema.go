package config

// shape says what a key's value looks like; its text is used in messages.
type shape string

const (
	shapeString  shape = "a string"
	shapeStrings shape = "an array of strings"
	shapeEither  shape = "an array of strings, or one string"
	shapeTable   shape = "a table"
	shapeNumber  shape = "a number"
	shapeBool    shape = "true or false"
)

// keyCommands is the one key that holds tables.
const keyCommands = "commands"

// field is one key of the schema.
type field struct {
	key   string
	shape shape
}

// topFields are the keys of a file.
func topFields() []field {
	return append([]field{{"command", shapeEither}, {keyCommands, shapeTable}}, commandFields()...)
}

// commandFields are the keys of a [commands.NAME] table. A command is missing, for the table is chosen by it.
func commandFields() []field {
	return []field{
		{"shell", shapeString},
		{"network", shapeString},
		{"hostname", shapeString},
		{"lockdown", shapeBool},
		{"landlock", shapeString},
		{"map", shapeStrings},
		{"rw_map", shapeStrings},
		{"env", shapeStrings},
		{"allow", shapeStrings},
		{keyMemory, shapeString},
		{keyCPUs, shapeNumber},
		{keyProcesses, shapeNumber},
		{keyTimeout, shapeString},
	}
}

// lookUp finds a key among fields.
func lookUp(fields []field, key string) (field, bool) {
	for _, f := range fields {
		if f.key == key {
			return f, true
		}
	}
	return field{}, false
}

// keysOf lists the keys of fields, for messages.
func keysOf(fields []field) []string {
	keys := make([]string, len(fields))
	for i, f := range fields {
		keys[i] = f.key
	}
	return keys
}
