package main

import (
	"strings"
	"testing"
	"unicode/utf8"
)

func TestReadable(t *testing.T) {
	for _, test := range []struct{ name, markdown, want string }{
		{"heading", "# Files\n\n## What *is* hidden\n", "FILES\n\nWHAT *IS* HIDDEN\n"},
		{"paragraph", "one two\nthree **four** [five](six.md) seven\n", "one two three four\nfive seven\n"},
		{"globs", "`a/**` **b** `**/c`\n", "`a/**` b `**/c`\n"},
		{"list", "* one two three four five\n  six\n* seven\n", "* one two three four\n  five six\n* seven\n"},
		{"code", "```toml\na = 1    # a very long line stays as it is\n\n* b\n```\n", "    a = 1    # a very long line stays as it is\n\n    * b\n"},
		{"table", "| who | what |\n|---|---|\n| **a** | b c d e f g h i j k |\n| x \\| y | |\n", "a\n    b c d e f g h i\n    j k\nx | y\n"},
		{"long word", "a bbbbbbbbbbbbbbbbbbbbbbbbbbbbbb c\n", "a\nbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb\nc\n"},
		{"characters, not bytes", "ääää ääää ääää äääää\n", "ääää ääää ääää äääää\n"},
	} {
		if got := readable(test.markdown, 20); got != test.want {
			t.Errorf("%s: got\n%s\nwant\n%s", test.name, got, test.want)
		}
	}
}

// TestTopics asks whether the pages still have what the topics take of them, in words for a terminal.
func TestTopics(t *testing.T) {
	for _, topic := range topics() {
		for _, name := range topic.sections {
			if section(topic.page, name) == "" {
				t.Errorf("jail help %s: the page has no section %q", topic.name, name)
			}
		}
		text := topicText(topic.name)
		if text == "" || strings.Contains(text, "](") || strings.Contains(text, "* **") || strings.Contains(text, "\n#") || strings.Contains(text, "\n|") {
			t.Errorf("jail help %s leaves Markdown in its text:\n%s", topic.name, text)
		}
		for line := range strings.Lines(text) {
			if !strings.HasPrefix(line, "    ") && utf8.RuneCountInString(line) > textWidth+1 && strings.Contains(strings.TrimSpace(line), " ") {
				t.Errorf("jail help %s: %q is too long", topic.name, line)
			}
		}
	}
	if got := topicText("nosuch"); got != "" {
		t.Errorf("there is a text about nosuch: %q", got)
	}
}
