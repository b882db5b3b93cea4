// Package config holds what the user asked for: the TOML schema of the config files, the layers they make with the
// built-in defaults, the presets of agents, the environment and the command line, and their merge into one Config. It
// reads those files and nothing else of the host; what follows from the Config is decided by package plan.
package config

// Overlay is one layer: what one file or the command line asks for. Empty fields say nothing.
type Overlay struct {
	Origin   string      `json:"origin,omitempty"`   // where the layer comes from, for people
	Command  []string    `json:"command,omitempty"`  // program and arguments, passed on without a shell
	Shell    string      `json:"shell,omitempty"`    // absolute path, clean
	Network  NetworkMode `json:"network,omitempty"`  // what of the network is reachable
	Egress   Egress      `json:"egress,omitzero"`    // what of a filtered network passes
	Hostname string      `json:"hostname,omitempty"` // what ParseHostname accepts
	// Lockdown gives the least that a command can run with. What files say then counts only where it tightens further.
	Lockdown Switch `json:"lockdown,omitempty"`
	Landlock Need   `json:"landlock,omitempty"`
	// AgentState and Home are what of the home is seen, and kept.
	AgentState StateMode    `json:"agent_state,omitempty"`
	Home       HomeMode     `json:"home,omitempty"`
	AgentDir   string       `json:"agent_dir,omitempty"` // what an agent has in place of its own folder; absolute, clean
	Caches     Switch       `json:"caches,omitempty"`    // those of toolchains, copy-on-write
	Browser    BrowserMode  `json:"browser,omitempty"`   // of a Config: only where the command is a browser, and never BrowserOff
	Grants     Grants       `json:"integrations,omitempty"`
	Review     Switch       `json:"review,omitempty"` // what is written to the project waits until the user takes it; unset is Off
	Maps       []Map        `json:"maps,omitempty"`
	Env        []EnvVar     `json:"env,omitempty"`
	Inherit    Inherit      `json:"inherit_env,omitempty"` // of the caller's environment
	Allow      []Relaxation `json:"allow,omitempty"`       // of the syscall filter
	MacAllow   []Relaxation `json:"macos_allow,omitempty"` // services of macOS
	Limits     Limits       `json:"limits,omitzero"`
	// Mask and Deny are what of the host's files is hidden: the former reads as empty, the latter cannot be opened.
	Mask      []Pattern    `json:"mask,omitempty"`
	Deny      []Pattern    `json:"deny,omitempty"`
	Secrets   SecretMode   `json:"secrets,omitempty"` // of the project, by their names
	Terminal  TerminalMode `json:"terminal,omitempty"`
	Screen    Screen       `json:"screen,omitzero"`
	Unprotect []Release    `json:"unprotect,omitempty"` // files of the project that programs on the host obey
	// UpdateCheck lets jail itself ask once a day, outside of jails, whether there is a newer release; unset is Off.
	UpdateCheck Switch `json:"update_check,omitempty"`
}

// Config is the merge of all layers.
type Config struct {
	// Overlay has the effective values; its Origin is empty, as they come from more than one place. Network, Hostname,
	// Lockdown, Landlock, AgentState, Caches, Inherit, Secrets and Terminal are always set.
	Overlay
	// Agent is the preset of the command's program; it has no Name where there is none.
	Agent Agent `json:"agent,omitzero"`
	// Family is what is known of the browser that runs; it has no Program where none does.
	Family Browser `json:"browser_family,omitzero"`
	// Ceilings are the limits that the project file sets and, in lockdown, the user's: whatever else is said or the
	// default, it is not more. The command line is not bound by them.
	Ceilings Limits `json:"ceilings,omitzero"`
	// Origins says which layer a scalar comes from, by its key in the file: "default", "lockdown", "PATH:LINE" or the
	// Origin of the flags. The elements of lists carry theirs themselves.
	Origins map[string]string `json:"origins"`
	// Bound are the keys that the administrator's file decides, whatever the command line says.
	Bound []string `json:"bound,omitempty"`
	// Project is the project's file, and what it counts for.
	Project ProjectFile `json:"project,omitzero"`
	// Refused lists what files asked for and did not get, in their order. It is to be printed on every run.
	Refused []Refusal `json:"refused,omitempty"`
}

// FromFlags reports whether the command line decides a scalar.
func (c Config) FromFlags(key string) bool { return c.Origins[key] == originFlags }

// What is no file and yet decides.
const (
	originDefault   = "default"
	originLockdown  = "lockdown"
	originFlags     = "command line"
	originVariables = "environment"
)

// defaults is the lowest layer.
func defaults() layer {
	return plainLayer(Overlay{Origin: originDefault, Network: NetworkHost, Hostname: "jail", Lockdown: Off, Landlock: Required, AgentState: StateCopy, Caches: On, Inherit: InheritNone, Secrets: SecretsHide, Terminal: TerminalFiltered})
}
