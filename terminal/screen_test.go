package terminal

import (
	"strings"

	"github.com/charmbracelet/x/ansi"
)

// model is a small terminal, with the parser of another project: what it shows after the filter is compared with what it shows
// without. It knows characters of one column only, and margins at the top and bottom only.
type model struct {
	rows, columns int
	screens       [2]page
	alternate     bool
	top, bottom   int // of the scroll region, from 0, inclusive
	insert        bool
	last          rune
	parser        *ansi.Parser
}

// page is one screen with its saved cursor.
type page struct {
	cells [][]rune
	at    cursor
	saved cursor
}

type cursor struct {
	row, column int
	wrap        bool // the last column is full, and the next character goes to the next row
	origin      bool
}

func newModel(rows, columns int) *model {
	m := &model{rows: rows, columns: columns, parser: ansi.NewParser()}
	m.parser.SetHandler(ansi.Handler{Print: m.print, Execute: m.control, HandleEsc: m.escape, HandleCsi: m.sequence})
	m.reset()
	return m
}

func (m *model) reset() {
	m.top, m.bottom, m.alternate, m.insert = 0, m.rows-1, false, false
	for i := range m.screens {
		m.screens[i] = page{cells: make([][]rune, m.rows)}
		for row := range m.rows {
			m.screens[i].cells[row] = m.blank()
		}
	}
}

// resize makes a terminal of another height, as most do: rows leave and come at the bottom, unless the cursor stands there. Nothing
// that scrolled away comes back.
func (m *model) resize(rows int) {
	for i := range m.screens {
		p := &m.screens[i]
		gone := max(p.at.row-rows+1, 0)
		p.cells = p.cells[gone:]
		p.at.row -= gone
		for len(p.cells) < rows {
			p.cells = append(p.cells, m.blank())
		}
		p.cells = p.cells[:rows]
		p.saved.row = min(max(p.saved.row-gone, 0), rows-1)
	}
	m.rows, m.top, m.bottom = rows, 0, rows-1
}

func (m *model) blank() []rune { return []rune(strings.Repeat(" ", m.columns)) }

func (m *model) page() *page {
	if m.alternate {
		return &m.screens[1]
	}
	return &m.screens[0]
}

// row is the text of one row, without what is blank at its end.
func (m *model) row(i int) string { return strings.TrimRight(string(m.page().cells[i]), " ") }

func (m *model) lines(rows int) string {
	var all []string
	for i := range rows {
		all = append(all, m.row(i))
	}
	return strings.Join(all, "\n")
}

func (m *model) write(data []byte) { m.parser.Parse(data) }

func (m *model) print(r rune) {
	p := m.page()
	if p.at.wrap {
		p.at.column, p.at.wrap = 0, false
		m.index()
	}
	line := p.cells[p.at.row]
	if m.insert {
		copy(line[p.at.column+1:], line[p.at.column:])
	}
	line[p.at.column] = r
	m.last = r
	if p.at.column == m.columns-1 {
		p.at.wrap = true
	} else {
		p.at.column++
	}
}

func (m *model) control(b byte) {
	p := m.page()
	switch b {
	case '\n', '\v', '\f':
		p.at.wrap = false
		m.index()
	case '\r':
		p.at.column, p.at.wrap = 0, false
	case '\b':
		p.at.column, p.at.wrap = max(p.at.column-1, 0), false
	}
}

func (m *model) index() {
	p := m.page()
	switch {
	case p.at.row == m.bottom:
		m.scroll(m.top, 1)
	case p.at.row < m.rows-1:
		p.at.row++
	}
}

// scroll moves the rows from one to the end of the region up, or down.
func (m *model) scroll(from, rows int) {
	cells := m.page().cells
	for ; rows > 0; rows-- {
		copy(cells[from:m.bottom+1], cells[from+1:m.bottom+1])
		cells[m.bottom] = m.blank()
	}
	for ; rows < 0; rows++ {
		copy(cells[from+1:m.bottom+1], cells[from:m.bottom])
		cells[from] = m.blank()
	}
}

func (m *model) escape(cmd ansi.Cmd) {
	p := m.page()
	switch string([]byte{cmd.Intermediate(), cmd.Final()}) {
	case "\x007":
		p.saved = p.at
	case "\x008":
		p.at = p.saved
		p.at.row = min(p.at.row, m.rows-1)
	case "\x00D":
		p.at.wrap = false
		m.index()
	case "\x00E":
		m.control('\r')
		m.index()
	case "\x00M":
		if p.at.wrap = false; p.at.row == m.top {
			m.scroll(m.top, -1)
		} else {
			p.at.row = max(p.at.row-1, 0)
		}
	case "\x00c":
		m.reset()
	case "#8":
		m.top, m.bottom, p.at = 0, m.rows-1, cursor{}
		for i := range p.cells {
			p.cells[i] = []rune(strings.Repeat("E", m.columns))
		}
	}
}

