package terminal

import (
	"bytes"
	"fmt"
	"strconv"
	"strings"
)

// maxRepeat bounds what a repetition of one character is written out to.
const maxRepeat = 4096

// reserve appends a sequence that may pass, changed where it would reach the bar's row. The program's terminal ends above it:
// positions and scroll regions are cut to what it has, and what takes the bar away has it drawn again.
func (f *Filter) reserve(dst []byte, s sequence, body []byte) []byte {
	r := &f.bar
	pass := func() []byte { return append(append(dst, "\x1b["...), body...) }
	switch s.key {
	case "H", "f", "d":
		row := max(s.params[0], 1)
		if row > r.inner() {
			row = r.inner()
			_, rest, more := strings.Cut(s.raw, ";")
			dst = fmt.Appendf(dst, "\x1b[%d", row)
			if more {
				dst = append(append(dst, ';'), rest...)
			}
			dst = append(dst, s.key...)
		} else {
			dst = pass()
		}
		r.stand(row, f.modes.has("?", 6))
		r.unsure = false
		return dst
	case "B", "E", "e":
		return f.down(dst, s.key, max(s.params[0], 1))
	case "A", "F", "k":
		r.up(max(s.params[0], 1))
	case "r":
		return r.setRegion(dst, s)
	case "J", "?J":
		r.dirty = r.dirty || s.params[0] == 0 || s.params[0] == 2
		if s.params[0] == 3 {
			*f.slot() = slotFree // of what it has thrown away it restores nothing
		}
	case "$z", "$x", "${", "$r", "$t", "$v":
		r.spoil()
	case "!p":
		return f.softReset(pass())
	case "s":
		if f.modes.has("?", 69) {
			r.margins = s.raw
			return pass()
		}
		return f.save(pass())
	case "u":
		return f.restore(dst, pass())
	case "b":
		if r.below > 0 {
			r.unsure = true
		}
		if r.painted != "" && len(dst) == r.start {
			return append(dst, strings.Repeat(r.painted, min(max(s.params[0], 1), maxRepeat))...)
		}
	case "t":
		if s.params[0] == 18 {
			r.replies = fmt.Appendf(r.replies, "\x1b[8;%d;%dt", r.inner(), r.columns)
			return dst
		}
	case "?$p":
		if s.params[0] == sizeReports { // which would tell of all rows
			r.replies = append(r.replies, "\x1b[?"+strconv.Itoa(sizeReports)+";0$y"...)
			return dst
		}
	}
	return pass()
}

// sizeReports is the mode in which a terminal tells its size when it changes. A terminal with a bar does not have it.
const sizeReports = 2048

// spoil notes that text of the program's may stand in the bar's row.
func (r *reserved) spoil() { r.dirty, r.spoilt = true, true }

// stand notes where a position puts the cursor. In origin mode it cannot leave the scroll region.
func (r *reserved) stand(row int, origin bool) {
	if r.below = 0; row > r.bottom && !origin {
		r.below = row
	}
}

func (r *reserved) up(rows int) { r.stand(max(r.below-rows, 0), false) }

// down moves the cursor. Not every terminal stops at the end of the scroll region, so that a long way is a position.
func (f *Filter) down(dst []byte, key string, rows int) []byte {
	r := &f.bar
	final := strings.Replace(key, "e", "B", 1) // which does not stop there in xterm
	if r.below > 0 {
		if rows = min(rows, r.inner()-r.below); rows > 0 {
			r.below += rows
			return fmt.Appendf(dst, "\x1b[%d%s", rows, final)
		}
	} else if rows < r.inner()-1 || r.bottom < r.inner() || f.modes.has("?", 6) {
		return fmt.Appendf(dst, "\x1b[%d%s", rows, final)
	} else {
		dst = fmt.Appendf(dst, "\x1b[%dd", r.inner())
	}
	if key == "E" {
		dst = append(dst, '\r')
	}
	return dst
}

// setRegion passes a scroll region that ends above the bar. One without two rows is none, and terminals ignore it.
func (r *reserved) setRegion(dst []byte, s sequence) []byte {
	top, bottom := max(s.params[0], 1), r.inner()
	if len(s.params) > 1 && s.params[1] > 0 {
		bottom = min(s.params[1], r.inner())
	}
	if top >= bottom {
		return dst
	}
	r.top, r.bottom, r.below, r.unsure = top, bottom, 0, false
	return r.region(dst)
}

// save follows the program's own, so that the bar can save the same again.
func (f *Filter) save(dst []byte) []byte {
	f.remember(f.shown())
	*f.slot() = slotOpen
	return f.drawAtSlot(dst)
}

