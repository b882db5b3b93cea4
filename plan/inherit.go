package plan

import (
	"maps"
	"regexp"
	"slices"
	"strings"
	"sync"

	"jail/config"
)

// Variable is one variable of the caller's environment or of the jail's, and what becomes of it. No value is in it.
type Variable struct {
	Name   string `json:"name"`
	Passes bool   `json:"passes"`
	Why    string `json:"why"`
}

// Environment tells of every variable that the jail has, or that the caller has, by name.
func Environment(in Input) []Variable {
	values, why := in.environment("")
	b := newBuilder(in)
	if b.integrate() == nil && b.agentDir() == nil { // what cannot be given is told of by the run
		for _, v := range b.given {
			values[v.name], why[v.name] = v.value, v.why
		}
	}
	for _, entry := range in.Host.Env {
		name, value, _ := strings.Cut(entry, "=")
		if _, passes := values[name]; !passes {
			why[name], _ = in.passes(name, value)
		}
	}
	var all []Variable
	for _, name := range slices.Sorted(maps.Keys(why)) {
		_, passes := values[name]
		all = append(all, Variable{name, passes, why[name]})
	}
	return all
}

// passes decides about a variable that nobody named, and says why.
func (in Input) passes(name, value string) (why string, passes bool) {
	allowed := envNames
	if in.locked() {
		allowed = lockedEnvNames
	}
	switch from := in.Config.Origins["inherit_env"]; {
	case slices.Contains(allowed, name) && strings.HasSuffix(strings.ToLower(name), "_proxy") && in.Config.Network == config.NetworkNone:
		return "there is no network", false
	case slices.Contains(allowed, name) && strings.HasSuffix(strings.ToLower(name), "_proxy") && in.Config.Network.Filtered():
		return "the gate of the network goes by it", false
	case slices.Contains(allowed, name) && strings.HasSuffix(strings.ToLower(name), "_proxy") && strings.Contains(value, "@"):
		return "it may hold a password; --env " + name + " passes it", false
	case slices.Contains(allowed, name) || strings.HasPrefix(name, "LC_"):
		return "harmless, and programs need it", true
	case slices.Contains(homelessNames, name) || strings.HasPrefix(name, "JAIL_"):
		return "means nothing in the jail", false
	case in.Config.Inherit == config.InheritAll:
		return "your whole environment passes (from " + from + ")", true
	case in.Config.Inherit != config.InheritFiltered:
		return "nobody asked for it; --env " + name + " passes it", false
	case suspicious(name, value) != "":
		return suspicious(name, value) + "; --env " + name + " passes it", false
	default:
		return "your environment passes (from " + from + ")", true
	}
}

// homelessNames describe the caller's place and session: folders that the jail has not, a shell that it is not started from.
var homelessNames = []string{"OLDPWD", "PWD", "SHLVL", "TEMP", "TMP", "TMPDIR", "XDG_RUNTIME_DIR", "_"}

// orderNames make a loader, a shell or an interpreter run or load something.
var orderNames = []string{
	"BASHOPTS", "BASH_ENV", "CDPATH", "ENV", "JDK_JAVA_OPTIONS", "LESSCLOSE", "LESSOPEN", "NODE_OPTIONS", "NODE_PATH", "PROMPT_COMMAND",
	"PYTHONHOME", "PYTHONINSPECT", "PYTHONPATH", "PYTHONSTARTUP", "SHELLOPTS", "_JAVA_OPTIONS",
}

// orderPrefixes start families of such names.
var orderPrefixes = []string{"BASH_FUNC_", "DYLD_", "GCONV_", "GIT_", "GLIBC_", "JAVA_TOOL_", "LD_", "PERL5", "RUBY", "ZDOTDIR"}

// sessionNames lead to services of the caller's session, and sessionPrefixes start families of such names.
var (
	sessionNames = []string{
		"DISPLAY", "ICEAUTHORITY", "KITTY_LISTEN_ON", "KUBECONFIG", "NVIM", "STY", "TMUX", "WAYLAND_DISPLAY", "WEZTERM_UNIX_SOCKET", "WSL_INTEROP", "XAUTHORITY",
	}
	sessionPrefixes = []string{"DBUS_", "DOCKER_", "GPG_", "HERDR_", "SSH_", "VSCODE_IPC_"}
	sessionValues   = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^unix:|^(/var)?/run/|\.sock(et)?\b`) })
)

// secretNames and secretValues are what keys, passwords and tokens look like. They are compiled when somebody first asks.
var (
	secretNames = sync.OnceValue(func() *regexp.Regexp {
		return regexp.MustCompile(`(?i)TOKEN|SECRET|PASSW|PASSPHRASE|CREDENTIAL|PRIVATE|COOKIE|SESSION|BEARER|AUTH|KEY|(^|_)(PASS|PAT|PIN|PW|PWD|DSN|CERT|JWT|OTP|SALT)(_|$)|^(AWS|AZURE|VAULT|OP)_|_(URI|URL)$`)
	})
	secretValues = sync.OnceValue(func() *regexp.Regexp {
		return regexp.MustCompile(`://[^/@\s]*@|-----BEGIN |\b(gh[opsur]_|github_pat_|glpat-|sk-|xox[abprs]-|AKIA|ASIA|AIza|eyJ)[A-Za-z0-9_-]{8}`)
	})
)

// suspicious says why a variable does not pass among others: better a name too many than a key.
func suspicious(name, value string) string {
	starts := func(prefix string) bool { return strings.HasPrefix(name, prefix) }
	switch {
	case slices.Contains(orderNames, name) || slices.ContainsFunc(orderPrefixes, starts):
		return "gives orders to a loader or an interpreter"
	case slices.Contains(sessionNames, name) || slices.ContainsFunc(sessionPrefixes, starts) || sessionValues().MatchString(value):
		return "leads to a service of your session"
	case secretNames().MatchString(name):
		return "its name looks like that of a secret"
	case secretValues().MatchString(value):
		return "its value looks like a secret"
	}
	return ""
}

// inherited names what passing on the environment gives away.
func (b *builder) inherited() {
	from := b.in.Config.Origins["inherit_env"]
	switch b.in.Config.Inherit {
	case config.InheritAll:
		b.lose("environment", "your whole environment passes, with every key and token in it (from %s)", from)
	case config.InheritFiltered:
		b.lose("environment", "all variables pass that do not look like secrets, and a secret may not look like one (from %s)", from)
	}
}
