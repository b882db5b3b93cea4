package terminal

import "strconv"

// modes is what a program changed of its terminal, for Reset.
type modes struct {
	private, ansi uint64 // bit i: entry i of privateModes or ansiModes is not as in a fresh terminal
	charset       bool
	keypad        bool
	rendition     bool
	region        bool
	cursorStyle   bool
	keyModifiers  bool
	kitty         bool
	link          bool
	colours       bool
	last          map[string]string // the parameters of those of lastKept that came last
}

func (m *modes) set(prefix string, i int, changed bool) {
	bits := &m.ansi
	if prefix == "?" {
		bits = &m.private
	}
	*bits &^= 1 << i
	if changed {
		*bits |= 1 << i
	}
}

// has reports whether a mode is on.
func (m *modes) has(prefix string, number int) bool {
	known, bits := ansiModes, m.ansi
	if prefix == "?" {
		known, bits = privateModes, m.private
	}
	for i, k := range known {
		if k.number == number {
			return k.on != (bits&(1<<i) != 0)
		}
	}
	return false
}

// put notes that a mode is on or off.
func (m *modes) put(prefix string, number int, on bool) {
	known := ansiModes
	if prefix == "?" {
		known = privateModes
	}
	for i, k := range known {
		if k.number == number {
			m.set(prefix, i, on != k.on)
		}
	}
}

// track notes what a sequence other than a mode switch changes.
func (f *Filter) track(s sequence) {
	if lastKept[s.key] {
		if f.modes.last == nil {
			f.modes.last = map[string]string{}
		}
		f.modes.last[s.key] = s.raw
	}
	switch s.key {
	case "m":
		f.modes.rendition = s.raw != "" && s.raw != "0"
	case "r":
		f.modes.region = true
	case " q":
		f.modes.cursorStyle = s.params[0] != 0
	case ">m", ">n":
		f.modes.keyModifiers = true
	case ">u", "=u":
		f.modes.kitty = true
	}
}

// Reset returns the bytes that put the terminal back after a program that ended without doing so, and empty ones if it
// did. It may be called between any two calls of Filter; the filter then takes the terminal for a fresh one.
func (f *Filter) Reset() []byte {
	m := f.modes
	f.modes = modes{}
	f.enter(ground)
	var out []byte
	if m.kitty {
		// Each screen has its own stack; popping more than it holds empties it.
		out = append(out, "\x1b[<99u\x1b[=0u"...)
	}
	if m.link {
		out = append(out, endOfLink...)
	}
	if m.rendition {
		out = append(out, "\x1b[0m"...)
	}
	if m.region {
		out = append(out, "\x1b7\x1b[r\x1b8"...) // setting the region moves the cursor
	}
	out = resetModes(out, "", ansiModes, m.ansi)
	out = resetModes(out, "?", privateModes, m.private)
	if m.kitty {
		out = append(out, "\x1b[<99u\x1b[=0u"...)
	}
	for _, part := range []struct {
		changed bool
		bytes   string
	}{
		{m.region, "\x1b7\x1b[r\x1b8"},
		{m.charset, "\x0f\x1b(B"},
		{m.keypad, "\x1b>"},
		{m.cursorStyle, "\x1b[0 q"},
		{m.keyModifiers, "\x1b[>4m"},
		{m.colours, "\x1b]104\x1b\\\x1b]110\x1b\\\x1b]111\x1b\\\x1b]112\x1b\\"},
	} {
		if part.changed {
			out = append(out, part.bytes...)
		}
	}
	return out
}

func resetModes(out []byte, prefix string, known []mode, changed uint64) []byte {
	for i, m := range known {
		if changed&(1<<i) == 0 || m.number == 1048 {
			continue
		}
		out = append(append(out, "\x1b["...), prefix...)
		out = append(strconv.AppendInt(out, int64(m.number), 10), switched(m.on))
	}
	return out
}
