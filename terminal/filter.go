// Package terminal keeps the user's terminal safe from what a jailed program writes to it, and sane after it. Filter
// takes the program's output as a stream and hands on text and harmless control sequences byte for byte; what could act
// on the host (clipboard, files, printers, keys, reports that echo the program's own text as if typed) is left out.
// Nothing is rendered: what is passed is exactly what the program wrote. The tables that decide are in policy.go.
package terminal

import (
	"slices"
	"unicode/utf8"
)

// Limits of what is kept of one unfinished sequence, in bytes. A longer sequence is dropped to its end.
const (
	maxCSI       = 256
	maxString    = 16 << 10
	maxClipboard = 128 << 10
)

// state is where in a sequence the stream is, after the VT500 parser of https://vt100.net/emu/dec_ansi_parser.
type state string

const (
	ground    state = ""          // text
	escape    state = "escape"    // after ESC and its intermediates
	csi       state = "csi"       // after ESC [
	csiIgnore state = "csiIgnore" // a malformed or overlong CSI, up to its final byte
	inString  state = "string"    // OSC, DCS, APC, PM, SOS or the title string of screen
	stringEsc state = "stringEsc" // ESC inside a string: its end, if a backslash follows
)

// Filter is the filter of one stream; it is not safe for concurrent use. What of the stream passes does not depend on how it is
// cut into calls. What it appends never ends inside a sequence or character, so that its caller may write others between calls.
type Filter struct {
	policy Policy
	state  state
	// seq holds the unfinished sequence without its ESC, or, in ground state, an unfinished UTF-8 character.
	seq     []byte
	dropped bool // the string in progress is too long to be passed
	modes   modes
	answers []byte // to queries that no terminal is asked
	held    string // what was to be written to the clipboard
	bar     reserved
	events  []Event
}

// New returns a filter in the state of a fresh terminal.
func New(policy Policy) *Filter {
	return &Filter{policy: policy}
}

// Byte classes of the ground state.
const (
	isText    = iota // passed as it is: printable ASCII and the movements
	isSpecial        // ESC, BEL, SO, SI and what is dropped
	isHigh           // part of a UTF-8 character, or invalid
)

// class sorts bytes for the loop that every byte of output goes through. NUL, ENQ (answerback: the reply is
// configurable text), XON, XOFF, CAN, SUB, DEL and the other C0 controls do nothing useful on a screen.
var class = func() (t [256]uint8) {
	for i := range t {
		switch {
		case i >= 0x80:
			t[i] = isHigh
		case i < 0x20 && (i < '\b' || i > '\r') || i == 0x7f:
			t[i] = isSpecial
		}
	}
	return t
}()

// Filter appends to dst what of src the terminal may see. A sequence or character that src leaves unfinished is kept
// for the next call, in memory bounded whatever the program writes.
func (f *Filter) Filter(dst, src []byte) []byte {
	dst = slices.Grow(dst, len(src))
	f.bar.start = len(dst)
	for len(src) > 0 {
		if f.state == ground && f.bar.below > 0 {
			dst, src = f.textBelow(dst, src)
			continue
		}
		if f.state == ground {
			dst, src = f.text(dst, src)
			continue
		}
		if f.state == inString {
			src = f.stringRun(src)
			if len(src) == 0 {
				break
			}
		}
		var again bool
		dst, again = f.step(dst, src[0])
		if !again {
			src = src[1:]
		}
	}
	if f.bar.rows > 0 {
		return f.drawWhenSafe(dst)
	}
	return dst
}

// Between reports whether the program is in no sequence and no character.
func (f *Filter) Between() bool { return f.state == ground && len(f.seq) == 0 }

// Flush ends the stream: an unfinished character becomes U+FFFD, an unfinished sequence is dropped.
func (f *Filter) Flush(dst []byte) []byte {
	if f.state == ground {
		for range f.seq {
			dst = append(dst, "\uFFFD"...)
		}
	}
	f.enter(ground)
	return dst
}

// enter changes the state and forgets the sequence in progress, with its memory if that is large.
func (f *Filter) enter(s state) {
	f.state, f.dropped = s, false
	if cap(f.seq) > 4<<10 {
		f.seq = nil
	}
	f.seq = f.seq[:0]
}

// text copies a run of text and deals with the one special byte or unfinished character that ends it.
func (f *Filter) text(dst, src []byte) ([]byte, []byte) {
	if len(f.seq) > 0 {
		return f.resume(dst, src)
	}
	i := 0
	for i < len(src) {
		c := class[src[i]]
		if c == isText {
			i++
			continue
		}
		if n := renditionLength(src[i:]); n > 0 && f.policy.Audience != Reading {
			f.modes.rendition = n > 3 && string(src[i:i+n]) != "\x1b[0m"
			i += n
			continue
		}
		if c == isSpecial {
			dst = append(dst, src[:i]...)
			return f.special(dst, src[i]), src[i+1:]
		}
		r, size := utf8.DecodeRune(src[i:])
		if r >= 0xa0 && (r != utf8.RuneError || size > 1) {
			i += size
			continue
		}
		dst = append(dst, src[:i]...)
		if size == 1 && !utf8.FullRune(src[i:]) {
			f.seq = append(f.seq, src[i:]...)
			return dst, nil
		}
		return appendHigh(dst, r, src[i:i+size]), src[i+size:]
	}
	return append(dst, src...), nil
}