// move puts the cursor at a position from 0, inside the region where it is counted from there.
func (m *model) move(row, column int) {
	p := m.page()
	first, last := 0, m.rows-1
	if p.at.origin {
		first, last = m.top, m.bottom
		row += m.top
	}
	p.at.row, p.at.column, p.at.wrap = min(max(row, first), last), min(max(column, 0), m.columns-1), false
}

func (m *model) vertical(rows int) {
	p := m.page()
	first, last := 0, m.rows-1
	if p.at.row >= m.top {
		first = m.top
	}
	if p.at.row <= m.bottom {
		last = m.bottom
	}
	p.at.row, p.at.wrap = min(max(p.at.row+rows, first), last), false
}

func (m *model) sequence(cmd ansi.Cmd, params ansi.Params) {
	p := m.page()
	n := func(i, fallback int) int {
		value, _, _ := params.Param(i, fallback)
		if value == 0 {
			return fallback
		}
		return value
	}
	key := strings.ReplaceAll(string([]byte{cmd.Prefix(), cmd.Intermediate(), cmd.Final()}), "\x00", "")
	switch key {
	case "H", "f":
		m.move(n(0, 1)-1, n(1, 1)-1)
	case "d":
		m.move(n(0, 1)-1, p.at.column)
	case "G":
		p.at.column, p.at.wrap = min(n(0, 1), m.columns)-1, false
	case "A":
		m.vertical(-n(0, 1))
	case "B", "e": // of which xterm takes the second past the region, and others do not
		m.vertical(n(0, 1))
	case "E":
		m.vertical(n(0, 1))
		m.control('\r')
	case "r":
		top, bottom := n(0, 1)-1, min(n(1, m.rows), m.rows)-1
		if top < bottom {
			m.top, m.bottom = top, bottom
			m.move(0, 0)
		}
	case "J":
		m.erase(n(0, 0))
	case "K":
		from, to := p.at.column, m.columns
		switch n(0, 0) {
		case 1:
			from, to = 0, p.at.column+1
		case 2:
			from = 0
		}
		copy(p.cells[p.at.row][from:to], m.blank())
	case "L", "M":
		if rows := n(0, 1); p.at.row >= m.top && p.at.row <= m.bottom {
			if p.at.column, p.at.wrap = 0, false; key == "L" {
				rows = -rows
			}
			m.scroll(p.at.row, min(max(rows, -m.rows), m.rows))
		}
	case "S":
		m.scroll(m.top, min(n(0, 1), m.rows))
	case "T":
		m.scroll(m.top, -min(n(0, 1), m.rows))
	case "b":
		for range min(n(0, 1), 4096) {
			if m.last != 0 {
				m.print(m.last)
			}
		}
	case "s":
		p.saved = p.at
	case "u":
		p.at = p.saved
		p.at.row = min(p.at.row, m.rows-1)
	case "h", "l":
		if n(0, 0) == 4 {
			m.insert = key == "h"
		}
	case "!p":
		m.top, m.bottom, m.insert, p.at.origin, p.saved = 0, m.rows-1, false, false, cursor{}
	case "?h", "?l":
		params.ForEach(0, func(_, mode int, _ bool) { m.mode(mode, cmd.Final() == 'h') })
	}
}

func (m *model) mode(mode int, on bool) {
	p := m.page()
	switch mode {
	case 6:
		p.at.origin = on
		m.move(0, 0)
	case 1049:
		if on == m.alternate {
			return
		}
		if on {
			p.saved = p.at
			m.alternate = true
			m.screens[1].at = p.at
			m.erase(2)
			return
		}
		m.alternate = false
		m.screens[0].at = m.screens[0].saved
	}
}

func (m *model) erase(what int) {
	p := m.page()
	for i := range p.cells {
		switch {
		case what == 2, what == 0 && i > p.at.row, what == 1 && i < p.at.row:
			p.cells[i] = m.blank()
		case what == 0 && i == p.at.row:
			copy(p.cells[i][p.at.column:], m.blank())
		case what == 1 && i == p.at.row:
			copy(p.cells[i][:p.at.column+1], m.blank())
		}
	}
}
