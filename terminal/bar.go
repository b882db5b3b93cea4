package terminal

import (
	"fmt"
	"path"
	"strings"

	"github.com/clipperhouse/displaywidth"
)

// A smaller terminal has no bar: the program needs what room there is.
const (
	minBarRows    = 4
	minBarColumns = 20
)

// BarStyle is the colours of a bar. The zero BarStyle is no bar.
type BarStyle string

const (
	BarOff    BarStyle = ""
	BarDark   BarStyle = "dark"
	BarLight  BarStyle = "light"
	BarPastel BarStyle = "pastel"
)

// pastels are pairs of background and foreground, of the 256 colours of xterm.
var pastels = [...][2]int{{224, 52}, {223, 94}, {230, 94}, {194, 22}, {195, 23}, {189, 54}, {218, 53}, {255, 235}}

// Bar is one line about a jail, shown in the last row of a terminal.
type Bar struct {
	Style   BarStyle `json:"style,omitempty"`
	Hue     uint     `json:"hue,omitempty"`   // of a pastel bar: any number
	Place   string   `json:"place,omitempty"` // a name, or a path, of which the last part counts most
	Command string   `json:"command,omitempty"`
	Facts   string   `json:"facts,omitempty"` // at the right end; left out where there is no room
}

// Inner is how many rows of a terminal the bar leaves to the program.
func (b Bar) Inner(rows, columns int) int {
	if b.Style == BarOff || rows < minBarRows || columns < minBarColumns {
		return rows
	}
	return rows - 1
}

// rendition is what switches the colours on.
func (b Bar) rendition() string {
	switch b.Style {
	case BarLight:
		return "\x1b[0;90;107m"
	case BarPastel:
		pair := pastels[b.Hue%uint(len(pastels))]
		return fmt.Sprintf("\x1b[0;48;5;%d;38;5;%dm", pair[0], pair[1])
	}
	return "\x1b[0;37;40m"
}

// line lays the bar out in so many columns, all but the last of which it fills: a terminal that takes the ellipsis for a wide
// character, as some in East Asia do, then does not wrap.
func (b Bar) line(columns int) string {
	room := columns - 1
	place, command, facts := sanitize(b.Place, maxTitle), sanitize(b.Command, maxTitle), sanitize(b.Facts, maxTitle)
	left := func(place string) string { return " " + place + " | " + command + " " }
	text := left(place)
	switch {
	case displaywidth.String(text)+displaywidth.String(facts)+1 <= room:
		gap := room - displaywidth.String(text) - displaywidth.String(facts) - 1
		return text + strings.Repeat(" ", gap) + facts + " "
	case displaywidth.String(text) <= room:
	case strings.Contains(place, "/"):
		text = left("…/" + path.Base(place))
	}
	return Fit(text, room)
}

// slot is what is known of the place where a terminal saves the cursor. There is one for the program and the bar (ESC 7, CSI s
// and mode 1048 name the same in nearly all terminals), so that the bar must not use it while the program's is in it.
type slot int

const (
	slotFree   slot = iota // the program has not used it
	slotOpen               // it has saved the cursor, and will restore it
	slotClosed             // it has restored it, and may do so again
)

// place is what is known of a saved cursor.
type place struct {
	below  int // as in reserved
	bottom int // likewise: unless it was below, it was not below that
	unsure bool
	origin bool
}

// reserved is a terminal whose last row belongs to a bar.
type reserved struct {
	bar           Bar
	notice        string // in the place of the bar's facts
	rows, columns int    // of the terminal, the bar included; rows 0: the bar is hidden
	dirty         bool
	spoilt        bool     // text of the program's may stand in the bar's row
	slots         [2]slot  // of the primary and the alternate screen
	top, bottom   int      // of the program's scroll region
	below         int      // the row of the cursor where it is known to stand below the program's scroll region, else 0
	unsure        bool     // it may stand below without being known to, or in the bar's row, until the program sets a position or a region
	saved         [2]place // what the slots hold
	margins       string   // left and right, as the program set them
	moved         bool     // the terminal was resized while the primary screen was not there
	tail          byte     // the last byte that was passed
	start         int      // where the output of the present call begins
	painted       string   // the character before the bar, if the bar was drawn last
	replies       []byte
}

