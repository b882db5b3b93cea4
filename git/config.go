package git

import (
	"bytes"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
)

// setting is a configuration variable and its value.
type setting struct {
	key   string // section and variable in lower case, the subsection between them as written
	value string
}

// entry is a setting and the file level it comes from: system, global, local, worktree or command.
type entry struct {
	setting
	level string
}

func (e entry) fromUser() bool { return e.level == "system" || e.level == "global" }

// parseConfig reads git config --list --show-scope -z: level NUL key LF value NUL; a variable without "=" has no LF.
func parseConfig(out []byte) ([]entry, error) {
	var entries []entry
	for len(out) > 0 {
		level, rest, ok := bytes.Cut(out, []byte{0})
		if !ok {
			return nil, errors.New("unexpected output of git config: cut short")
		}
		text, rest, ok := bytes.Cut(rest, []byte{0})
		if !ok {
			return nil, errors.New("unexpected output of git config: cut short")
		}
		key, value, assigned := strings.Cut(string(text), "\n")
		if !assigned {
			value = "true"
		}
		entries = append(entries, entry{setting{key, value}, string(level)})
		out = rest
	}
	return entries, nil
}

// settingsEnvironment passes settings on. In the environment, because the name of a filter may hold "=", where the
// option -c would end the key.
func settingsEnvironment(settings []setting) []string {
	env := []string{"GIT_CONFIG_COUNT=" + strconv.Itoa(len(settings))}
	for i, s := range settings {
		env = append(env, fmt.Sprintf("GIT_CONFIG_KEY_%d=%s", i, s.key), fmt.Sprintf("GIT_CONFIG_VALUE_%d=%s", i, s.value))
	}
	return env
}

// split takes apart section.subsection.variable; the subsection may hold dots.
func split(key string) (section, subsection, variable string) {
	first, last := strings.IndexByte(key, '.'), strings.LastIndexByte(key, '.')
	if first < 0 || first == last {
		return "", "", ""
	}
	return key[:first], key[first+1 : last], key[last+1:]
}

// disarm returns the settings that keep git from starting the programs named in its configuration. For a process that
// reads only the repository's files, those are all of its filters, diff and merge drivers and hooks, and what is inert
// of the user's own files is carried over. For a checkout, which is as the user configured it, those are the filters
// that would run a program out of the checked-out tree.
func disarm(entries []entry, s scope) []setting {
	var out []setting
	lfs := standardLFS(entries)
	for _, e := range entries {
		section, name, variable := split(e.key)
		for _, off := range disarmed(section, variable) {
			at := setting{section + "." + name + "." + off.key, off.value}
			switch {
			case s == repositoryOnly && e.fromUser():
			case section == "filter" && name == "lfs" && lfs:
			case section == "filter" && s == withUser && !inTree(e.value):
			case slices.Contains(out, at):
			default:
				out = append(out, at)
			}
		}
	}
	if s == repositoryOnly {
		out = append(out, inert(entries, lfs)...)
	}
	return out
}

// skippedFilters names the filters that disarm has switched off.
func skippedFilters(overrides []setting) []string {
	var names []string
	for _, s := range overrides {
		if section, name, variable := split(s.key); section == "filter" && variable == "required" && s.value == "false" {
			names = append(names, name)
		}
	}
	return names
}

// disarmed lists what to set beside a variable that names a program.
func disarmed(section, variable string) []setting {
	switch section + "." + variable {
	case "filter.clean", "filter.smudge", "filter.process":
		return []setting{{"clean", ""}, {"smudge", ""}, {"process", ""}, {"required", "false"}}
	case "diff.command", "diff.textconv":
		return []setting{{variable, ""}}
	case "merge.driver":
		// A builtin of the shell that calls it a conflict: with no command at all git gives the whole merge up.
		return []setting{{variable, "exit 1"}}
	case "hook.command", "hook.event":
		return []setting{{"enabled", "false"}}
	}
	return nil
}

// inTree reports whether a command of the configuration names a program or script by a relative path: git runs filters
// with the work tree as current directory. An interpreter with a script that has no slash in its name is not seen.
func inTree(command string) bool {
	for _, word := range strings.Fields(command) {
		word = strings.Trim(word, `"'`)
		if strings.Contains(word, "/") && !strings.HasPrefix(word, "/") && !strings.HasPrefix(word, "~/") {
			return true
		}
	}
	return false
}

// standardLFS reports whether the filter "lfs" is what git-lfs installs, in every file that mentions it. That program
// is the user's own, found by PATH, and takes no command from the work tree.
func standardLFS(entries []entry) bool {
	standard := map[string][]string{
		"filter.lfs.clean":   {"git-lfs clean -- %f"},
		"filter.lfs.smudge":  {"git-lfs smudge -- %f", "git-lfs smudge --skip -- %f"},
		"filter.lfs.process": {"git-lfs filter-process", "git-lfs filter-process --skip"},
	}
	for _, e := range entries {
		if want, ok := standard[e.key]; ok && !slices.Contains(want, e.value) {
			return false
		}
	}
	return true
}

// inert returns the user's own settings without which status is wrong: line endings, ignored files, LFS. They start
// nothing, git-lfs aside. A setting that the repository makes itself stays.
func inert(entries []entry, lfs bool) []setting {
	wanted := []string{"core.autocrlf", "core.eol", "core.excludesfile"}
	if lfs {
		wanted = append(wanted, "filter.lfs.clean", "filter.lfs.smudge", "filter.lfs.process", "filter.lfs.required")
	}
	var out []setting
	for _, key := range wanted {
		var last entry
		for _, e := range entries {
			if e.key == key {
				last = e
			}
		}
		if !last.fromUser() {
			continue
		}
		if key == "core.excludesfile" && !filepath.IsAbs(last.value) && !strings.HasPrefix(last.value, "~/") {
			continue // relative to the current directory, whatever that was
		}
		out = append(out, last.setting)
	}
	return out
}
