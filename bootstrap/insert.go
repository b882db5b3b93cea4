package bootstrap

import (
	"bytes"
	"slices"
	"strings"

	"github.com/tailscale/hujson"
)

// indentation is the unit of a text: what its first indented line begins with.
func indentation(text []byte) string {
	for line := range strings.Lines(string(text)) {
		rest := strings.TrimLeft(line, " \t")
		if len(rest) < len(line) && strings.TrimSpace(rest) != "" && !strings.HasPrefix(rest, "*") {
			return line[:len(line)-len(rest)]
		}
	}
	return "  "
}

// wide reports whether an object or list has lines of its own. An empty one gets them where the text has lines at all, or is all
// of the text.
func (m *merger) wide(at hujson.Value) bool {
	inner, text := m.text[at.StartOffset:at.EndOffset], trim(m.text)
	if len(trim(inner[1:len(inner)-1])) > 0 {
		text = inner
	}
	return bytes.ContainsRune(text, '\n') || len(text) == len(inner) && len(inner) <= len("{}")
}

// outer is the indentation of the line on which a value ends.
func (m *merger) outer(at hujson.Value) string {
	start := bytes.LastIndexByte(m.text[:at.EndOffset], '\n') + 1
	line := m.text[start:at.EndOffset]
	return string(line[:len(line)-len(bytes.TrimLeft(line, " \t"))])
}

// insert adds parts before and behind the members or elements that an object or list has; rest is what stands behind the last.
func (m *merger) insert(at hujson.Value, there []hujson.Value, rest hujson.Extra, before, behind []string) {
	lead, separator, end := "", ", ", at.EndOffset-1
	if m.wide(at) {
		lead = "\n" + m.outer(at) + m.unit
		separator = "," + lead
	}
	blank := len(rest) - len(bytes.TrimRight(rest, space)) // before the bracket
	if len(there) == 0 {
		parts := lead + strings.Join(slices.Concat(before, behind), separator)
		switch {
		case len(before)+len(behind) == 0:
		case blank < len(rest): // a comment stays before them
			m.edits = append(m.edits, edit{end - blank, end - blank, parts})
		case lead == "":
			m.edits = append(m.edits, edit{at.StartOffset + 1, end, parts})
		default:
			m.edits = append(m.edits, edit{at.StartOffset + 1, end, parts + "\n" + m.outer(at)})
		}
		return
	}
	if len(before) > 0 {
		m.edits = append(m.edits, edit{at.StartOffset + 1, at.StartOffset + 1, lead + strings.Join(before, separator) + strings.TrimSuffix(separator, lead)})
	}
	if len(behind) == 0 {
		return
	}
	text := strings.TrimPrefix(separator, ",") + strings.Join(behind, separator)
	if last := there[len(there)-1]; last.AfterExtra != nil {
		text += "," // as it had one
	} else {
		m.edits = append(m.edits, edit{last.EndOffset, last.EndOffset, ","})
	}
	m.edits = append(m.edits, edit{end - blank, end - blank, text})
}

// apply makes the text with all edits.
func (m *merger) apply() []byte {
	edits := slices.Clone(m.edits)
	slices.SortStableFunc(edits, func(a, b edit) int { return a.from - b.from })
	var out bytes.Buffer
	from := 0
	for _, e := range edits {
		out.Write(m.text[from:e.from])
		out.WriteString(e.text)
		from = e.to
	}
	out.Write(m.text[from:])
	return out.Bytes()
}

// space is what JSON takes for white space.
const space = " \t\r\n"

func trim(text []byte) []byte { return bytes.Trim(text, space) }
