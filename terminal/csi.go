package terminal

import (
	"slices"
	"strconv"
	"strings"
)

// sequence is a well-formed CSI, taken apart.
type sequence struct {
	key    string // prefix, intermediates and final byte, as in allowedCSI
	prefix string
	raw    string // the parameters as written
	params []int  // first numbers of the parameters; an absent one is 0
}

// parseCSI takes a sequence apart that stands after ESC [. Not well-formed: a prefix that is not first, a parameter
// after an intermediate, a number above seven digits (which would wrap around in a terminal's 32 bits).
func parseCSI(body []byte) (sequence, bool) {
	final := len(body) - 1
	start := 0
	for start < final && body[start] >= '<' && body[start] <= '?' {
		start++
	}
	end := start
	for end < final && body[end] >= '0' && body[end] <= ';' {
		end++
	}
	for _, b := range body[end:final] {
		if b >= 0x30 {
			return sequence{}, false
		}
	}
	if start > 1 || final-end > 1 || body[final] == 0x7f {
		return sequence{}, false
	}
	s := sequence{prefix: string(body[:start]), raw: string(body[start:end])}
	s.key = s.prefix + string(body[end:])
	for part := range strings.SplitSeq(s.raw, ";") {
		for number := range strings.SplitSeq(part, ":") {
			if len(number) > 7 {
				return sequence{}, false
			}
		}
		first, _, _ := strings.Cut(part, ":")
		n, _ := strconv.Atoi(first)
		s.params = append(s.params, n)
	}
	return s, true
}

// judgeCSI appends the sequence that stands after ESC [, or what of it may pass.
func (f *Filter) judgeCSI(dst, body []byte) []byte {
	s, ok := parseCSI(body)
	if !ok || allowedCSI[s.key] == "" {
		return dst
	}
	switch s.key {
	case "t":
		if windowOps[s.params[0]] == "" {
			return dst
		}
	case "n", "?n":
		if len(s.params) > 1 || statusReports[s.prefix+strconv.Itoa(s.params[0])] == "" {
			return dst
		}
	case "h", "l":
		return f.switchModes(dst, s, ansiModes)
	case "?h", "?l":
		wasAlternate := f.Alternate()
		passed := len(dst)
		if dst = f.switchModes(dst, s, privateModes); f.bar.rows > 0 && len(dst) > passed {
			return f.switched(dst, s, wasAlternate)
		}
		return dst
	}
	if f.policy.Audience == Recorded && inputs[s.key] {
		return dst
	}
	f.track(s)
	if f.policy.Audience.watches() && s.asks() {
		f.answer(s)
		return dst
	}
	if f.policy.Audience == Reading {
		return dst
	}
	if f.bar.rows > 0 {
		return f.reserve(dst, s, body)
	}
	return append(append(dst, "\x1b["...), body...)
}

// renditionLength returns the length of the plain colour or style sequence (CSI m) that src starts with, 0 if it starts
// with none or an unfinished one. These are so frequent that they are passed as if they were text; judgeCSI knows them too.
func renditionLength(src []byte) int {
	if len(src) < 3 || src[0] != 0x1b || src[1] != '[' {
		return 0
	}
	digits := 0
	for i, b := range src[2:min(len(src), maxCSI)] {
		switch {
		case b == 'm':
			return i + 3
		case b == ';' || b == ':':
			digits = 0
		case b < '0' || b > '9' || digits == 3:
			return 0
		default:
			digits++
		}
	}
	return 0
}

// switchModes appends a mode switch with those of its modes that may pass.
func (f *Filter) switchModes(dst []byte, s sequence, known []mode) []byte {
	final := s.key[len(s.key)-1]
	on, silent := final == 'h', s.prefix == "?" && f.policy.Audience == Recorded
	kept := dst
	for _, number := range s.params {
		for i, m := range known {
			if m.number != number || number == sizeReports && f.bar.rows > 0 || silent && slices.Contains(inputModes, number) {
				continue
			}
			if len(kept) == len(dst) {
				kept = append(append(kept, "\x1b["...), s.prefix...)
			} else {
				kept = append(kept, ';')
			}
			kept = strconv.AppendInt(kept, int64(number), 10)
			f.modes.set(s.prefix, i, on != m.on)
		}
	}
	if len(kept) == len(dst) || f.policy.Audience == Reading {
		return dst
	}
	return append(kept, final)
}

// judgeEscape appends ESC and seq if it may pass.
func (f *Filter) judgeEscape(dst []byte, seq string) []byte {
	charset := len(seq) == 2 && strings.IndexByte("()*+-./", seq[0]) >= 0
	if !charset && allowedEscapes[seq] == "" || f.policy.Audience == Recorded && (seq == "=" || seq == ">") {
		return dst
	}
	if f.bar.below > 0 && (seq == "D" || seq == "E") {
		if seq == "E" {
			dst = append(dst, '\r')
		}
		return f.bar.lineFeed(dst, '\n')
	}
	if f.policy.Audience != Reading {
		dst = append(append(dst, 0x1b), seq...)
	}
	switch {
	case charset, seq == "n", seq == "o":
		f.modes.charset = true
	case seq == "=":
		f.modes.keypad = true
	case seq == ">":
		f.modes.keypad = false
	case seq == "c":
		f.modes = modes{}
	}
	if f.bar.rows > 0 {
		return f.reserveEscape(dst, seq)
	}
	return dst
}
