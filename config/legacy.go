package config

import (
	"slices"
	"strconv"
	"strings"
)

// aiJailSchema is what .ai-jail files of versions 0.1 to 1.19 say. That program ignores keys that it does not know, so that
// newer files work with older versions of it; here they are named instead.
func aiJailSchema() schema {
	var fields []field
	for _, same := range []struct {
		shape shape
		keys  []string
	}{
		{shapeEither, []string{"command"}},
		{shapeStrings, []string{
			"rw_maps", "ro_maps", "overlay_maps", "hide_dotdirs", "mask", "deny_paths", "mask_exceptions", "deny_path_exceptions",
			"env_pass", "trust_project_config",
		}},
		{shapeBool, slices.Concat(aiJailSwitches, aiJailNegated, []string{"private_home", "lockdown", "network", "inherit_env", "agent_state"})},
		{shapeString, []string{"claude_dir", "browser_profile", "status_bar_style", "resize_redraw_key"}},
		{shapeAny, []string{"allow_tcp_ports"}},
	} {
		for _, key := range same.keys {
			fields = append(fields, field{key, same.shape})
		}
	}
	return schema{top: append(fields, field{keyCommands, shapeTable}), commands: fields, open: true}
}

// What is off unless it is asked for. Where it is off nothing has to be done for it.
var (
	aiJailSwitches = []string{
		"tailscale", "x11", "host_shm", "systemd_user", "ssh", "pictures", "update_check", "terminal_passthrough", "macos_host_ipc",
	}
	// aiJailNegated are the older keys, true for off.
	aiJailNegated = []string{
		"no_gpu", "no_docker", "no_display", "no_worktree", "no_mise", "no_landlock", "no_seccomp", "no_rlimits", "no_save_config", "no_hide_config",
		"no_status_bar",
	}
)

// robojailSchema is that of robojail's config.toml.
func robojailSchema() schema {
	return schema{open: true, top: []field{
		{"default_shell", shapeString}, {"network_enabled", shapeBool}, {"extra_ro_binds", shapeStrings}, {"extra_rw_binds", shapeStrings},
		{"hidden_paths", shapeStrings}, {"env_passthrough", shapeStrings},
	}}
}

// parseLegacy reads a file of ai-jail as if it were ours. What it says and this program cannot do is in the result's lost.
func parseLegacy(path string, data []byte, at Places) (file, error) {
	entries, lost, err := translate(path, data, aiJailSchema(), obeyed)
	if err != nil {
		return file{}, err
	}
	f, err := makeFile(path, entries, at)
	f.lost = lost
	return f, err
}

// use is what another tool's file is read for.
type use string

const (
	obeyed   use = "obeyed"   // it counts as the project's file, where what is outside of the project is not its to say
	imported use = "imported" // it becomes a file of ours
)

// translate turns the entries of another tool's file into ours.
func translate(path string, data []byte, s schema, purpose use) (entries []entry, lost []Refusal, err error) {
	theirs, err := parseDocument(path, data, s)
	if err != nil {
		return nil, nil, err
	}
	for _, e := range theirs {
		ours, why := counterpart(e, purpose)
		if why != "" {
			lost = append(lost, Refusal{Origin: origin(path, e.line), Key: e.name(), Value: e.joined(), Why: why})
		}
		if ours.key == "" {
			continue
		}
		same := func(old entry) bool { return old.key == ours.key && old.command == ours.command }
		// Two of their keys can be one of ours.
		i := slices.IndexFunc(entries, same)
		switch {
		case i < 0:
			entries = append(entries, ours)
		case isList(ours.key):
			entries[i].texts = append(entries[i].texts, ours.texts...)
		case e.key == "status_bar_style" && !entries[i].says(string(BarOff)), ours.says(string(BarOff)):
			entries[i] = ours // a style is for the bar that there is
		}
	}
	return entries, lost, nil
}

