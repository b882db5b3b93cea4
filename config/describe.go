package config

import (
	"fmt"
	"slices"
	"strings"
)

// Key describes one key of the config files.
type Key struct {
	Name    string `json:"name"`
	Shape   string `json:"shape"`
	What    string `json:"what"`
	Example string `json:"example"` // as in a file
	Project string `json:"project"` // what a project file that is not trusted may do with it
}

// descriptions say what the keys mean, for the text of jail init, jail config schema and JSON Schema. A test holds that
// there is one for each key of the schema.
var descriptions = []Key{
	{Name: "command", What: "what runs where no command is given", Example: `["claude"]`, Project: "nothing"},
	{Name: "shell", What: "the shell that runs where there is no command", Example: `"/bin/zsh"`, Project: "nothing"},
	{Name: keyNetwork, What: "what of the network is reachable: host, none, allow (what network_allow says) or audit (every public address, written down)", Example: `"none"`, Project: "narrow it"},
	{Name: keyAllowHost, What: "what network allow lets through: NAME, *.NAME, ADDRESS, NETWORK/BITS or @SET, with :PORT,PORT for other ports than 443, 80 and 22", Example: `["api.example.com", "@npm"]`, Project: "nothing"},
	{Name: keyDenyHost, What: "what of it is not let through all the same", Example: `["gist.github.com"]`, Project: "everything"},
	{Name: keyHostPorts, What: "ports of the host's localhost, PORT or JAIL:HOST, that a filtered jail reaches on its own localhost", Example: `["5432"]`, Project: "nothing"},
	{Name: keyPublish, What: "ports of a jail's localhost, PORT or HOST:JAIL or ADDRESS:HOST:JAIL, that the host's localhost leads to; auto for all that programs open", Example: `["8080:3000"]`, Project: "nothing"},
	{Name: keyNetRelax, What: "what a filtered network does not look at: ech (clients that hide the server name, as browsers), private (addresses of a local network behind a wildcard)", Example: `["ech"]`, Project: "nothing"},
	{Name: "hostname", What: "the jail's host name", Example: `"box"`, Project: "everything"},
	{Name: "lockdown", What: "the least a command can run with", Example: "true", Project: "turn it on"},
	{Name: "landlock", What: "whether the second wall around files must stand: required or optional", Example: `"required"`, Project: "require it"},
	{Name: "agent_state", What: "what an agent has of its own files in your home: copy, rw, ro or none", Example: `"none"`, Project: "narrow it"},
	{Name: "agent_dir", What: "the folder in your home that an agent uses in place of its own, for a second account", Example: `"~/.claude-work"`, Project: "nothing"},
	{Name: "browser", What: "what is kept of a browser that is run: hard (nothing), soft (its profile, in a folder of jail's own) or off (it is run like any other command)", Example: `"soft"`, Project: "nothing"},
	{Name: "home", What: "how long the jail's home lives: ephemeral or jail", Example: `"ephemeral"`, Project: "keep none"},
	{Name: "caches", What: "show the caches of the project's toolchains, copy-on-write", Example: "false", Project: "turn them off"},
	{Name: "review", What: "keep what is written to the project apart until jail apply", Example: "true", Project: "turn it on"},
	{Name: "map", What: "files and folders to show, SRC[:DST], read-only; append ? to what may be missing", Example: `["~/docs"]`, Project: "make parts of the project read-only"},
	{Name: "rw_map", What: "files and folders to show, SRC[:DST], read-write", Example: `["~/scratch"]`, Project: "nothing"},
	{Name: "overlay_map", What: "folders to show, SRC[:DST], that can be changed while yours stay as they are", Example: `["~/notes"]`, Project: "nothing"},
	{Name: "env", What: "variables to pass, NAME, or to set, NAME=VALUE", Example: `["CI=1"]`, Project: "nothing"},
	{Name: "inherit_env", What: "how much of your environment passes beyond that: none, filtered (what does not look like a secret) or all", Example: `"none"`, Project: "turn it off"},
	{Name: "allow", What: "what the syscall filter lets pass: " + strings.Join(relaxations, ", "), Example: `["userns"]`, Project: "nothing"},
	{Name: keyMacAllow, What: "services of macOS that a jail reaches: " + strings.Join(macGrants, ", ") + "; nothing on Linux", Example: `["keychain"]`, Project: "nothing"},
	{Name: "mask", What: "files and folders that read as empty: globs with * ? [a-z] [!a-z] **, relative to the project; ! before one excepts, ? after one lets it match nothing", Example: `["secrets/**", "!secrets/public?"]`, Project: "hide parts of the project"},
	{Name: "deny", What: "the same for what cannot be opened", Example: `["**/*.pem?"]`, Project: "hide parts of the project"},
	{Name: "secrets", What: "what becomes of files of the project whose names tell that they hold secrets (.env, keys, credentials): hide or show", Example: `"show"`, Project: "hide them"},
	{Name: "terminal", What: "what of a command's output reaches your terminal: filtered, ask (it may write to your clipboard when you press Ctrl-] c), clipboard (it always may) or raw", Example: `"clipboard"`, Project: "filter it"},
	{Name: keyStatusBar, What: "a line about the jail in the last row of your terminal: dark, light, pastel or off", Example: `"dark"`, Project: "nothing, trusted or not"},
	{Name: keyRedrawKey, What: "the key that a command gets after your terminal was resized, ctrl-LETTER, ctrl-shift-LETTER or off", Example: `"ctrl-l"`, Project: "nothing, trusted or not"},
	{Name: keyNotify, What: "how you hear that a command waits for you: bell, desktop, off, or a command of the host", Example: `"bell"`, Project: "nothing, trusted or not"},
	{Name: "unprotect", What: "names of files in the project that programs on the host obey, such as .vscode, and that jails may change", Example: `[".vscode"]`, Project: "nothing"},
	{Name: keyMemory, What: "the most memory of all processes together", Example: `"4g"`, Project: "lower it"},
	{Name: keyCPUs, What: "the most processors", Example: "1.5", Project: "lower it"},
	{Name: keyProcesses, What: "the most processes and threads together", Example: "500", Project: "lower it"},
	{Name: keyTimeout, What: "when the command is ended", Example: `"30m"`, Project: "lower it"},
	{Name: keyUpdateCheck, What: "ask once a day whether there is a newer release of jail; the run after it tells", Example: "true", Project: "nothing"},
	{Name: keyCommands, What: "a table [commands.NAME] has what counts only for the program NAME", Example: "{ make = { network = \"none\" } }", Project: "nothing"},
}

