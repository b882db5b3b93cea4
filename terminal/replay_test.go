package terminal

import (
	"strings"
	"testing"
)

func TestWatchingAnswersNothing(t *testing.T) {
	for in, want := range map[string]string{
		"a\x1b[cb\x1b[>c\x1b[=c\x1b[5n\x1b[6n\x1b[?6n\x1b[>q\x1b[?u\x1b[18t\x1b[?2026$pc": "abc",
		"a\ab\x1b]9;look\x1b\\\x1b]777;notify;t;b\a\x1b]11;?\x1b\\\x1b]4;1;?\ac":          "abc",
		"\x1b[1mbold\x1b[0m\x1b]0;title?\x1b\\\x1b[22t\x1b]8;;http://x/?q\x1b\\":          "\x1b[1mbold\x1b[0m\x1b]0;title?\x1b\\\x1b[22t\x1b]8;;http://x/?q\x1b\\",
		"\x1b]11;#000000\x1b\\\x1b[2 q\x1b_Ga=q,i=1;\x1b\\\x1b]0;plain\x1b\\\x1b[?1049h":  "\x1b]11;#000000\x1b\\\x1b[2 q\x1b]0;plain\x1b\\\x1b[?1049h",
	} {
		f := New(Policy{Audience: Watching})
		if got := string(f.Flush(f.Filter(nil, []byte(in)))); got != want {
			t.Errorf("%q: got %q, want %q", in, got, want)
		}
		// The same passes where somebody sits.
		f = New(Policy{Clipboard: ClipboardWritten})
		if got := string(f.Flush(f.Filter(nil, []byte(in)))); got != in {
			t.Errorf("%q: got %q at a terminal that answers", in, got)
		}
	}
}

func TestWatchingAnswersAsAPlainTerminal(t *testing.T) {
	f := New(Policy{Audience: Watching})
	f.Filter(nil, []byte("a\x1b[c\x1b[5n\x1b[6n\x1b[?u\x1b[>q"))
	if got, want := string(f.Replies()), "\x1b[?62;22c\x1b[0n\x1b[1;1R"; got != want || f.Replies() != nil {
		t.Errorf("got %q, want %q", got, want)
	}
	for range 1000 {
		f.Filter(nil, []byte("\x1b[c\x1b[c\x1b[c"))
	}
	if got := len(f.Replies()); got > maxAnswers+100 {
		t.Errorf("%d bytes are kept", got)
	}
}

// Where nobody types to the program no terminal is made to type by itself.
func TestRecordedLeavesKeysAsTheyAre(t *testing.T) {
	in := "\x1b[?1003;25;1006h\x1b[?2048h\x1b[?1004h\x1b[?2004h\x1b[>31u\x1b[=1u\x1b[>4;2m\x1b=\x1b[?1ha\x1b[c\x1b[4h\x1b[?1049h\x1b[1mb"
	f := New(Policy{Audience: Recorded})
	got := string(f.Flush(f.Filter(nil, []byte(in))))
	if want := "\x1b[?25ha\x1b[4h\x1b[?1049h\x1b[1mb"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	if got, want := string(f.Reset()), "\x1b[0m\x1b[4l\x1b[?1049l"; got != want {
		t.Errorf("reset: got %q, want %q", got, want)
	}
	f = New(Policy{Audience: Watching}) // it passes where somebody may begin to type
	if got, want := string(f.Filter(nil, []byte(in))), strings.Replace(in, "\x1b[c", "", 1); got != want {
		t.Errorf("watching: got %q, want %q", got, want)
	}
}

func TestReadingIsPlainText(t *testing.T) {
	f := New(Policy{Audience: Reading})
	in := "\x1b[1;31mred\x1b[0m \x1b(Bplain\a\x0e\x0f\x1b]0;title\x1b\\\x1b[?1049h\x1b7\x1b[2J\x1b]8;;http://x/\x1b\\link\x1b]8;;\x1b\\\t❯\r\n"
	if got, want := string(f.Filter(nil, []byte(in))), "red plainlink\t❯\r\n"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestRestoreBringsModesBack(t *testing.T) {
	for in, want := range map[string]string{
		"text": "",
		"\x1b[?1049h\x1b[?25l\x1b[?2004h\x1b[?1006;1002h\x1b=\x1b[4h\x1b[>1u\x1b[3 q": "\x1b[?25l\x1b[?1002h\x1b[?1006h\x1b[?2004h\x1b[?1049h\x1b[4h\x1b=\x1b[3 q\x1b[>1u",
		"\x1b[?1049h\x1b[?25l\x1b[?25h\x1b[?1049l":                                    "",
		"\x1b[?2026h\x1b[?7l": "\x1b[?7l",
		"\x1b[?1049h\x1bc":    "",
	} {
		f := New(Policy{})
		f.Filter(nil, []byte(in))
		got := string(f.Restore())
		if got != want {
			t.Errorf("%q: got %q, want %q", in, got, want)
		}
		// A terminal that obeys it is where the program has it.
		other := New(Policy{})
		other.Filter(nil, []byte(got))
		if string(other.Restore()) != got || other.Alternate() != f.Alternate() {
			t.Errorf("%q: restored twice: %q", in, other.Restore())
		}
	}
}
