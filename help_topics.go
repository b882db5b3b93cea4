package main

import (
	_ "embed"
	"slices"
	"strings"
)

// The texts that jail help prints are the pages of docs, so that nothing is written twice.
var (
	//go:embed docs/configuration.md
	configurationPage string
	//go:embed docs/network.md
	networkPage string
	//go:embed docs/git.md
	gitPage string
	//go:embed docs/threat-model.md
	threatModelPage string
	//go:embed docs/files.md
	filesPage string
)

// topic is something that jail help tells about and that is no command, or more than one.
type topic struct {
	name, about string
	page        string
	sections    []string // those of the page that are printed; all of it where there are none
}

func topics() []topic {
	return []topic{
		{"config", "config files, trust, lockdown, limits", configurationPage, nil},
		{"network", "rules, ports, the log", networkPage, nil},
		{"git", "git inside, what comes out and when, review", gitPage, nil},
		{"security", "against whom a jail protects, and against what it does not", threatModelPage, []string{"Attackers", "What is at stake", "Not promised"}},
		{"agents", "what an agent has of its own files, and what it cannot change in a project", filesPage, []string{"What an agent keeps in your home", "What programs of yours obey in a project"}},
	}
}

// topicText is what is printed about a topic; "" where there is no such topic.
func topicText(name string) string {
	all := topics()
	i := slices.IndexFunc(all, func(t topic) bool { return t.name == name })
	if i < 0 {
		return ""
	}
	return readable(all[i].markdown(), textWidth)
}

// markdown is the part of the page that is printed.
func (t topic) markdown() string {
	if t.sections == nil {
		return t.page
	}
	var b strings.Builder
	for _, name := range t.sections {
		b.WriteString(section(t.page, name))
	}
	return b.String()
}

// section is the part of a page below a heading of the second level, with the heading; "" where there is none.
func section(page, name string) string {
	_, rest, found := strings.Cut("\n"+page, "\n## "+name+"\n")
	if !found {
		return ""
	}
	rest, _, _ = strings.Cut(rest, "\n## ")
	return "## " + name + "\n" + strings.TrimRight(rest, "\n") + "\n\n"
}
