package plan

import (
	"fmt"
	"slices"
	"strings"

	"jail/config"
	"jail/jail"
)

// Explain tells a Spec in lines for people, one decision a line. No value of an environment variable is in it: values may
// be secrets.
func Explain(s jail.Spec, c config.Config) []string {
	origin := func(key, value string) string {
		if from := c.Origins[key]; from != "" && from != "default" {
			return fmt.Sprintf("%s (from %s)", value, from)
		}
		return value
	}
	lines := []string{
		"command   " + strings.Join(quoteAll(s.Argv), " "),
		"program   " + s.Program,
		"directory " + s.Dir,
		fmt.Sprintf("user      uid %d, gid %d, no capabilities", s.UID, s.GID),
		"network   " + origin("network", string(s.Network)),
		"hostname  " + hostname(s, origin),
		"terminal  " + string(s.Terminal),
		"limits    " + describeLimits(s.Limits),
		"syscalls  " + syscalls(s.Syscalls),
	}
	if s.Screen.Bar.Style != "" {
		lines = append(lines, "bar       "+origin("status_bar", string(s.Screen.Bar.Style)))
	}
	if s.Screen.Notify != jail.NotifyOff {
		lines = append(lines, "notify    "+origin("notify", string(s.Screen.Notify)))
	}
	lines = append(lines, describeGate(s)...)
	if c.Browser.On() {
		lines = append(lines, "browser   "+origin("browser", string(c.Browser)))
	}
	if c.Lockdown == config.On {
		lines = append(lines, "lockdown  "+origin("lockdown", string(c.Lockdown)))
	}
	for _, m := range s.Mounts {
		lines = append(lines, fmt.Sprintf("%-44s # %s", m, m.Why))
	}
	for _, entry := range s.Env {
		name, _, _ := strings.Cut(entry, "=")
		line := "env " + name
		if i := slices.IndexFunc(c.Env, func(v config.EnvVar) bool { return v.Name == name }); i >= 0 {
			line = fmt.Sprintf("%-44s # asked for by %s", line, c.Env[i].Origin)
		}
		lines = append(lines, line)
	}
	for _, seed := range s.Kept.Home.Seeds {
		lines = append(lines, fmt.Sprintf("file %s is copied into the home where there is one, and the jail's own from then on", seed.Host))
	}
	for _, c := range s.Seatbelt.Copied {
		lines = append(lines, fmt.Sprintf("file %s is copied to %s, which vanishes with the run", c.Host, c.Target))
	}
	for _, c := range s.Kept.Credentials {
		lines = append(lines, fmt.Sprintf("login %s is renewed when the jail refreshes its own", c.Host))
	}
	for _, note := range s.Notes {
		lines = append(lines, "note: "+note)
	}
	if len(s.Guard.Names) > 0 {
		lines = append(lines, fmt.Sprintf("guard %s: what is made there by one of %d names that programs on the host obey is moved aside (--json lists them)", s.Guard.Dir, len(s.Guard.Names)))
	}
	for _, loss := range s.Lost {
		lines = append(lines, fmt.Sprintf("%s: %s: %s", lossWord(loss), loss.Name, loss.Why))
	}
	return lines
}

// ExplainProfile is what macOS's sandbox is told of a Spec: a profile, and the values of its parameters. On Linux it is empty.
func ExplainProfile(s jail.Spec) []string {
	if s.Backend != jail.BackendSeatbelt {
		return nil
	}
	profile, err := jail.Profile(s, PlannedFound(s))
	if err != nil { // a plan that cannot be carried out is none
		return nil
	}
	text, params := profile.Format()
	lines := strings.Split(strings.TrimSuffix(text, "\n"), "\n")
	for _, p := range params {
		lines = append(lines, fmt.Sprintf("; %s is %q", p.Name, p.Value))
	}
	return lines
}

// hostname is what programs in the jail see as the machine's name.
func hostname(s jail.Spec, origin func(key, value string) string) string {
	if s.Backend == jail.BackendSeatbelt {
		return "the machine's own"
	}
	return origin("hostname", s.Hostname)
}

// lossWord is how a loss is called.
func lossWord(l jail.Loss) string {
	if l.Reach == jail.ReachGap {
		return "protected with a gap"
	}
	return "not protected"
}

func syscalls(s jail.Syscalls) string {
	if s.Wall == jail.WallOff {
		return "not filtered"
	}
	text := fmt.Sprintf("filtered, profile %s", s.Profile)
	for _, r := range s.Relaxed {
		text += ", " + string(r) + " allowed"
	}
	return text
}

// Redact returns a copy of a Spec whose environment has names only, for output that may be kept or shared.
func Redact(s jail.Spec) jail.Spec {
	s.Env = slices.Clone(s.Env)
	for i, entry := range s.Env {
		s.Env[i], _, _ = strings.Cut(entry, "=")
	}
	return s
}

// quoteAll quotes those words that a shell would read as more than one, or that show badly.
func quoteAll(words []string) []string {
	quoted := slices.Clone(words)
	for i, word := range words {
		if word == "" || strings.ContainsFunc(word, func(r rune) bool { return r <= ' ' || strings.ContainsRune(`"'\$&;|<>*?()`+"`", r) }) {
			quoted[i] = fmt.Sprintf("%q", word)
		}
	}
	return quoted
}