// Keys describes all keys of the config files.
func Keys() []Key {
	var keys []Key
	for _, d := range slices.Concat(descriptions[:len(descriptions)-1], integrationKeys(), descriptions[len(descriptions)-1:]) {
		if f, ok := lookUp(topFields(), d.Name); ok {
			d.Shape = string(f.shape)
			keys = append(keys, d)
		}
	}
	return keys
}

// Template is the text of a new project file: every key, described and commented out, so that it says nothing yet.
func Template() string {
	var b strings.Builder
	b.WriteString("# What jail gives to a command in this project (jail config schema tells more).\n" +
		"# As long as you did not approve this very text (jail trust) it may only tighten.\n")
	for _, key := range Keys() {
		if slices.Contains(screenKeys(), key.Name) {
			continue // the user's own
		}
		fmt.Fprintf(&b, "\n# %s.\n", upperFirst(key.What))
		if key.Name == keyCommands {
			b.WriteString("# [commands.make]\n# network = \"none\"\n")
			continue
		}
		if key.Project == "nothing" {
			b.WriteString("# Only where the file is trusted.\n")
		}
		fmt.Fprintf(&b, "# %s = %s\n", key.Name, key.Example)
	}
	return b.String()
}

func upperFirst(text string) string { return strings.ToUpper(text[:1]) + text[1:] }

// JSONSchema is the schema of the config files for editors (JSON Schema 2020-12).
func JSONSchema() map[string]any {
	properties := func(fields []field) map[string]any {
		all := map[string]any{}
		for _, key := range Keys() {
			if f, ok := lookUp(fields, key.Name); ok && f.shape != shapeTable {
				all[key.Name] = jsonShape(f, key.What)
			}
		}
		return all
	}
	top := properties(topFields())
	top[keyCommands] = map[string]any{
		"type": "object",
		"additionalProperties": map[string]any{
			"type": "object", "additionalProperties": false, "properties": properties(commandFields()),
		},
	}
	return map[string]any{
		"$schema": "https://json-schema.org/draft/2020-12/schema", "title": "jail", "type": "object",
		"additionalProperties": false, "properties": top,
	}
}

// jsonShape is the schema of one value.
func jsonShape(f field, what string) map[string]any {
	one := map[string]any{"type": "string"}
	list := map[string]any{"type": "array", "items": one}
	s := map[string]any{"description": what}
	switch f.shape {
	case shapeStrings:
		s["type"], s["items"] = "array", one
	case shapeEither:
		s["anyOf"] = []any{one, list}
	case shapeBool:
		s["type"] = "boolean"
	case shapeGrant:
		i, _ := integration(f.key)
		s["enum"] = []any{true, false, i.Word}
	case shapeNumber:
		s["type"] = "number"
	default:
		s["type"] = "string"
	}
	switch choices := Choices(f.key); {
	case choices == nil:
	case f.shape == shapeStrings:
		s["items"] = map[string]any{"type": "string", "enum": choices}
	default:
		s["enum"] = choices
	}
	return s
}

// Choices lists what the value of a key, or each of its values, can be. Of a key with values without number it is nil.
func Choices(key string) []string {
	switch key {
	case keyNetwork:
		return slices.Clone(networkModes)
	case "landlock":
		return slices.Clone(needs)
	case "inherit_env":
		return slices.Clone(inherits)
	case "agent_state":
		return slices.Clone(stateModes)
	case "browser":
		return slices.Clone(browserModes)
	case "home":
		return slices.Clone(homeModes)
	case "terminal":
		return slices.Clone(terminalModes)
	case keyStatusBar:
		return slices.Clone(statusBars)
	case "secrets":
		return slices.Clone(secretModes)
	case "allow":
		return Relaxations()
	case keyMacAllow:
		return MacGrants()
	}
	return nil
}