// counterpart gives what an entry is here: an entry of ours, nothing where this program does the same without being asked,
// and why where it cannot be had.
func counterpart(e entry, purpose use) (ours entry, why string) {
	to := func(key string, texts ...text) entry {
		return entry{command: e.command, key: key, line: e.line, texts: texts}
	}
	is := e.says
	switch e.key {
	case "command":
		if e.command != "" || len(e.texts) == 0 {
			return entry{}, ""
		}
		return to("command", e.texts...), ""
	case "default_shell":
		return to("shell", e.texts...), ""
	case "rw_maps", "extra_rw_binds":
		return to("rw_map", theirMaps(e.texts)...), ""
	case "ro_maps", "extra_ro_binds":
		return to("map", theirMaps(e.texts)...), ""
	case "overlay_maps":
		return to("overlay_map", theirMaps(e.texts)...), ""
	case "agent_state":
		// There it shares the agent's files, which here each jail has a copy of.
		if is("true") {
			return to("agent_state", text{string(StateCopy), e.line}), ""
		}
		return to("agent_state", text{string(StateNone), e.line}), ""
	case "claude_dir":
		ours := to("agent_dir", e.texts...)
		if e.command == "" {
			ours.command = "claude" // of others it is not the folder
		}
		return ours, ""
	case "ssh":
		if is("true") {
			return to("ssh", e.texts...), `the keys themselves stay outside, and the agent has them: ssh = "keys" shows them`
		}
		return to("ssh", e.texts...), ""
	case "x11", "pictures", "tailscale", "systemd_user", "host_shm":
		return to(e.key, e.texts...), ""
	case "browser_profile":
		mode := theirBrowser(e.texts[0].value)
		if mode == "" {
			return entry{}, "it is no mode of a browser; hard, soft and off are"
		}
		return to("browser", text{string(mode), e.line}), ""
	case "no_gpu", "no_docker", "no_display", "no_mise":
		return to(strings.TrimPrefix(e.key, "no_"), text{strconv.FormatBool(is("false")), e.line}), ""
	case "no_worktree":
		// Git works in a linked worktree without the repository's own files.
	case "env_pass", "env_passthrough":
		return to("env", e.texts...), ""
	case "lockdown":
		return to("lockdown", e.texts...), ""
	case "network", "network_enabled":
		if is("true") {
			return to("network", text{string(NetworkHost), e.line}), ""
		}
		return to("network", text{string(NetworkNone), e.line}), ""
	case "inherit_env":
		if is("true") {
			return to("inherit_env", text{string(InheritFiltered), e.line}), ""
		}
		return to("inherit_env", text{string(InheritNone), e.line}), ""
	case "no_landlock":
		if is("true") {
			return entry{}, "a wall is given up on the command line only: --no-landlock"
		}
		return to("landlock", text{string(Required), e.line}), ""
	case "no_seccomp", "no_rlimits":
		if is("true") {
			return entry{}, "a wall is given up on the command line only: --" + strings.ReplaceAll(e.key, "_", "-")
		}
	case "terminal_passthrough":
		if is("true") {
			return to("terminal", text{string(TerminalRaw), e.line}), ""
		}
		return to("terminal", text{string(TerminalFiltered), e.line}), ""
	case "hide_dotdirs":
		if purpose == imported && len(e.texts) > 0 {
			return to("deny", theirDotdirs(e.texts)...), ""
		}
		// The home in a jail is empty.
	case "hidden_paths":
		// The home in a jail is empty.
	case "private_home":
		if is("false") {
			return entry{}, "the home in a jail is always its own; map what is needed"
		}
	case "mask":
		return to("mask", theirGlobs("", e.texts)...), ""
	case "deny_paths":
		return to("deny", theirGlobs("", e.texts)...), ""
	case "mask_exceptions":
		return to("mask", theirGlobs("!", e.texts)...), ""
	case "deny_path_exceptions":
		return to("deny", theirGlobs("!", e.texts)...), ""
	case "trust_project_config":
		if len(e.texts) > 0 {
			return entry{}, "a content is trusted, not a folder: jail trust"
		}
	case "macos_host_ipc":
		if is("true") {
			return entry{}, "it opens all at once; name what is needed: macos_allow = [\"keychain\"]"
		}
	case "allow_tcp_ports":
		return entry{}, `a port alone opens every host; say network = "allow" with network_allow = ["HOST:PORT"], and network_host_ports for one of localhost`
	case "no_status_bar", "status_bar_style", "resize_redraw_key":
		if purpose == imported && e.command == "" {
			return theirScreen(e)
		}
		// In a project's file they say nothing there either.
	case "no_save_config", "no_hide_config", "update_check":
		// What that program writes, and whom it asks without being told to.
	default:
		return entry{}, noEquivalent(e, is)
	}
	return entry{}, ""
}

