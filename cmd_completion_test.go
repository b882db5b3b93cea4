package main

import (
	"strings"
	"testing"
)

func TestComplete(t *testing.T) {
	names := func(kind string) []candidate {
		return map[string][]candidate{
			"NAME": {{word: "fix-1"}}, "ARCHIVE": {{word: "old-1234"}}, "AGENT": {{word: "claude"}}, "SHELL": {{word: "bash"}}, "TOOL": {{word: "robojail"}}, "TOPIC": helpWords(),
		}[kind]
	}
	for _, test := range []struct {
		line  string // with a | between words, the last of which is completed
		has   string
		not   string
		shell string
	}{
		{line: "", has: "create", not: "fix-1", shell: "programs"},
		{line: "run|", has: "fix-1", not: "create", shell: "programs"},
		{line: "run|--net", has: "--network"},
		{line: "run|--network|", has: "none", not: "fix-1"},
		{line: "--agent-state|", has: "copy", not: "create"},
		{line: "run|--allow|", has: "userns"},
		{line: "run|--inherit-env|", has: "fix-1", shell: "programs"}, // a value is not needed
		{line: "run|--inherit-env=", has: "--inherit-env=filtered", not: "filtered"},
		{line: "run|--status-bar=d", has: "--status-bar=dark"},
		{line: "run|--allow-host|", has: "@npm", not: "fix-1"},
		{line: "run|--notify|", has: "desktop", shell: "programs"},
		{line: "net|check|", not: "fix-1"},
		{line: "net|check|a.example|", shell: "programs"},
		{line: "run|--map|", not: "fix-1", shell: "files"},
		{line: "run|--map|/etc|", has: "fix-1", shell: "programs"},
		{line: "run|--hostname|", not: "fix-1"},
		{line: "run|git|", not: "fix-1", shell: "command 2"},
		{line: "run|git|--am", shell: "command 2"},
		{line: "run|fix-1|--|", shell: "command 4"},
		{line: "run|--network|none|--|git|", shell: "command 5"},
		{line: "claude|", shell: "command 1"},
		{line: "claude|--", shell: "command 1"},
		{line: "--|", shell: "command 2"},
		{line: "status|", has: "fix-1"},
		{line: "rm|", has: "fix-1"}, // by its second name
		{line: "status|fix-1|", not: "fix-1"},
		{line: "status|fix-1|--js", has: "--json"},
		{line: "merge|--into|", not: "fix-1"},
		{line: "diff|fix-1|--|", shell: "files"},
		{line: "create|", not: "fix-1"},
		{line: "create|--repo|", shell: "files"},
		{line: "restore|", has: "old-1234", not: "fix-1"},
		{line: "archive|", has: "drop", not: "old-1234"},
		{line: "archive|drop|", has: "old-1234"},
		{line: "agents|", has: "claude", not: "fix-1"},
		{line: "import|", has: "robojail", not: "fix-1"},
		{line: "bootstrap|", has: "claude", not: "fix-1"},
		{line: "config|", has: "show"},
		{line: "config|show|", shell: "programs"},
		{line: "config|import|", shell: "files"},
		{line: "overlay|diff|", has: "fix-1"},
		{line: "completion|", has: "bash"},
		{line: "help|", has: "security", not: "fix-1"},
		{line: "help|", has: "merge"},
	} {
		got := complete(newApp(), strings.Split(test.line, "|"), names)
		has := func(word string) bool {
			for _, c := range got.words {
				if c.word == word {
					return true
				}
			}
			return false
		}
		if test.has != "" && !has(test.has) || test.not != "" && has(test.not) || got.shell != test.shell {
			t.Errorf("jail %s: got %v and %q of the shell, want %q, not %q, and %q", test.line, got.words, got.shell, test.has, test.not, test.shell)
		}
	}
}

// TestCompleteOnce: where a word can be given in two ways, each that there is stands once.
func TestCompleteOnce(t *testing.T) {
	got := complete(newApp(), []string{"restore", ""}, func(kind string) []candidate { return []candidate{{word: kind}} })
	if len(got.words) != 1 || got.words[0].word != "ARCHIVE" {
		t.Errorf("got %v", got.words)
	}
}
