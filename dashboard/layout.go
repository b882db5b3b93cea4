package dashboard

import (
	"fmt"
	"strings"
	"time"

	"jail/session"
	"jail/terminal"
)

// Cell is a text that takes exactly so many columns, with the space behind it.
type Cell struct {
	Text  string
	Width int
	Style Style
}

// Line is one line of the terminal.
type Line []Cell

const (
	// detailed is from how many rows on there is more about the selected jail.
	detailed = 16
	// roomy is from how many columns on there are two spaces between columns.
	roomy = 60
	// marker is how many columns stand before each jail.
	marker = 2
)

// Draw lays everything out for a terminal of that size: so many lines.
func (b *Board) Draw(rows, columns int, now time.Time) []Line {
	columns = max(1, columns)
	whole := func(style Style, text string) Line {
		return Line{{terminal.Fit(text, columns), columns, style}}
	}
	if b.mode == helping {
		return clip(b.help(whole), rows)
	}
	lines := []Line{whole(Heading, b.summary())}
	var below []Line
	if i := b.index(); rows >= detailed && i >= 0 {
		below = append(below, whole(Plain, ""))
		for _, text := range b.jails[i].details(now) {
			below = append(below, whole(Plain, text))
		}
	}
	below = append(below, b.footer(whole, columns))
	lines = append(lines, b.list(max(0, rows-len(lines)-len(below)), columns, now)...)
	for len(lines)+len(below) < rows {
		lines = append(lines, whole(Plain, ""))
	}
	return clip(append(lines, below...), rows)
}

func clip(lines []Line, rows int) []Line { return lines[:min(len(lines), max(0, rows))] }

// list is the table, the selected jail always in it.
func (b *Board) list(rows, width int, now time.Time) []Line {
	if len(b.jails) == 0 {
		text := "no jails yet; jail create NAME makes one"
		if b.jails == nil {
			text = "looking …"
		}
		return clip([]Line{{{terminal.Fit(text, width), width, Plain}}}, rows)
	}
	gap := 1
	if width >= roomy {
		gap = 2
	}
	shown := fit(b.jails, now, width-marker, gap)
	if len(shown) == 0 {
		return nil // no terminal is that narrow
	}
	heading := Line{{strings.Repeat(" ", marker), marker, Heading}}
	for _, c := range shown {
		heading = append(heading, cell(c.title, c.width, gap, Heading))
	}
	b.page = max(0, rows-1)
	b.scroll()
	lines := []Line{heading}
	for _, j := range b.jails[b.first:min(len(b.jails), b.first+b.page)] {
		lines = append(lines, b.row(j, shown, gap, now))
	}
	return clip(lines, rows)
}

// scroll moves what is shown as little as it takes to show the selection.
func (b *Board) scroll() {
	at := b.at()
	b.first = min(b.first, at, max(0, len(b.jails)-b.page))
	b.first = max(b.first, at-b.page+1, 0)
}

func (b *Board) row(j Jail, shown []fitted, gap int, now time.Time) Line {
	line := Line{{strings.Repeat(" ", marker), marker, Plain}}
	if j.Name == b.selected {
		line[0] = Cell{"> ", marker, Selected}
	}
	for _, c := range shown {
		style := Plain
		if c.style != nil {
			style = c.style(j)
		}
		if j.Name == b.selected {
			style = Selected
		}
		line = append(line, cell(c.text(j, now), c.width, gap, style))
	}
	return line
}

func cell(text string, width, gap int, style Style) Cell {
	return Cell{terminal.Fit(text, width) + strings.Repeat(" ", gap), width + gap, style}
}

// summary counts the jails.
func (b *Board) summary() string {
	if b.jails == nil {
		return "jails"
	}
	waiting, running := 0, 0
	for _, j := range b.jails {
		if j.Runs() {
			running++
		}
		if session.State(j.State) == session.Waiting {
			waiting++
		}
	}
	return fmt.Sprintf("jails: %d, running: %d, waiting for you: %d", len(b.jails), running, waiting)
}

// details are more about one jail: always as many lines.
func (j Jail) details(now time.Time) []string {
	what := j.Name + ": " + j.State
	if j.Command != "" {
		what += ", " + j.Command
	}
	switch began := since(j.Began, now); began {
	case "":
	case justNow:
		what += ", began now"
	default:
		what += ", began " + began + " ago"
	}
	changes := j.Changes.long()
	if j.Fault != "" {
		changes = j.Fault
	}
	return []string{what + ", of " + j.Repo, "branch " + j.Branch + ": " + changes, j.Says}
}

// footer is what there is to say, or to press.
func (b *Board) footer(whole func(Style, string) Line, width int) Line {
	switch i := b.index(); {
	case b.mode == asking && i >= 0:
		return whole(Question, fmt.Sprintf("end %s in %s? y/n", b.jails[i].Command, b.jails[i].Name))
	case b.message != "":
		return whole(Question, b.message)
	}
	for _, keys := range []string{
		"Enter attach  d diff  l logs  e enter  s stop  w sort  r refresh  ? help  q quit",
		"Enter attach  d diff  l logs  e enter  s stop  ? help  q quit",
		"Enter attach  d diff  ? help  q quit",
	} {
		if terminal.Columns(keys) <= width {
			return whole(Heading, keys)
		}
	}
	return whole(Heading, "? help  q quit")
}

// help fits 40 columns and 10 rows.
func (b *Board) help(whole func(Style, string) Line) []Line {
	var lines []Line
	for _, text := range []string{
		"Enter, a  attach; Ctrl-] d comes back",
		"d  diff       l  what it has written",
		"e  a shell in it, or its command",
		"s  stop what runs in it; asks first",
		"w  those that wait first, or by name",
		"r  look at all of them now",
		"up k  down j  PgUp PgDn  Home g  End G",
		"q, Ctrl-C  quit; Ctrl-Z  suspend",
		"CHANGES: lines, f files, c commits",
		"any key goes back",
	} {
		lines = append(lines, whole(Plain, text))
	}
	return lines
}
