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
	"ALL_PROXY", "CLICOLOR", "COLORTERM", "FORCE_COLOR", "HTTPS_PROXY", "HTTP_PROXY", "LANG", "LANGUAGE", "NODE_EXTRA_CA_CERTS",
	"NO_COLOR", "NO_PROXY", "SSL_CERT_DIR", "SSL_CERT_FILE", "TERM", "TZ", "all_proxy", "http_proxy", "https_proxy", "no_proxy",
}

// lockedEnvNames pass in lockdown.
var lockedEnvNames = []string{"CLICOLOR", "COLORTERM", "FORCE_COLOR", "LANG", "LANGUAGE", "NO_COLOR", "TERM", "TZ"}

// env makes the command's whole environment. What the user names wins over what passes by default; PATH, HOME and what
// describes the jail win over both.
func (b *builder) env() []string {
	values, pass := map[string]string{}, envNames
	if b.locked() {
		pass = lockedEnvNames
	}
	for _, entry := range b.in.Host.Env {
		name, value, _ := strings.Cut(entry, "=")
		if slices.Contains(pass, name) || strings.HasPrefix(name, "LC_") {
			values[name] = value
		}
	}
	values["PATH"] = b.path()
	values["HOME"] = b.in.Host.Home
	values["USER"] = b.in.Host.login()
	values["LOGNAME"] = b.in.Host.login()
	values["SHELL"] = b.in.Host.loginShell()
	for _, v := range b.in.Config.Env {
		if v.HasValue {
			values[v.Name] = v.Value
		} else if value, ok := b.in.Host.lookupEnv(v.Name); ok {
			values[v.Name] = value
		}
	}
	values["PWD"] = b.in.Project.Cwd
	values["IS_SANDBOX"] = "1"
	values["JAIL"] = "1"
	if b.in.Project.Name != "" {
		values["JAIL"] = b.in.Project.Name
	}
	env := make([]string, 0, len(values))
	for name, value := range values {
		env = append(env, name+"="+value)
	}
	slices.Sort(env)
	return env
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

// lookupEnv returns a variable of the caller's environment and whether it is set.
func (h Host) lookupEnv(name string) (string, bool) {
	for _, entry := range h.Env {
		if value, ok := strings.CutPrefix(entry, name+"="); ok {
			return value, true
		}
	}
	return "", false
}