// SetBar gives a bar the last row of the terminal, from the next Fit on.
func (f *Filter) SetBar(bar Bar) { f.bar = reserved{bar: bar} }

// inner is how many rows the program has.
func (r *reserved) inner() int { return r.rows - 1 }

// Fit tells the size of the terminal: at first, when it changed, and after Release. It returns what is to be written to the
// terminal before the program hears of it, and how many rows the program has.
func (f *Filter) Fit(rows, columns int) (out []byte, inner int) {
	r := &f.bar
	before := r.rows
	shown := r.bar.Inner(rows, columns) < rows
	switch {
	case !shown && before == 0:
		return nil, rows
	case shown && before == rows && columns == r.columns:
		// It may have been another in between, and the region is gone.
		r.top, r.bottom, r.below = 1, r.inner(), 0
		return f.aside(nil, func(out []byte) []byte { return f.draw(r.region(out)) }), r.inner()
	}
	r.unsure = false
	r.rows, r.columns, r.margins = 0, columns, "" // whatever margins there were, terminals drop them with the size
	r.top, r.bottom, r.below = 1, rows-1, 0
	if shown {
		r.rows = rows
	}
	alternate := f.Alternate()
	r.moved = alternate && (before != 0 || r.moved)
	out = f.settle(out, before, alternate)
	if !shown {
		return out, rows
	}
	return out, r.inner()
}

// settle moves the cursor off the last row, by scrolling where it stands there, takes away what is left of the bar of a size
// before, and draws the bar. A terminal that grows either adds rows below or brings rows back above, and nobody tells which: the
// bar is below the cursor in both cases, and what a program has below its cursor on the primary screen it draws again itself.
func (f *Filter) settle(out []byte, before int, alternate bool) []byte {
	out = f.aside(out, func(out []byte) []byte { return append(out, "\x1b[r"...) })
	out = append(out, "\x1bD\x1b[A"...)
	if before != 0 && !alternate {
		out = append(out, eraseBelow...)
	}
	return f.aside(out, func(out []byte) []byte {
		if before != 0 && alternate {
			out = fmt.Appendf(out, "\x1b[m\x1b[%d;1H\x1b[2K", before)
		}
		if f.bar.rows == 0 {
			return out
		}
		return f.draw(f.bar.region(out))
	})
}

// eraseBelow erases the rows below the cursor, where no scroll region is set.
const eraseBelow = "\x1b7\x1b[m\x1b[E\x1b[J\x1b8"

// Release returns what gives the last row back to the terminal, for a while or for good. Fit takes it again.
func (f *Filter) Release() []byte {
	r := &f.bar
	if r.rows == 0 {
		return nil
	}
	row := r.rows
	r.rows = 0
	out := f.aside(nil, func(out []byte) []byte { return fmt.Appendf(out, "\x1b[r\x1b[m\x1b[%d;1H\x1b[2K", row) })
	if r.moved && !f.Alternate() {
		out = append(out, eraseBelow...)
	}
	return out
}

// Notice shows a text in the bar in the place of its facts, and the facts again for the empty text. It returns what is to be written
// to the terminal, now or, where that must not be now, nothing: see BarDue.
func (f *Filter) Notice(text string) []byte {
	if f.bar.rows == 0 || f.bar.notice == text {
		return nil
	}
	f.bar.notice, f.bar.dirty = text, true
	out := f.Redraw()
	if len(out) > 0 && f.modes.has("?", synchronized) { // or the user would go on seeing what was there before
		f.modes.put("?", synchronized, false)
		out = append(out, endOfUpdate...)
	}
	return out
}

// synchronized is the mode in which a terminal holds back what it is to show.
const synchronized = 2026

// HasBar reports whether the bar is shown.
func (f *Filter) HasBar() bool { return f.bar.rows != 0 }

// BarDue reports whether the bar is to be drawn again and could not be, so that Redraw is to be called when nothing was written
// for a moment.
func (f *Filter) BarDue() bool { return f.bar.rows != 0 && f.bar.dirty }

// Redraw returns the bar, if it is to be drawn again, at a time when the program is quiet.
func (f *Filter) Redraw() []byte {
	if !f.BarDue() || f.modes.link || *f.slot() == slotOpen {
		return nil
	}
	return f.paint(nil)
}

// BarSpoilt reports whether text of the program's may stand in the bar's row.
func (f *Filter) BarSpoilt() bool { return f.bar.rows != 0 && f.bar.spoilt }

