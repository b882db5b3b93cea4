package main

import (
	"fmt"
	"strings"
)

// colour is the number of a colour of the terminal's own (ECMA-48, SGR).
type colour string

const (
	plainText colour = ""
	bold      colour = "1"
	reverse   colour = "7"
	red       colour = "31"
	green     colour = "32"
	yellow    colour = "33"
	cyan      colour = "36"
)

// palette says whether there are colours.
type palette string

const (
	monochrome palette = ""
	coloured   palette = "coloured"
)

// in gives a text, which must be safe for a terminal, a colour.
func (p palette) in(c colour, text string) string {
	if p == monochrome || c == plainText || text == "" {
		return text
	}
	return "\x1b[" + string(c) + "m" + text + "\x1b[m"
}

// diffPainter colours a diff line by line. It counts the lines of each hunk, so that a line of a file cannot pass for one
// of git's own.
type diffPainter struct {
	palette  palette
	old, new int // lines of the hunk that are to come
}

func (d *diffPainter) paint(line string) string {
	if d.old <= 0 && d.new <= 0 {
		if strings.HasPrefix(line, "@@ ") {
			d.old, d.new = hunkLines(line)
			return d.palette.in(cyan, line)
		}
		if strings.HasPrefix(line, `\`) {
			return line
		}
		return d.palette.in(bold, line)
	}
	switch {
	case strings.HasPrefix(line, "+"):
		d.new--
		return d.palette.in(green, line)
	case strings.HasPrefix(line, "-"):
		d.old--
		return d.palette.in(red, line)
	case strings.HasPrefix(line, `\`):
	default:
		d.old--
		d.new--
	}
	return line
}

// hunkLines reads "@@ -1,2 +3,4 @@": how many lines of each side follow. A missing number is 1.
func hunkLines(header string) (before, after int) {
	words := strings.Fields(header)
	if len(words) < 3 {
		return 0, 0
	}
	count := func(word string) int {
		_, text, ok := strings.Cut(word, ",")
		n := 1
		if ok {
			if _, err := fmt.Sscan(text, &n); err != nil {
				return 0
			}
		}
		return n
	}
	return count(words[1]), count(words[2])
}