// resume finishes the UTF-8 character that the call before left unfinished.
func (f *Filter) resume(dst, src []byte) ([]byte, []byte) {
	var one [utf8.UTFMax]byte
	held := copy(one[:], f.seq)
	n := held + copy(one[held:], src)
	if !utf8.FullRune(one[:n]) {
		f.seq = append(f.seq, src...)
		return dst, nil
	}
	f.seq = f.seq[:0]
	r, size := utf8.DecodeRune(one[:n])
	dst = appendHigh(dst, r, one[:size])
	if size >= held {
		return dst, src[size-held:]
	}
	// The character is broken: its first byte is done, and the others cannot start one.
	for range held - size {
		dst = append(dst, "\uFFFD"...)
	}
	return dst, src
}

// appendHigh appends the character that char encodes. A C1 control in UTF-8 is dropped, as some terminals obey it
// (xterm does); a byte that is no UTF-8, a raw C1 control included, becomes U+FFFD.
func appendHigh(dst []byte, r rune, char []byte) []byte {
	switch {
	case r == utf8.RuneError && len(char) == 1:
		return append(dst, "\uFFFD"...)
	case r < 0xa0:
		return dst
	}
	return append(dst, char...)
}

// special deals with a control byte outside sequences.
func (f *Filter) special(dst []byte, b byte) []byte {
	switch b {
	case 0x1b:
		f.enter(escape)
	case '\a':
		f.tell(EventBell, "")
		if f.policy.Audience == Answering {
			return append(dst, b)
		}
	case 0x0e, 0x0f: // SO and SI: line drawing of TERM=screen and vt100
		f.modes.charset = true
		if f.policy.Audience != Reading {
			return append(dst, b)
		}
	}
	return dst
}

// step feeds one byte to a sequence; again says that the byte belongs to what follows and is to be fed once more.
func (f *Filter) step(dst []byte, b byte) (_ []byte, again bool) {
	switch {
	case f.state == stringEsc && b == '\\':
		return f.endString(dst, "\x1b\\"), false
	case f.state == stringEsc: // the string is given up, as terminals do
		f.enter(escape)
		return dst, true
	case b == 0x1b && f.state == inString:
		f.state = stringEsc
		return dst, false
	case b == 0x1b:
		f.enter(escape)
		return dst, false
	case b == 0x18 || b == 0x1a: // CAN and SUB give up any sequence
		f.enter(ground)
		return dst, false
	case f.state == inString: // BEL, which ends an OSC and is nothing to the others
		if f.seq[0] == ']' {
			return f.endString(dst, "\a"), false
		}
		f.dropped = true
		return dst, false
	case b < 0x20: // terminals act on these at once and go on with the sequence
		if feeds(b) && f.bar.below > 0 {
			return f.bar.lineFeed(dst, b), false
		}
		if class[b] == isText {
			return append(dst, b), false
		}
		return f.special(dst, b), false
	case b == 0x7f:
		return dst, false
	case b >= 0x80:
		f.enter(ground)
		return dst, true
	case f.state == escape:
		return f.stepEscape(dst, b), false
	}
	return f.stepCSI(dst, b), false
}

func (f *Filter) stepEscape(dst []byte, b byte) []byte {
	if b < 0x30 && len(f.seq) < 3 {
		f.seq = append(f.seq, b)
		return dst
	}
	if len(f.seq) == 0 {
		switch b {
		case '[':
			f.enter(csi)
			return dst
		case ']', 'P', '_', '^', 'X', 'k':
			f.enter(inString)
			f.seq = append(f.seq, b)
			return dst
		}
	}
	if b < 0x30 {
		return dst
	}
	f.seq = append(f.seq, b)
	dst = f.judgeEscape(dst, string(f.seq))
	f.enter(ground)
	return dst
}

func (f *Filter) stepCSI(dst []byte, b byte) []byte {
	final := b >= 0x40
	switch {
	case f.state == csiIgnore && final:
		f.enter(ground)
	case f.state == csiIgnore:
	case len(f.seq) == maxCSI:
		f.enter(csiIgnore)
		if final {
			f.enter(ground)
		}
	default:
		f.seq = append(f.seq, b)
		if final {
			dst = f.judgeCSI(dst, f.seq)
			f.enter(ground)
		}
	}
	return dst
}

// stringRun takes the bytes of a string up to the next one that can end it and returns the rest of src. A byte 0x9c
// (ST in 8 bits) ends nothing here: it occurs inside UTF-8 characters, and no string with a stray one is passed.
func (f *Filter) stringRun(src []byte) []byte {
	end := slices.IndexFunc(src, func(b byte) bool { return b == 0x1b || b == '\a' || b == 0x18 || b == 0x1a })
	if end < 0 {
		end = len(src)
	}
	if !f.dropped {
		room := f.room()
		f.seq = append(f.seq, src[:min(end, max(room, 0))]...)
		// What the string is shows in its first bytes, so the room may have grown.
		if taken := min(end, max(room, 0)); taken < end {
			more := min(end, taken+max(f.room(), 0))
			f.seq = append(f.seq, src[taken:more]...)
			f.dropped = more < end
		}
		if f.dropped {
			f.seq = slices.Clone(f.seq[:1])
		}
	}
	return src[end:]
}

// room is how many bytes more of the string in progress are kept.
func (f *Filter) room() int {
	if len(f.seq) > 4 && string(f.seq[:4]) == "]52;" {
		return maxClipboard - len(f.seq)
	}
	return maxString - len(f.seq)
}

// endString judges the string that end finished; what passes keeps it, as terminals end their replies likewise.
func (f *Filter) endString(dst []byte, end string) []byte {
	if !f.dropped {
		dst = f.judgeString(dst, f.seq[0], string(f.seq[1:]), end)
	}
	f.enter(ground)
	return dst
}
