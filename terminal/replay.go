package terminal

import (
	"maps"
	"slices"
	"strconv"
)

// queries are the control sequences that a terminal answers, named as in allowedCSI.
var queries = map[string]bool{
	"c": true, ">c": true, "=c": true, "n": true, "?n": true, ">q": true, "?u": true, "?m": true, "?S": true, "$p": true, "?$p": true,
}

// asks reports whether a terminal answers the sequence.
func (s sequence) asks() bool {
	return queries[s.key] || s.key == "t" && s.params[0] < 22 // 22 and 23 keep titles (windowOps)
}

// plainAnswers are what a plain terminal says, so that a program which nobody looks at does not wait for it: a VT220 with colours
// (xterm's ctlseqs, "Send Device Attributes"), in order, and at the top of its screen. To the other queries most say nothing.
var plainAnswers = map[string]string{
	"c": "\x1b[?62;22c", ">c": "\x1b[>1;10;0c", "n5": "\x1b[0n", "n6": "\x1b[1;1R", "?n6": "\x1b[?1;1;1R",
}

// maxAnswers bounds what is kept between two calls of Replies, in bytes.
const maxAnswers = 1 << 10

// answer keeps what a plain terminal says to the sequence.
func (f *Filter) answer(s sequence) {
	key := s.key
	if key == "n" || key == "?n" {
		key += strconv.Itoa(s.params[0])
	}
	if len(f.answers) < maxAnswers {
		f.answers = append(f.answers, plainAnswers[key]...)
	}
}

// speaks are the operating system commands that call somebody, write to a clipboard or are answered.
var speaks = map[string]bool{"9": true, "52": true, "99": true, "777": true, "1337": true}

// texts are those of them in which a question mark is one.
var texts = map[string]bool{"0": true, "1": true, "2": true, "8": true}

// lastKept are the sequences whose last parameters Restore repeats.
var lastKept = map[string]bool{" q": true, ">m": true, ">u": true, "=u": true}

// alternate are the modes that show another screen.
var alternate = []int{47, 1047, 1049}

// Pastes reports whether the program wants to be told what is pasted.
func (f *Filter) Pastes() bool { return f.shows(2004) }

// shows reports whether any of these private modes is not as in a fresh terminal.
func (f *Filter) shows(numbers ...int) bool {
	for i, m := range privateModes {
		if f.modes.private&(1<<i) != 0 && slices.Contains(numbers, m.number) {
			return true
		}
	}
	return false
}

// Alternate reports whether the program shows another screen than the one that scrolls.
func (f *Filter) Alternate() bool { return f.shows(alternate...) }

// Restore returns the bytes that bring a fresh terminal to where the program has it, for somebody who begins to look: its
// modes, but neither its colours nor its margins, which a program sets anew when it draws.
func (f *Filter) Restore() []byte {
	var out []byte
	for i, m := range privateModes {
		if f.modes.private&(1<<i) == 0 || m.number == 1048 || m.number == 2026 {
			continue
		}
		out = strconv.AppendInt(append(out, "\x1b[?"...), int64(m.number), 10)
		out = append(out, switched(!m.on))
	}
	for i, m := range ansiModes {
		if f.modes.ansi&(1<<i) != 0 {
			out = append(strconv.AppendInt(append(out, "\x1b["...), int64(m.number), 10), switched(!m.on))
		}
	}
	if f.modes.keypad {
		out = append(out, "\x1b="...)
	}
	for _, key := range slices.Sorted(maps.Keys(f.modes.last)) {
		prefix, final := key[:len(key)-1], key[len(key)-1:]
		if prefix == " " { // an intermediate, which follows the parameters
			out = append(append(append(out, "\x1b["...), f.modes.last[key]...), key...)
			continue
		}
		out = append(append(append(append(out, "\x1b["...), prefix...), f.modes.last[key]...), final...)
	}
	return out
}

// switched is the final byte that sets a mode.
func switched(on bool) byte {
	if on {
		return 'h'
	}
	return 'l'
}
