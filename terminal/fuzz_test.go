package terminal

import (
	"bytes"
	"fmt"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/charmbracelet/x/ansi"
)

// forbidden parses output with a parser that shares no code with the filter and lists what a terminal would do with it
// that it must not.
func forbidden(output []byte) []string {
	var found []string
	report := func(format string, args ...any) { found = append(found, fmt.Sprintf(format, args...)) }
	text := func(data []byte) {
		// This parser takes a 0x9c inside a character for the end, as some terminals do.
		for i := 0; i < utf8.UTFMax && len(data) > 0 && !utf8.Valid(data); i++ {
			data = data[:len(data)-1]
		}
		if !utf8.Valid(data) || bytes.ContainsFunc(data, func(r rune) bool { return r < ' ' || r >= 0x7f && r < 0xa0 }) {
			report("control characters in %q", data)
		}
	}
	parser := ansi.NewParser()
	parser.SetDataSize(1 << 20)
	parser.SetHandler(ansi.Handler{
		Print: func(r rune) {
			if r == 0x7f || r == 0x9b {
				report("C1 %U", r)
			}
		},
		Execute: func(b byte) {
			harmless := b >= 0x80 && strings.IndexByte("\x90\x98\x9a\x9b\x9d\x9e\x9f", b) < 0 // the rest of such a character
			if b >= 0x7f && !harmless || b == 0 || b == 5 || b == 0x11 || b == 0x13 {
				report("control %#x", b)
			}
		},
		HandleEsc: func(cmd ansi.Cmd) {
			if cmd.Intermediate() == '%' && cmd.Final() != 'G' || cmd.Intermediate() == ' ' || cmd.Final() == 'Z' && cmd.Intermediate() == 0 {
				report("ESC %q %q", cmd.Intermediate(), cmd.Final())
			}
		},
		HandleCsi: func(cmd ansi.Cmd, params ansi.Params) {
			first, _, _ := params.Param(0, 0)
			key := strings.ReplaceAll(string([]byte{cmd.Prefix(), cmd.Intermediate(), cmd.Final()}), "\x00", "")
			switch key {
			case "i", "?i", "y", "*y", ">t", ">T", "\"p", "$|", "*|", ",|", "*z", "?s", "?r", "]", "+q", "+r", "$u", "&u":
				report("CSI %s", key)
			case "t":
				if first < 11 || first == 20 || first == 21 || first > 23 {
					report("window operation %d", first)
				}
			case "h", "l", "?h", "?l":
				params.ForEach(0, func(_, mode int, _ bool) {
					if cmd.Prefix() == 0 && mode == 2 || cmd.Prefix() != 0 && (mode == 2 || mode == 3 || mode == 38 || mode == 40 || mode == 5522) {
						report("mode %s %d", key, mode)
					}
				})
			}
		},
		HandleOsc: func(cmd int, data []byte) {
			text(data)
			_, payload, _ := bytes.Cut(data, []byte(";"))
			switch cmd {
			case 0, 1, 2, 4, 5, 10, 11, 12, 13, 14, 17, 19, 104, 105, 110, 111, 112, 113, 114, 117, 119, 133:
			case 8:
				_, target, _ := bytes.Cut(payload, []byte(";"))
				scheme, _, _ := bytes.Cut(bytes.ToLower(target), []byte(":"))
				if s := string(scheme); s != "" && s != "http" && s != "https" && s != "mailto" {
					report("link to %q", target)
				}
			case 9:
				if len(payload) > 0 && payload[0] >= '0' && payload[0] <= '9' && !bytes.HasPrefix(payload, []byte("4;")) {
					report("ConEmu %q", payload)
				}
			case 99:
				meta, _, _ := bytes.Cut(payload, []byte(";"))
				if bytes.Contains(meta, []byte("a=")) || bytes.Contains(meta, []byte("p=?")) {
					report("notification %q", payload)
				}
			case 777:
				if !bytes.HasPrefix(payload, []byte("notify;")) {
					report("OSC 777 %q", payload)
				}
			case 1337:
				if bytes.ContainsAny(payload, ":/") {
					report("iTerm %q", payload)
				}
			default:
				report("OSC %d %q", cmd, data)
			}
		},
		HandleDcs: func(_ ansi.Cmd, _ ansi.Params, data []byte) { report("DCS %q", data) },
		HandlePm:  func(data []byte) { report("PM %q", data) },
		HandleSos: func(data []byte) { report("SOS %q", data) },
		HandleApc: func(data []byte) {
			text(data)
			control, _, _ := bytes.Cut(data, []byte(";"))
			for _, medium := range []string{"t=f", "t=t", "t=s"} {
				if !bytes.HasPrefix(data, []byte("G")) || bytes.Contains(control, []byte(medium)) {
					report("APC %q", data)
				}
			}
		},
	})
	parser.Parse(output)
	return found
}

// TestForbiddenIsSeen holds that the check of the fuzz test sees what the filter takes out of the table.
func TestForbiddenIsSeen(t *testing.T) {
	for _, in := range []string{
		"\x05", "\x1b%@", "\x1b[21t", "\x1b[5i", "\x1b[?2l", "\x1b]52;c;?\a", "\x1b]50;?\a", "\x1b]8;;file:///x\a", "\x1b]9;2;x\a",
		"\x1b]2;a\u009bb" + st, "\x1b]2;✛21t\a", "\x1bP$qm" + st, "\x1b_Gt=f;x" + st, "\x1b^x" + st, "\x1bXx" + st, "\x9b21t", "\x1b[*y",
	} {
		if len(forbidden([]byte(in))) == 0 {
			t.Errorf("%q is not seen", in)
		}
		if got := forbidden([]byte(filtered(Policy{}, in))); len(got) > 0 {
			t.Errorf("%q: the filter passes %q", in, got)
		}
	}
}

func FuzzFilter(f *testing.F) {
	for i, test := range sequences {
		f.Add([]byte(test.in), uint(i))
	}
	f.Fuzz(func(t *testing.T, in []byte, cut uint) {
		whole := []byte(filtered(Policy{}, string(in)))
		if got := forbidden(whole); len(got) > 0 {
			t.Errorf("%q became %q, which does %q", in, whole, got)
		}
		at := int(cut % uint(len(in)+1))
		if got := filtered(Policy{}, string(in[:at]), string(in[at:])); got != string(whole) {
			t.Errorf("%q cut at %d became %q, whole %q", in, at, got, whole)
		}
		if again := filtered(Policy{}, string(whole)); again != string(whole) {
			t.Errorf("%q became %q, and again %q", in, whole, again)
		}
		if !utf8.Valid(whole) {
			t.Errorf("%q became %q, no UTF-8", in, whole)
		}
	})
}
