package main

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"unicode"
)

// pageLink is a link of Markdown's to a file or a heading, and not to another machine.
var pageLink = regexp.MustCompile(`\]\(([^):]+)\)`)

// TestLinks follows each link between the pages, and asks whether a reader of README.md finds each page.
func TestLinks(t *testing.T) {
	pages, err := filepath.Glob("docs/*.md")
	if err != nil || len(pages) == 0 {
		t.Fatal("no pages: ", err)
	}
	var reached []string
	for _, page := range append(pages, "README.md") {
		for _, link := range pageLink.FindAllStringSubmatch(readPage(t, page), -1) {
			path, heading, _ := strings.Cut(link[1], "#")
			to := filepath.Join(filepath.Dir(page), path)
			if path == "" {
				to = page
			}
			if page == "README.md" {
				reached = append(reached, to)
			}
			if _, err := os.Stat(to); err != nil {
				t.Errorf("%s: %s leads nowhere", page, link[1])
			} else if heading != "" && !slices.Contains(headings(readPage(t, to)), heading) {
				t.Errorf("%s: %s has no heading %q", page, to, heading)
			}
		}
	}
	for _, page := range pages {
		if !slices.Contains(reached, page) {
			t.Errorf("README.md does not lead to %s", page)
		}
	}
}

// headings are the headings of a page as links name them: in small letters, without punctuation, with - for blanks.
func headings(page string) []string {
	var all []string
	for line := range strings.Lines(page) {
		text, is := strings.CutPrefix(strings.TrimLeft(line, "#"), " ")
		if !is || line[0] != '#' {
			continue
		}
		all = append(all, strings.Map(func(r rune) rune {
			switch {
			case r == ' ':
				return '-'
			case unicode.IsLetter(r), unicode.IsDigit(r), r == '-', r == '_':
				return unicode.ToLower(r)
			}
			return -1
		}, strings.TrimSpace(text)))
	}
	return all
}