// theirScreen gives what an entry about the terminal is here.
func theirScreen(e entry) (ours entry, why string) {
	value := e.joined()
	ours = entry{key: keyStatusBar, line: e.line}
	var err error
	switch {
	case e.key == "resize_redraw_key":
		ours.key = keyRedrawKey
		_, err = ParseRedrawKey(value)
	case e.key == "status_bar_style":
		_, err = ParseStatusBar(value)
	case value == "true":
		value = string(BarOff)
	default:
		value = string(BarPastel)
	}
	if err != nil {
		return entry{}, err.Error()
	}
	ours.texts = []text{{value, e.line}}
	return ours, ""
}

// says reports whether an entry has that value and no other.
func (e entry) says(value string) bool { return len(e.texts) == 1 && e.texts[0].value == value }

// noEquivalent names what was asked for beyond what is so anyway.
func noEquivalent(e entry, is func(string) bool) string {
	switch {
	case slices.Contains(aiJailSwitches, e.key) && is("false"), slices.Contains(aiJailNegated, e.key) && is("true"):
		return ""
	case e.texts != nil && len(e.texts) == 0: // an empty list
		return ""
	}
	known := keysOf(aiJailSchema().top)
	switch meant := Closest(e.key, known); {
	case slices.Contains(known, e.key):
		return "there is no equivalent"
	case meant != "":
		return `it is unknown; did you mean "` + meant + `"?`
	}
	return "it is unknown"
}

// theirMaps turns their maps into ours. They skip one whose source is missing, and know no escapes.
func theirMaps(texts []text) []text {
	maps := make([]text, len(texts))
	for i, t := range texts {
		maps[i] = text{strings.ReplaceAll(strings.ReplaceAll(t.value, `\`, `\\`), "?", `\?`) + "?", t.line}
	}
	return maps
}

// theirBrowser is the mode that one of their names for it means, and "" where none does.
func theirBrowser(name string) BrowserMode {
	switch name {
	case "hard", "isolated", "ephemeral":
		return BrowserHard
	case "soft", "persistent", "survivable":
		return BrowserSoft
	case "off", "none", "disabled":
		return BrowserOff
	}
	return ""
}

// theirDotdirs turns names of folders in the home into rules that hide them, also where an agent's files lie there.
func theirDotdirs(texts []text) []text {
	globs := make([]text, len(texts))
	for i, t := range texts {
		globs[i] = text{"~/" + OldGlob("."+strings.TrimPrefix(t.value, "."), false), t.line}
	}
	return globs
}

// theirGlobs turns their globs into ours.
func theirGlobs(mark string, texts []text) []text {
	globs := make([]text, len(texts))
	for i, t := range texts {
		globs[i] = text{mark + OldGlob(t.value, mark != ""), t.line}
	}
	return globs
}

// OldGlob writes a glob of ai-jail's as ours, or as ours behind the mark of an exception. They pass over one that matches nothing;
// an exclamation mark, a backslash and a bracket that nothing closes have no meaning there.
func OldGlob(glob string, exception bool) string {
	glob = strings.ReplaceAll(glob, `\`, `\\`)
	if at := strings.LastIndexByte(glob, '['); at > strings.LastIndexByte(glob, ']') {
		glob = glob[:at] + `\` + glob[at:]
	}
	switch {
	case exception:
		return glob
	case strings.HasPrefix(glob, "!"):
		glob = `\` + glob
	}
	return glob + "?"
}
