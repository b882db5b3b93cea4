package bootstrap

import (
	"path"
	"strings"
)

// Format is how what a file is to say is put into one that is there.
type Format string

const (
	JSON       Format = "json"       // also with comments and trailing commas
	TOML       Format = "toml"       // keys outside of tables
	Statements Format = "statements" // each in lines of its own; one that is there already is not added again
)

// File is one file of an agent's.
type File struct {
	Agent  string
	Inside string // where the agent looks in a jail, below /etc; "" where it has no such place
	Host   string // where it looks in the home, also outside of jails, below "~/"; "" where it has no such place
	Format Format

	wish       object    // of JSON
	keys       []Setting // of TOML
	inside     []Setting // of TOML, for jails alone
	statements []string
	tables     bool // the statements are TOML too
}

// Setting is a key of a TOML file, outside of tables, and its string.
type Setting struct{ Key, Value string }

// At is where the agent looks for the file; "" where it has no such place.
func (f File) At(place Place) string {
	if place == Host {
		return f.Host
	}
	return f.Inside
}

// Name is what the file is called in jail's own configuration.
func (f File) Name() string { return path.Base(f.Inside) }

// Files are the files of all agents whose format is known, those of one agent together. Sources:
//
//	claude    code.claude.com/docs: settings, permissions. Of the lists deny counts before ask, and that before allow.
//	codex     developers.openai.com/codex: config-reference, rules. The system's config.toml is the least important layer.
//	crush     github.com/charmbracelet/crush README.md: permissions.allowed_tools knows tools, and no commands of one.
//	gemini    geminicli.com/docs: reference/configuration, reference/policy-engine. What adminPolicyPaths names need not be root's.
//	opencode  opencode.ai/docs: permissions, config. The last rule that matches counts.
//	qwen      github.com/QwenLM/qwen-code docs/users/configuration/settings.md
func Files() []File {
	return []File{
		{Agent: "claude", Inside: "/etc/claude-code/managed-settings.json", Host: "~/.claude/settings.json", Format: JSON, wish: claude()},
		{Agent: "codex", Inside: "/etc/codex/config.toml", Host: "~/.codex/config.toml", Format: TOML, keys: []Setting{{"approval_policy", "on-request"}},
			// Its own sandbox needs what a jail does not give, and adds nothing there.
			inside: []Setting{{"sandbox_mode", "danger-full-access"}}},
		{Agent: "codex", Inside: "/etc/codex/rules/jail.rules", Host: "~/.codex/rules/jail.rules", Format: Statements, statements: codexRules()},
		{Agent: "crush", Host: "~/.config/crush/crush.json", Format: JSON, wish: object{{key: "permissions", value: object{
			{key: "allowed_tools", value: []string{"view", "ls", "glob", "grep", "edit", "multiedit", "write", "fetch", "diagnostics"}},
		}}}},
		{Agent: "gemini", Inside: "/etc/gemini-cli/settings.json", Host: "~/.gemini/settings.json", Format: JSON, wish: object{
			{key: "general", value: object{{key: "defaultApprovalMode", value: "auto_edit"}}},
			{key: "tools", value: object{{key: "allowed", value: []string{"run_shell_command", "write_file", "replace", "web_fetch"}}}},
			{key: "adminPolicyPaths", value: []string{geminiPolicy}, onlyInside: true},
		}},
		{Agent: "gemini", Inside: geminiPolicy, Host: "~/.gemini/policies/jail.toml", Format: Statements, statements: geminiRules(), tables: true},
		{Agent: "opencode", Inside: "/etc/opencode/opencode.json", Host: "~/.config/opencode/opencode.json", Format: JSON, wish: opencode()},
		{Agent: "qwen", Inside: "/etc/qwen-code/settings.json", Host: "~/.qwen/settings.json", Format: JSON, wish: object{{key: "permissions", value: object{
			{key: "allow", value: []string{"Bash", "Read", "Edit", "Write", "NotebookEdit", "WebFetch"}},
			{key: "ask", value: rules("Bash(", " *)")},
		}}}},
	}
}

const geminiPolicy = "/etc/gemini-cli/jail.toml"

// rules writes each outward command between two texts.
func rules(before, after string) []string {
	written := make([]string, len(outward))
	for i, command := range outward {
		written[i] = before + command + after
	}
	return written
}

func claude() object {
	return object{{key: "permissions", value: object{
		{key: "allow", value: []string{"Bash", "Read", "Edit", "Write", "NotebookEdit", "WebFetch", "WebSearch"}},
		{key: "ask", value: rules("Bash(", ":*)")},
		{key: "defaultMode", value: "acceptEdits"},
	}}}
}

func opencode() object {
	bash := object{{key: "*", value: "allow", first: true}}
	for _, command := range outward {
		bash = append(bash, member{key: command, value: "ask"}, member{key: command + " *", value: "ask"})
	}
	return object{
		{key: "$schema", value: "https://opencode.ai/config.json"},
		{key: "permission", value: object{
			{key: "edit", value: "allow"}, {key: "bash", value: bash}, {key: "webfetch", value: "allow"}, {key: "external_directory", value: "allow"},
		}},
	}
}

func codexRules() []string {
	written := make([]string, len(outward))
	for i, command := range outward {
		written[i] = `prefix_rule(pattern = ["` + strings.ReplaceAll(command, " ", `", "`) + `"], decision = "prompt")`
	}
	return written
}

// geminiRules ask with a priority above that of the tools that the settings allow.
func geminiRules() []string {
	written := make([]string, len(outward))
	for i, command := range outward {
		written[i] = "[[rule]]\ntoolName = \"run_shell_command\"\ncommandPrefix = \"" + command + "\"\ndecision = \"ask_user\"\npriority = 900"
	}
	return written
}