// Insist returns the bar where it has waited long enough: if text of the program's may stand in its place, it is drawn even where
// that loses the cursor that the program has saved, or ends its link.
func (f *Filter) Insist() []byte {
	if !f.BarSpoilt() {
		return f.Redraw()
	}
	var out []byte
	if f.modes.link {
		out, f.modes.link = append(out, endOfLink...), false
	}
	f.remember(f.shown())
	return f.paint(out)
}

const (
	endOfLink   = "\x1b]8;;\x1b\\"
	endOfUpdate = "\x1b[?2026l" // the terminal shows what it has held back
	singleWidth = "\x1b#5"      // of the row: what was written there may have made it a double one
)

// Replies returns and forgets what the program is to read as if the terminal had said it: its size, without the bar's row; and
// where the audience only watches, so that no terminal is asked, what a plain one says.
func (f *Filter) Replies() []byte {
	replies := append(f.bar.replies, f.answers...)
	f.bar.replies, f.answers = nil, nil
	return replies
}

// slot is the one of the screen that is shown.
func (f *Filter) slot() *slot { return &f.bar.slots[f.shown()] }

// shown is 1 for the alternate screen, else 0.
func (f *Filter) shown() int {
	if f.Alternate() {
		return 1
	}
	return 0
}

// drawWhenSafe ends a call of Filter. A bar is not drawn behind a character that a next one may combine with, in a link, or
// where the program has the cursor saved.
func (f *Filter) drawWhenSafe(dst []byte) []byte {
	r := &f.bar
	if len(dst) > r.start {
		if r.unsure {
			r.spoil()
		}
		r.tail, r.painted = dst[len(dst)-1], ""
	}
	if !r.dirty || r.tail >= 0x80 || f.modes.link || *f.slot() != slotFree {
		return dst
	}
	return f.paint(dst)
}

// paint draws the bar and leaves everything as it was.
func (f *Filter) paint(dst []byte) []byte {
	if r := &f.bar; r.tail >= ' ' && r.tail < 0x7f {
		r.painted = string(r.tail)
	}
	return f.aside(dst, f.draw)
}

// aside appends what do appends, with the terminal in a state in which rows are counted from the top and text is text, and the
// program's state around it.
func (f *Filter) aside(dst []byte, do func([]byte) []byte) []byte {
	dst = append(dst, "\x1b7"...) // position, rendition, character sets and origin mode
	insert, margins := f.modes.has("", 4), f.modes.has("?", 69)
	// Without wrapping, for the terminal may be narrower by now: a line that wrapped in the last row would scroll the screen.
	dst = append(dst, "\x1b[?6l\x1b[?7l"...)
	if insert {
		dst = append(dst, "\x1b[4l"...)
	}
	if margins {
		dst = append(dst, "\x1b[?69l"...)
	}
	if f.modes.charset {
		dst = append(dst, "\x0f\x1b(B"...)
	}
	dst = do(dst)
	if margins {
		dst = append(dst, "\x1b[?69h"...)
		if f.bar.margins != "" {
			dst = append(append(append(dst, "\x1b["...), f.bar.margins...), 's')
		}
	}
	if insert {
		dst = append(dst, "\x1b[4h"...)
	}
	if f.modes.has("?", 7) {
		dst = append(dst, "\x1b[?7h"...)
	}
	return append(dst, "\x1b8"...)
}

// draw is for aside.
func (f *Filter) draw(dst []byte) []byte {
	r := &f.bar
	single := ""
	if r.spoilt {
		single = singleWidth
	}
	r.dirty, r.spoilt = false, false
	// The last column is coloured by erasing.
	bar := r.bar
	if r.notice != "" {
		bar.Facts = r.notice
	}
	line := bar.line(r.columns)
	if !strings.Contains(line, r.notice) {
		line = Fit(" "+r.notice, r.columns-1) // there is no room for both, and this is a question
	}
	return fmt.Appendf(dst, "\x1b[%d;1H%s%s%s\x1b[K", r.rows, single, bar.rendition(), line)
}

// region appends the program's scroll region, which never holds the bar's row.
func (r *reserved) region(dst []byte) []byte {
	return fmt.Appendf(dst, "\x1b[%d;%dr", r.top, r.bottom)
}
