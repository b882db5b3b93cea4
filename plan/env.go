package plan

import (
	"path"
	"slices"
	"strings"

	"jail/mounts"
)

// envNames pass from the caller's environment: what programs need to look right and to reach the network as the caller
// does. No key, no socket, no loader variable is among them.
var envNames = []string{
	"ALL_PROXY", "CLICOLOR", "COLORTERM", "FORCE_COLOR", "HTTPS_PROXY", "HTTP_PROXY", "LANG", "LANGUAGE", "LOCALE_ARCHIVE", "NIX_SSL_CERT_FILE", "NODE_EXTRA_CA_CERTS",
	"NO_COLOR", "NO_PROXY", "SSL_CERT_DIR", "SSL_CERT_FILE", "TERM", "TERMINFO_DIRS", "TZ", "TZDIR", "all_proxy", "http_proxy", "https_proxy", "no_proxy",
}

// lockedEnvNames pass in lockdown.
var lockedEnvNames = []string{"CLICOLOR", "COLORTERM", "FORCE_COLOR", "LANG", "LANGUAGE", "NO_COLOR", "TERM", "TZ"}

// env makes the command's whole environment.
func (b *builder) env() []string {
	values, _ := b.in.environment(b.path())
	for _, v := range b.given {
		values[v.name] = v.value
	}
	env := make([]string, 0, len(values))
	for name, value := range values {
		env = append(env, name+"="+value)
	}
	slices.Sort(env)
	return env
}

// usualTerminal is the kind that most of today's are like (terminfo(5)).
const usualTerminal = "xterm-256color"

// environment decides what each variable is inside, and why it is there. What the user or the program's preset names wins
// over what passes by default; PATH, HOME and what describes the jail win over what passes, and PWD and what follows it over
// everything.
func (in Input) environment(path string) (values, why map[string]string) {
	values, why = map[string]string{}, map[string]string{}
	set := func(name, value, reason string) { values[name], why[name] = value, reason }
	for _, entry := range in.Host.Env {
		name, value, _ := strings.Cut(entry, "=")
		if reason, passes := in.passes(name, value); passes {
			set(name, value, reason)
		}
	}
	if in.Host.Detached && values["TERM"] == "" {
		set("TERM", usualTerminal, describesJail) // started where there was none
	}
	set("PATH", path, "yours, without the folders that the jail does not have")
	set("HOME", in.insideHome(), describesJail)
	if temp := in.insideTemp(); temp != "" {
		set("TMPDIR", temp, describesJail)
	}
	set("USER", in.Host.login(), describesJail)
	set("LOGNAME", in.Host.login(), describesJail)
	set("SHELL", in.Host.loginShell(), describesJail)
	for _, v := range in.Config.Env {
		if v.HasValue {
			set(v.Name, v.Value, "set by "+v.Origin)
		} else if value, ok := in.Host.lookupEnv(v.Name); ok {
			set(v.Name, value, "passed by "+v.Origin)
		}
	}
	set("PWD", in.Project.Cwd, describesJail)
	set("IS_SANDBOX", "1", describesJail)
	name := "1"
	if in.Project.Name != "" {
		name = in.Project.Name
		set("ROBOJAIL", "1", describesJail) // that program's jails had it, and scripts ask for it
	}
	set("JAIL", name, describesJail)
	return values, why
}

// path keeps those entries of the caller's PATH that exist inside, and makes sure of the system's own.
func (b *builder) path() string {
	var kept []string
	entries := strings.Split(b.in.Host.getenv("PATH"), ":")
	for _, entry := range append(entries, "/usr/local/bin", "/usr/bin", "/bin") {
		if !path.IsAbs(entry) || !b.in.Host.isDir(entry) {
			continue
		}
		if entry = path.Clean(entry); b.there(entry) && !slices.Contains(kept, entry) {
			kept = append(kept, entry)
		}
	}
	return strings.Join(kept, ":")
}

// there reports whether a host path leads to the same thing inside: every link on the way exists there, and the end is
// visible or is a directory that holds something visible.
func (b *builder) there(p string) bool {
	real, links, _ := b.in.Host.resolve(p)
	for _, link := range links {
		if _, reproduced := b.at[link]; !reproduced && !b.visible(link) {
			return false
		}
	}
	return b.visible(real) || slices.ContainsFunc(b.mounts, func(m mounts.Mount) bool { return mounts.Within(m.Target, real) })
}
