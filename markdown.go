package main

import (
	"regexp"
	"strings"
	"unicode/utf8"
)

// textWidth is how many characters a line of readable has at most: what fits a terminal beside another.
const textWidth = 100

// readable makes text to read on a terminal of the Markdown that docs has: headings, paragraphs, lists, tables and fenced
// code. Of a table each row becomes a paragraph, the cells after the first indented, as they are too long for columns.
func readable(markdown string, width int) string {
	var out strings.Builder
	var open []string // lines of a paragraph or of an item of a list, so far
	indent := ""      // of its lines but the first
	flush := func() {
		if len(open) > 0 {
			out.WriteString(wrap(inline(strings.Join(open, " ")), indent, width))
		}
		open, indent = nil, ""
	}
	fenced, rows := false, 0
	for line := range strings.Lines(markdown) {
		line = strings.TrimRight(line, "\n")
		cells, isRow := tableRow(line)
		if !isRow {
			rows = 0
		}
		switch {
		case strings.HasPrefix(line, "```"):
			flush()
			fenced = !fenced
		case fenced:
			out.WriteString(strings.TrimRight("    "+line, " ") + "\n")
		case isRow:
			flush()
			if rows++; rows > 2 { // the first two are the heads and the rule below them
				out.WriteString(tableText(cells, width))
			}
		case strings.HasPrefix(line, "#"):
			flush()
			out.WriteString(strings.ToUpper(inline(strings.TrimLeft(line, "# "))) + "\n")
		case strings.HasPrefix(line, "* "):
			flush()
			open, indent = []string{line}, "  "
		case line == "":
			flush()
			out.WriteString("\n")
		default:
			open = append(open, strings.TrimSpace(line))
		}
	}
	flush()
	return out.String()
}

// tableRow takes a row of a table apart. A bar after a backslash is none.
func tableRow(line string) ([]string, bool) {
	if !strings.HasPrefix(line, "| ") && !strings.HasPrefix(line, "|-") {
		return nil, false
	}
	const bar = "\x00"
	line = strings.ReplaceAll(line, `\|`, bar)
	var cells []string
	for cell := range strings.SplitSeq(strings.Trim(line, "|"), "|") {
		cells = append(cells, strings.ReplaceAll(strings.TrimSpace(cell), bar, "|"))
	}
	return cells, true
}

func tableText(cells []string, width int) string {
	text := wrap(inline(cells[0]), "  ", width)
	for _, cell := range cells[1:] {
		if cell != "" {
			text += wrap("    "+inline(cell), "    ", width)
		}
	}
	return text
}

// inline takes away what marks links and emphasis. Code keeps its marks, which set it off from the words around it.
func inline(text string) string {
	// Compiled here, as every start of a jail would pay for it otherwise.
	link, emphasis := regexp.MustCompile(`\[([^\]]+)\]\([^)]+\)`), regexp.MustCompile(`\*\*([^*/`+"`"+`\s][^*]*)\*\*`) // and not the ** of globs
	return emphasis.ReplaceAllString(link.ReplaceAllString(text, "$1"), "$1")
}

// wrap breaks a text between words. What the first line begins with stays; the others begin with the indent.
func wrap(text, indent string, width int) string {
	words := strings.Fields(text)
	if len(words) == 0 {
		return ""
	}
	line := text[:len(text)-len(strings.TrimLeft(text, " "))] + words[0]
	var out strings.Builder
	for _, word := range words[1:] {
		if utf8.RuneCountInString(line)+1+utf8.RuneCountInString(word) > width {
			out.WriteString(line + "\n")
			line = indent + word
			continue
		}
		line += " " + word
	}
	out.WriteString(line + "\n")
	return out.String()
}
