package config

// shape says what a key's value looks like; its text is used in messages.
type shape string

const (
	shapeString  shape = "a string"
	shapeStrings shape = "an array of strings"
	shapeEither  shape = "an array of strings, or one string"
	shapeTable   shape = "a table"
	shapeNested  shape = "a string, or a table" // whose keys are the key, an underscore and what is left of other keys
	shapeNumber  shape = "a number"
	shapeBool    shape = "true or false"
	shapeGrant   shape = "true, false or a string"
	shapeAny     shape = "anything" // of a key that is unknown and tolerated; its value is not read
)

const (
	keyCommands    = "commands"     // the one key that holds tables
	keyUpdateCheck = "update_check" // not of a single command
)

// field is one key of the schema.
type field struct {
	key   string
	shape shape
}

// schema is what a kind of file may say.
type schema struct {
	top      []field
	commands []field // of a [commands.NAME] table; nil where there are none
	open     bool    // unknown keys are passed on, without their values, rather than refused
}

// configSchema is the schema of our own config files.
func configSchema() schema { return schema{top: topFields(), commands: commandFields()} }

// topFields are the keys of a file.
func topFields() []field {
	return append([]field{{"command", shapeEither}, {keyUpdateCheck, shapeBool}, {keyCommands, shapeTable}}, commandFields()...)
}

// commandFields are the keys of a [commands.NAME] table. A command is missing, for the table is chosen by it.
func commandFields() []field {
	fields := []field{
		{"shell", shapeString},
		{keyNetwork, shapeNested},
		{keyAllowHost, shapeStrings},
		{keyDenyHost, shapeStrings},
		{keyHostPorts, shapeStrings},
		{keyPublish, shapeStrings},
		{keyNetRelax, shapeStrings},
		{"hostname", shapeString},
		{"lockdown", shapeBool},
		{"landlock", shapeString},
		{"agent_state", shapeString},
		{"agent_dir", shapeString},
		{"browser", shapeString},
		{"home", shapeString},
		{"caches", shapeBool},
		{"review", shapeBool},
		{"map", shapeStrings},
		{"rw_map", shapeStrings},
		{"overlay_map", shapeStrings},
		{"env", shapeStrings},
		{"inherit_env", shapeString},
		{"allow", shapeStrings},
		{keyMacAllow, shapeStrings},
		{"mask", shapeStrings},
		{"deny", shapeStrings},
		{"secrets", shapeString},
		{"terminal", shapeString},
		{keyStatusBar, shapeString},
		{keyRedrawKey, shapeString},
		{keyNotify, shapeString},
		{"unprotect", shapeStrings},
		{keyMemory, shapeString},
		{keyCPUs, shapeNumber},
		{keyProcesses, shapeNumber},
		{keyTimeout, shapeString},
	}
	return append(fields, integrationFields()...)
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
