package terminal

import (
	"bytes"
	"encoding/base64"
	"strings"
	"testing"
)

const st = "\x1b\\"

// sequences holds what passes, what is changed and what is dropped.
var sequences = []struct{ name, in, want string }{
	{"ascii", "hello\r\n\tworld\b", "hello\r\n\tworld\b"},
	{"text", "❯ ▐▛█ ” 日本語 e\u0301 👩‍👩‍👧 🇩🇪 ─│╭╮ ✻ ⏺", "❯ ▐▛█ ” 日本語 e\u0301 👩‍👩‍👧 🇩🇪 ─│╭╮ ✻ ⏺"},
	{"replacement character", "a\uFFFDb", "a\uFFFDb"},
	{"invalid bytes", "a\xff\xe2\x9d\xf0\x9fz", "a\uFFFD\uFFFD\uFFFD\uFFFD\uFFFDz"},
	{"broken character", "\xf0\x94\x82a\xe2\x9dé", "\uFFFD\uFFFD\uFFFDa\uFFFD\uFFFDé"},
	{"C1 in 8 bits", "a\x9b21tb", "a\uFFFD21tb"},
	{"C1 in UTF-8", "a\u009b21t\u0090b", "a21tb"},
	{"answerback and other C0", "a\x00\x05\x11\x13\x18\x1a\x7fb", "ab"},
	{"bell and shifts", "\a\x0e\x0f", "\a\x0e\x0f"},

	{"colour", "\x1b[1;38;2;1;2;3;48:5:4;4:3mx\x1b[m", "\x1b[1;38;2;1;2;3;48:5:4;4:3mx\x1b[m"},
	{"cursor", "\x1b[2;3H\x1b[A\x1b[10B\x1b[?25l\x1b[2J\x1b[K\x1b[3 q\x1b[s\x1b[u", "\x1b[2;3H\x1b[A\x1b[10B\x1b[?25l\x1b[2J\x1b[K\x1b[3 q\x1b[s\x1b[u"},
	{"queries of agents", "\x1b[c\x1b[>c\x1b[6n\x1b[?6n\x1b[>0q\x1b[?u\x1b[?2026$p\x1b[?996n\x1b[18t\x1b[14t", "\x1b[c\x1b[>c\x1b[6n\x1b[?6n\x1b[>0q\x1b[?u\x1b[?2026$p\x1b[?996n\x1b[18t\x1b[14t"},
	{"kitty keyboard", "\x1b[>1u\x1b[<u\x1b[=5;1u\x1b[>4;2m", "\x1b[>1u\x1b[<u\x1b[=5;1u\x1b[>4;2m"},
	{"modes", "\x1b[?1049h\x1b[?2004;1006h\x1b[4h\x1b[?2026l", "\x1b[?1049h\x1b[?2004;1006h\x1b[4h\x1b[?2026l"},
	{"some modes of several", "\x1b[?2;25;38;1049h", "\x1b[?25;1049h"},
	{"VT52", "\x1b[?2l", ""},
	{"keyboard lock", "\x1b[2h", ""},
	{"clipboard paste events", "\x1b[?5522h", ""},
	{"control in a sequence", "\x1b[3\r1m", "\r\x1b[31m"},
	{"sequence in a sequence", "\x1b[3\x1b[1m", "\x1b[1m"},
	{"sequence given up", "\x1b[3\x18m\x1b]0;a\x1ab", "mb"},
	{"character in a sequence", "\x1b[3ém", "ém"},
	{"title report", "\x1b[21t\x1b[20t\x1b[021t\x1b[21;1t\x1b[4294967317t", ""},
	{"window", "\x1b[8;10;10t\x1b[t\x1b[3;1;1t\x1b[2t\x1b[9;1t\x1b[30t\x1b[80$|\x1b[24*|", ""},
	{"title modes", "\x1b[>2t\x1b[>0T", ""},
	{"print", "\x1b[5i\x1b[4i\x1b[?5i\x1b[i", ""},
	{"screen checksum", "\x1b[1;1;1;1;1;1*y", ""},
	{"conformance level", "\x1b[61;0\"p\x1b G\x1b L", ""},
	{"self test", "\x1b[2;1y", ""},
	{"malformed", "\x1b[1?2h\x1b[??25h\x1b[ 1q\x1b[$$p", ""},
	{"overlong", "\x1b[" + strings.Repeat("1;", 200) + "mx", "x"},
	{"overlong by its final byte", "\x1b[" + strings.Repeat("1", 256) + "mx", "x"},

	{"escapes", "\x1b7\x1b8\x1b=\x1b>\x1bM\x1b(0\x1b)B\x1b#8\x1b%G", "\x1b7\x1b8\x1b=\x1b>\x1bM\x1b(0\x1b)B\x1b#8\x1b%G"},
	{"out of UTF-8", "\x1b%@\x1b%/G", ""},
	{"unknown escapes", "\x1bZ\x1bl\x1b1\x1b((((Bx", "x"},
	{"stray terminator", "a" + st + "b", "ab"},

	{"title", "\x1b]0;jail ✻\a\x1b]2;b" + st, "\x1b]0;jail ✻\a\x1b]2;b" + st},
	{"title with controls", "\x1b]2;a\nb\u009b\u202ec\xffd\x01\x7f" + st, "\x1b]2;abcd" + st},
	{"title with ST inside characters", "\x1b]2;✓ ✳ ✛21t\a", "\x1b]2;✓ ✳ ?21t\a"},
	{"long title", "\x1b]2;" + strings.Repeat("x", 300) + st, "\x1b]2;" + strings.Repeat("x", 200) + st},
	{"colours", "\x1b]11;?\a\x1b]10;#fff" + st + "\x1b]4;1;rgb:ff/00/00;2;?\a\x1b]104\a", "\x1b]11;?\a\x1b]10;#fff" + st + "\x1b]4;1;rgb:ff/00/00;2;?\a\x1b]104\a"},
	{"colour with controls", "\x1b]11;?\u009b\a\x1b]10;a\nb\a", ""},
	{"links", "\x1b]8;id=1;https://example.com/a?b=%20\ax\x1b]8;;\a", "\x1b]8;id=1;https://example.com/a?b=%20\ax\x1b]8;;\a"},
	{"links elsewhere", "\x1b]8;;file:///etc/passwd\ax\x1b]8;;javascript:x\a\x1b]8;;ssh://h\a\x1b]8;;https://a\nb\a\x1b]8;;http\a\x1b]8;;/x\a", "\x1b]8;;\ax\x1b]8;;\a\x1b]8;;\a\x1b]8;;\a\x1b]8;;\a\x1b]8;;\a"},
	{"notifications", "\x1b]9;done\a\x1b]9;4;1;50\a\x1b]777;notify;a;b\a\x1b]99;i=1:d=0:p=title;hi" + st, "\x1b]9;done\a\x1b]9;4;1;50\a\x1b]777;notify;a;b\a\x1b]99;i=1:d=0:p=title;hi" + st},
	{"ConEmu commands", "\x1b]9;2;box\a\x1b]9;9;/tmp\a\x1b]9;6;macro\a\x1b]9;\x016;macro\a\x1b]9;4;\u009b\a", ""},
	{"kitty notifications that act", "\x1b]99;a=report;x\a\x1b]99;i=1:p=?;\a\x1b]99;e=1;GwA=\a\x1b]99;i=a b;x\a\x1b]777;run;x\a", ""},
	{"clipboard", "\x1b]52;c;aGk=\a\x1b]52;;aGk=" + st, ""},
	{"clipboard read", "\x1b]52;c;?\a", ""},
	{"prompt marks", "\x1b]133;A\a\x1b]133;D;0\a", "\x1b]133;A\a\x1b]133;D;0\a"},
	{"prompt mark with a command", "\x1b]133;C;cmdline=ls\a\x1b]133;C;x y\a", ""},
	{"folder", "\x1b]7;file://h/tmp\a\x1b]633;P;Cwd=/tmp\a\x1b]1337;CurrentDir=/tmp\a", ""},
	{"iTerm", "\x1b]1337;SetMark\a\x1b]1337;ReportCellSize\a", "\x1b]1337;SetMark\a\x1b]1337;ReportCellSize\a"},
	{"iTerm files", "\x1b]1337;File=name=eA==:aGk=\a\x1b]1337;RequestUpload=format=tgz\a\x1b]1337;Copy=:aGk=\a\x1b]1337;CopyToClipboard=\a", ""},
	{"other OSC", "\x1b]50;?\a\x1b]50;$(x)\a\x1b]5113;ac=send\a\x1b]30;x\a\x1b]3;a=b\a\x1b]46;/tmp/x\a\x1b]51;E\a\x1b]l title\a\x1b];\a\x1b]\a\x1b]052;c;aGk=\a", ""},
	{"DCS", "\x1bP$qm" + st + "\x1bP+q544e" + st + "\x1bP@kitty-cmd{}" + st + "\x1bP0;1|17/1b" + st + "\x1bPq#0" + st + "\x1bP1000p" + st, ""},
	{"tmux passthrough", "\x1bPtmux;\x1b\x1b]52;c;aGk=\a" + st + "x", "x"},
	{"other strings", "\x1bXa" + st + "\x1b^a" + st + "\x1b_a" + st + "\x1bktitle" + st + "x", "x"},
	{"bell in a string", "\x1bPa\a\x1b[21tb" + st + "x", "bx"},
	{"string with another sequence", "\x1b]2;a\x1b[31mb\a", "\x1b[31mb\a"},
	{"graphics", "\x1b_Ga=T,f=100,t=d,i=-1;aGk=" + st + "\x1b_Gm=0;" + st, "\x1b_Ga=T,f=100,t=d,i=-1;aGk=" + st + "\x1b_Gm=0;" + st},
	{"graphics with controls", "\x1b_G\x9b=0,a=T" + st + "\x1b_Ga=\x9b" + st + "\x1b_Ga=T;\x9b" + st, ""},
	{"graphics from files", "\x1b_Ga=T,t=f;L2V0Yw==" + st + "\x1b_Gt=d,t=t;aGk=" + st + "\x1b_Gt=s;aGk=" + st + "\x1b_Ga=T,tt=d;x" + st + "\x1b_Ga=T;\x1b\x07" + st, "\a"},
}