func (f *Filter) remember(screen int) {
	r := &f.bar
	r.saved[screen] = place{below: r.below, bottom: r.bottom, unsure: r.unsure, origin: f.modes.has("?", 6)}
}

func (f *Filter) recall(screen int) {
	r := &f.bar
	to := r.saved[screen]
	r.stand(to.below, false)
	r.unsure = to.unsure || to.below == 0 && r.bottom < min(to.bottom, r.inner())
	f.modes.put("?", 6, to.origin)
}

// restore follows the program's own, which passed holds behind dst. Where it has saved nothing the bar may have, and the cursor
// goes where it is in a terminal that nothing was saved in.
func (f *Filter) restore(dst, passed []byte) []byte {
	f.recall(f.shown())
	switch s := f.slot(); *s {
	case slotFree:
		f.bar.below, f.bar.unsure = 0, false
		f.modes.put("?", 6, false)
		return append(dst, "\x1b[?6l\x1b[m\x1b[H"...)
	case slotOpen:
		*s = slotClosed
	}
	return f.drawAtSlot(passed)
}

// drawAtSlot draws the bar where the cursor stands as it is saved, which is the moment where saving it once more loses nothing.
func (f *Filter) drawAtSlot(dst []byte) []byte {
	if !f.bar.dirty || f.modes.link {
		return dst
	}
	return f.aside(dst, f.draw)
}

// softReset takes the region back, which a soft reset makes the whole screen.
func (f *Filter) softReset(dst []byte) []byte {
	r := &f.bar
	r.top, r.bottom, r.below, r.margins = 1, r.inner(), 0, ""
	*f.slot() = slotFree
	f.modes.put("", 4, false)
	f.modes.put("?", 6, false)
	f.modes.put("?", 69, false)
	return f.aside(dst, r.region)
}

// reserveEscape does for escape sequences, behind seq, what reserve does for control sequences.
func (f *Filter) reserveEscape(dst []byte, seq string) []byte {
	r := &f.bar
	switch seq {
	case "7":
		return f.save(dst)
	case "8":
		return f.restore(dst[:len(dst)-len("\x1b8")], dst)
	case "M":
		r.up(1)
	case "c", "#8": // both put the cursor at the top left, as setting the region does
		if seq == "c" {
			r.slots, r.margins = [2]slot{}, ""
		}
		r.top, r.bottom, r.below, r.unsure, r.dirty = 1, r.inner(), 0, false, true
		return r.region(dst)
	}
	return dst
}

// feeds reports whether a byte moves the cursor to the next line.
func feeds(b byte) bool { return b >= '\n' && b <= '\f' }

// lineFeed appends a byte that does, unless the cursor is below the scroll region in the program's last row: there it stays.
func (r *reserved) lineFeed(dst []byte, b byte) []byte {
	if r.below >= r.inner() {
		return dst
	}
	r.below++
	return append(dst, b)
}

// textBelow is text for a cursor below the scroll region. A line that is too long for the last row there runs into the bar's,
// which is drawn again.
func (f *Filter) textBelow(dst, src []byte) ([]byte, []byte) {
	f.bar.unsure = true
	end := bytes.IndexFunc(src, func(c rune) bool { return c < 0x80 && feeds(byte(c)) })
	switch {
	case end < 0:
		return f.text(dst, src)
	case end == 0:
		return f.bar.lineFeed(dst, src[0]), src[1:]
	}
	dst, rest := f.text(dst, src[:end])
	return dst, src[end-len(rest):]
}

// switched follows a mode switch that passed.
func (f *Filter) switched(dst []byte, s sequence, wasAlternate bool) []byte {
	r := &f.bar
	for _, mode := range s.params {
		switch {
		case mode == 6:
			r.below, r.unsure = 0, false
		case mode == 69:
			r.margins = ""
		case mode == 1048 && s.key == "?h":
			dst = f.save(dst)
		case mode == 1048:
			dst = f.restore(dst, dst)
		case mode == 1049 && s.key == "?h":
			f.remember(0)
		case mode == 1049 && wasAlternate:
			f.recall(0)
		}
	}
	if f.Alternate() == wasAlternate {
		return dst
	}
	if wasAlternate && r.moved {
		r.moved = false
		return f.settle(dst, r.rows, false)
	}
	if !wasAlternate {
		r.slots[1] = slotFree
	}
	return f.aside(dst, func(dst []byte) []byte { return f.draw(r.region(dst)) })
}