func filtered(policy Policy, chunks ...string) string {
	f := New(policy)
	var out []byte
	for _, chunk := range chunks {
		out = f.Filter(out, []byte(chunk))
	}
	return string(f.Flush(out))
}

func TestSequences(t *testing.T) {
	for _, test := range sequences {
		t.Run(test.name, func(t *testing.T) {
			got := filtered(Policy{}, test.in)
			if got != test.want {
				t.Errorf("%q became %q, want %q", test.in, got, test.want)
			}
			if again := filtered(Policy{}, got); again != got {
				t.Errorf("a second filter made %q of %q", again, got)
			}
		})
	}
}

func TestCutsChangeNothing(t *testing.T) {
	var all string
	for _, test := range sequences {
		all += test.in
		for i := range test.in {
			if got := filtered(Policy{}, test.in[:i], test.in[i:]); got != test.want {
				t.Errorf("%s: cut at %d: %q, want %q", test.name, i, got, test.want)
			}
		}
	}
	if got, want := filtered(Policy{}, strings.Split(all, "")...), filtered(Policy{}, all); got != want {
		t.Errorf("by characters: %q, want %q", got, want)
	}
	var bytewise []string
	for i := range len(all) {
		bytewise = append(bytewise, all[i:i+1])
	}
	if got, want := filtered(Policy{}, bytewise...), filtered(Policy{}, all); got != want {
		t.Errorf("by bytes: %q, want %q", got, want)
	}
}

func TestClipboard(t *testing.T) {
	long := "\x1b]52;c;" + base64.StdEncoding.EncodeToString(bytes.Repeat([]byte("x"), 90000)) + "\a"
	const write, read, broken = "\x1b]52;c;aGk=\a", "\x1b]52;c;?\a", "\x1b]52;c;a\nGk=\a"
	if got := filtered(Policy{Clipboard: ClipboardWritten}, write, long, read, broken); got != write+long {
		t.Errorf("allowed: %.80q", got)
	}
	if got := filtered(Policy{}, write, long); got != "" {
		t.Errorf("kept: %.80q", got)
	}
}

func TestEndlessStringIsBounded(t *testing.T) {
	for _, start := range []string{"\x1b]0;", "\x1b]52;c;", "\x1bP", "\x1b_G", "\x1b["} {
		f := New(Policy{Clipboard: ClipboardWritten})
		out := f.Filter(nil, []byte(start))
		for range 100 {
			out = f.Filter(out, bytes.Repeat([]byte("1"), 64<<10))
			if cap(f.seq) > 2*maxClipboard {
				t.Fatalf("%q keeps %d bytes", start, cap(f.seq))
			}
		}
		out = f.Filter(out, []byte("m\x1b\\text"))
		if got := string(out); got != "text" && got != st+"text" {
			t.Errorf("%q: %.60q", start, got)
		}
	}
}

func TestUnfinishedAtTheEnd(t *testing.T) {
	for in, want := range map[string]string{"a\xe2\x9d": "a\uFFFD\uFFFD", "a\x1b": "a", "a\x1b[3": "a", "a\x1b]0;x": "a"} {
		if got := filtered(Policy{}, in); got != want {
			t.Errorf("%q: %q, want %q", in, got, want)
		}
	}
}

func TestReset(t *testing.T) {
	for _, test := range []struct{ in, want string }{
		{"text\x1b[2J\x1b[31mx\x1b[0m\x1b[?1049h\x1b[?1049l\x1b]11;?\a", ""},
		{"\x1b[?1049h\x1b[?25l\x1b[?1000;1006h\x1b[?2004h", "\x1b[?25h\x1b[?1000l\x1b[?1006l\x1b[?2004l\x1b[?1049l"},
		{"\x1b[>1u", "\x1b[<99u\x1b[=0u\x1b[<99u\x1b[=0u"},
		{"\x1b=\x1b(0\x1b[31m\x1b[5 q\x1b[>4;2m", "\x1b[0m\x0f\x1b(B\x1b>\x1b[0 q\x1b[>4m"},
		{"\x1b[2;5r", "\x1b7\x1b[r\x1b8\x1b7\x1b[r\x1b8"},
		{"\x1b]8;;https://a\a\x1b]11;#000\a", "\x1b]8;;\x1b\\\x1b]104\x1b\\\x1b]110\x1b\\\x1b]111\x1b\\\x1b]112\x1b\\"},
		{"\x1b[?25l\x1b[?1000h\x1bc", ""},
		{"\x1b[4h\x1b]0;unfinished", "\x1b[4l"},
	} {
		f := New(Policy{})
		f.Filter(nil, []byte(test.in))
		if got := string(f.Reset()); got != test.want {
			t.Errorf("after %q: %q, want %q", test.in, got, test.want)
		}
		if got := string(f.Filter(nil, []byte("x"))); got != "x" || len(f.Reset()) > 0 {
			t.Errorf("after %q: not fresh after Reset: %q", test.in, got)
		}
	}
}
