package terminal

import (
	"fmt"
	"strings"
	"testing"

	"github.com/clipperhouse/displaywidth"
)

var testBar = Bar{Style: BarDark, Place: "~/src/project", Command: "claude", Facts: "net allow | jail 1.0"}

func TestBarLine(t *testing.T) {
	wide := Bar{Place: "~/仕事/プロジェクト", Command: "claude", Facts: "net none"}
	for _, test := range []struct {
		bar     Bar
		columns int
		want    string
	}{
		{testBar, 60, " ~/src/project | claude               net allow | jail 1.0"},
		{testBar, 47, " ~/src/project | claude  net allow | jail 1.0"},
		{testBar, 40, " ~/src/project | claude"},
		{testBar, 22, " …/project | claude"},
		{testBar, 20, " …/project | claud…"},
		{wide, 50, " ~/仕事/プロジェクト | claude           net none"},
		{wide, 30, " …/プロジェクト | claude"},
		{wide, 22, " …/プロジェクト | cl…"},
		{wide, 21, " …/プロジェクト | c…"},
		{Bar{Place: "a\x1b]0;x\a\u202eb", Command: "c\nd"}, 20, " a]0;xb | cd"},
		{Bar{Place: "プロジェクト一二三", Command: "x"}, 20, " プロジェクト一二…"},
	} {
		got := strings.TrimRight(test.bar.line(test.columns), " ")
		if got != test.want {
			t.Errorf("%d columns: got %q, want %q", test.columns, got, test.want)
		}
		if width := displaywidth.String(test.bar.line(test.columns)); width != test.columns-1 {
			t.Errorf("%d columns: %q is %d wide", test.columns, got, width)
		}
	}
}

func TestBarColours(t *testing.T) {
	seen := map[string]bool{}
	for hue := range uint(9) {
		seen[Bar{Style: BarPastel, Hue: hue}.rendition()] = true
	}
	if len(seen) != 8 {
		t.Errorf("%d pastels", len(seen))
	}
}

// shown is a program's screen twice: on a terminal of its own, and on one with a bar that has a row more.
type shown struct {
	bare, barred *model
	filter       *Filter
}

func newShown(rows, columns int) *shown {
	s := &shown{newModel(rows-1, columns), newModel(rows, columns), New(Policy{})}
	s.filter.SetBar(testBar)
	first, inner := s.filter.Fit(rows, columns)
	if inner != rows-1 {
		panic(fmt.Sprintf("%d rows for the program", inner))
	}
	s.barred.write(first)
	return s
}

func (s *shown) write(chunk string) {
	s.bare.write([]byte(chunk))
	s.barred.write(s.filter.Filter(nil, []byte(chunk)))
}

// differs says how the two differ. The bar must be there, unless it waits for the program.
func (s *shown) differs() string {
	inner := s.bare.rows
	if got, want := s.barred.lines(inner), s.bare.lines(inner); got != want {
		return fmt.Sprintf("got\n%s\nwant\n%s", got, want)
	}
	if got, want := s.barred.page().at, s.bare.page().at; got != want {
		return fmt.Sprintf("the cursor is at %+v, want %+v", got, want)
	}
	if want := strings.TrimRight(testBar.line(s.bare.columns), " "); !s.filter.BarDue() && s.barred.row(inner) != want {
		return fmt.Sprintf("the bar is %q", s.barred.row(inner))
	}
	return ""
}

var barPrograms = []struct{ name, in string }{
	{"scrolling", strings.Repeat("line\r\n", 50)},
	{"wrapping", strings.Repeat("0123456789", 60)},
	{"last row", "\x1b[999;999Hx\x1b[99d\x1b[1Gy\x1b[999;5fz\x1b[Hhome\x1b[999Bdown\x1b[H\x1b[999elow\x1b[999Enext"},
	{"erase", "a\x1b[J\x1b[2J\x1b[H\x1b[0Jb\x1b[3Jc\x1b[1J"},
	{"reset", "text\x1bcx\x1b[5;5Hy\x1b[!pz\n\n\n\n\n\n\n\n\n\n\n\n\nend"},
	{"reset of the region", "\x1b[2;5r\x1b[rx\x1b[0;0r\x1b[99;1H\n\n\n\nlast"},
	{"region", "\x1b[2;99ra\x1b[99;1Hb\n\nc\x1b[1;99rd\x1b[20;30re\x1b[5;5rf"},
	{"part of the screen", "\x1b[2;5r\x1b[9;1Ha\n\n\n\nb\x1b[99Bc\x1b[Ed\x1bDe\x1bEf\x1b[3A\x1b[2eg\x1b[7;1H\n\x1b[1Bh"},
	{"below the region and back", "\x1b[2;5r\x1b[9;1Ha\x1bMb\x1bMc\x1bMd\x1bMe\x1bMf\x1b[H\x1b[99Bg\n\nh\x1b[r"},
	{"saved below the region", "\x1b[2;5r\x1b[9;1Ha\x1b7\x1b[H\x1b8\n\nb"},
	{"origin", "\x1b[3;6r\x1b[?6ha\x1b[99;1Hb\x1b[Jc\n\n\x1b[99Bd\x1b[?6l\x1b[99;1He"},
	{"insert", "abc\x1b[4h\x1b[1;1Hx\x1b[Jy\x1b[4lz"},
	{"alternate screen", "main\x1b[?1049halt\x1b[2J\x1b[99;1Hlow\x1b[?1049lback"},
	{"alignment", "\x1b#8x\n"},
	{"saved and erased", "a\x1b7b\x1b[Jc\x1b8d\x1b[Je\x1b8f\x1b[J\x1b[1;1Hg"},
	{"nothing saved", "a\n\x1b[J\x1b8b"},
	{"CSI s", "a\x1b[3;3H\x1b[sb\x1b[Jc\x1b[ud"},
	{"lines", "1\r\n2\r\n3\x1b[2;1H\x1b[3L\x1b[9;1Hx\x1b[1;1H\x1b[99M\x1b[2Ty\x1b[99S"},
	{"repeated", "\x1b[Jx\x1b[5by"},
}

func TestBarLeavesTheProgramAlone(t *testing.T) {
	for _, test := range barPrograms {
		whole := newShown(10, 30)
		whole.write(test.in)
		if diff := whole.differs(); diff != "" {
			t.Errorf("%s: %q: %s", test.name, test.in, diff)
		}
		bytewise := newShown(10, 30)
		for i := range test.in {
			bytewise.write(test.in[i : i+1])
			if diff := bytewise.differs(); diff != "" {
				t.Errorf("%s: %q, byte by byte: %s", test.name, test.in[:i+1], diff)
				break
			}
		}
	}
}

// Whatever a program does, text of its own stands in the bar's row for a moment at most: the filter knows when that may be so.
func TestBarIsNotForged(t *testing.T) {
	reached := 0
	for _, in := range []string{
		"\x1b[5;1H\x1b7\x1b[1;3r\x1b8\n\n\n\n\n\n\n\nFORGED",
		"\x1b[5;1H\x1b7\x1b[1;3r\x1b8\x1b[99BFORGED",
		"\x1b[5;1H\x1b7\x1b[1;3r\x1b8\x1b[3B\x1b[3BFORGED",
		"\x1b[5;1H\x1b7\x1b[1;3r\x1b8\x1bD\x1bD\x1bD\x1bD\x1bD\x1bDFORGED",
		"\x1b[5;1H\x1b[s\x1b[1;3r\x1b[u\n\n\n\n\n\n\n\nFORGED\x1b7",
		"\x1b[?6h\x1b[9;1H\x1b7\x1b[?6l\x1b[1;3r\x1b8\n\n\n\nFORGED",
		"\x1b[9;1H\x1b[?1049h\x1b[1;3r\x1b[?1049l\n\n\n\nFORGED",
		"\x1b7\x1b[1;3r\x1b[9;1H" + strings.Repeat("FORGED", 10),
		"\x1b7\x1b[1;3r\x1b[9;29Hx|\x1b[60b",
		"\x1b[1;3r\x1b[9;1H" + strings.Repeat("FORGED", 6) + "\x1b7\x1b[r\x1b8FORGED\x1b7",
		"\x1b]8;;https://example.com\x1b\\\x1b[1;3r\x1b[9;1H" + strings.Repeat("FORGED", 10),
	} {
		s := newShown(10, 30)
		for part := range strings.SplitSeq(in, "|") {
			s.write(part)
		}
		want := strings.TrimRight(testBar.line(30), " ")
		if s.barred.row(9) != want {
			reached++
			if !s.filter.BarSpoilt() {
				t.Errorf("%q: nobody knows of %q", in, s.barred.row(9))
			}
		}
		if s.barred.write(s.filter.Insist()); s.barred.row(9) != want {
			t.Errorf("%q: the bar stays %q", in, s.barred.row(9))
		}
	}
	if reached < 8 {
		t.Errorf("only %d reach the row, so that the others show nothing", reached)
	}
	// Rectangles, which the model does not have.
	s := newShown(10, 30)
	if s.write("\x1b7\x1b[70;10;1;10;9$x"); !s.filter.BarSpoilt() {
		t.Error("a rectangle in the bar's row is not known")
	}
	if got := string(s.filter.Insist()); !strings.Contains(got, "\x1b#5") {
		t.Errorf("the bar may be of double width: %q", got)
	}
}

// A question is seen when it is asked, also where the program has the terminal hold back what it shows.
func TestNoticeIsSeen(t *testing.T) {
	for in, want := range map[string]bool{"": false, "\x1b[?2026h": true, "\x1b[?2026h\x1b[?2026l": false} {
		s := newShown(10, 30)
		s.write(in)
		if got := string(s.filter.Notice("copy?")); strings.HasSuffix(got, "\x1b[?2026l") != want || !strings.Contains(got, "copy?") {
			t.Errorf("%q: got %q", in, got)
		}
	}
}

// A resize leaves the program's rows to the program, and one bar.
func TestBarAtAnotherSize(t *testing.T) {
	for _, test := range []struct{ name, before, after string }{
		{"at the top", "one\r\ntwo", "x"},
		{"at the bottom", strings.Repeat("line\r\n", 20) + "last", "\r\nx"},
		{"alternate screen", "main\r\n$ \x1b[?1049h\x1b[2J\x1b[Halt", "\x1b[?1049lx"},
		{"alternate screen from the bottom", strings.Repeat("line\r\n", 20) + "$ \x1b[?1049h\x1b[2J\x1b[Halt", "\x1b[?1049lx"},
	} {
		for _, rows := range []int{14, 10, 8, 5} {
			s := newShown(10, 40)
			s.write(test.before)
			s.bare.resize(rows - 1)
			s.barred.resize(rows)
			out, inner := s.filter.Fit(rows, 40)
			if s.barred.write(out); inner != rows-1 {
				t.Errorf("%d rows for the program", inner)
			}
			if diff := s.differs(); diff != "" {
				t.Errorf("%s, %d rows: %s", test.name, rows, diff)
			}
			s.write(test.after)
			if diff := s.differs(); diff != "" {
				t.Errorf("%s, %d rows, then %q: %s", test.name, rows, test.after, diff)
			}
			out, inner = s.filter.Fit(rows, 10)
			if s.barred.write(out); inner != rows || s.barred.row(rows-1) != "" || s.barred.bottom != rows-1 {
				t.Errorf("%s, %d rows: too narrow, and there is still %q", test.name, rows, s.barred.row(rows-1))
			}
		}
	}
}

// The bar comes back when the program lets it.
func TestBarIsDrawnAgain(t *testing.T) {
	for _, test := range []struct {
		in    string
		waits bool // for quiet
		never bool // until the program restores the cursor
	}{
		{in: "x\x1b[J"}, {in: "\x1b[2J"}, {in: "\x1bc"}, {in: "\x1b[?1049h"}, {in: "\x1b[?1049h\x1b[?1049l"},
		{in: "\x1b[Jé", waits: true},
		{in: "\x1b7\x1b[J", waits: true, never: true},
		{in: "\x1b7\x1b[J\x1b8"},
		{in: "\x1b7\x1b8\x1b[J", waits: true},
		{in: "\x1b7\x1b[3J\x1b[J"},
		{in: "\x1b]8;;https://a\a\x1b[J", waits: true, never: true},
		{in: "\x1b]8;;https://a\a\x1b[J\x1b]8;;\a"},
	} {
		s := newShown(10, 40)
		s.write(test.in)
		if got := s.filter.BarDue(); got != test.waits {
			t.Errorf("%q: waits %v", test.in, got)
		}
		s.barred.write(s.filter.Redraw())
		if got := s.filter.BarDue(); got != test.never {
			t.Errorf("%q: waits %v after a moment", test.in, got)
		}
		if diff := s.differs(); diff != "" {
			t.Errorf("%q: %s", test.in, diff)
		}
	}
}

// Its own row is the program's again where there is little room, and when it ends.
func TestBarGivesTheRowBack(t *testing.T) {
	f := New(Policy{})
	if out, inner := f.Fit(24, 80); inner != 24 || out != nil || f.Release() != nil {
		t.Errorf("no bar: %q and %d rows", out, inner)
	}
	f.SetBar(testBar)
	for _, size := range [][2]int{{3, 80}, {24, 19}} {
		if out, inner := f.Fit(size[0], size[1]); inner != size[0] || out != nil {
			t.Errorf("%v: %q and %d rows", size, out, inner)
		}
	}
	m := newModel(10, 40)
	m.write([]byte("\x1b[10;1Hprompt"))
	f = New(Policy{})
	f.SetBar(testBar)
	out, _ := f.Fit(10, 40)
	m.write(out)
	if m.row(8) != "prompt" || m.page().at.row != 8 || m.page().at.column != 6 {
		t.Errorf("the prompt was not moved up: %q", m.lines(10))
	}
	m.write(f.Filter(nil, []byte("\x1b[3;5r\x1b[9;7H\x1b[4h\x1b[?1049h\x1b[?6hx")))
	m.write(f.Reset())
	m.write(f.Release())
	if m.row(9) != "" || m.row(8) != "prompt" || m.bottom != 9 || m.alternate || m.page().at.row != 8 {
		t.Errorf("left behind: %q, region to %d, cursor %+v", m.lines(10), m.bottom, m.page().at)
	}
}

// A size is told without the bar's row, whatever the program asks.
func TestBarHidesItsRow(t *testing.T) {
	f := New(Policy{})
	f.SetBar(testBar)
	f.Fit(24, 80)
	if got := string(f.Filter(nil, []byte("\x1b[18t\x1b[?2048$p\x1b[?2048h\x1b[?25;2048h"))); got != "\x1b[?25h" {
		t.Errorf("asked the terminal: %q", got)
	}
	if got := string(f.Replies()); got != "\x1b[8;23;80t\x1b[?2048;0$y" || f.Replies() != nil {
		t.Errorf("replied %q", got)
	}
}

// tokens are what the fuzzer writes programs of.
var barTokens = []string{
	"a", "text ", "0123456789abcdefghij", "\r\n", "\n", "\b", "\r", "\x1b[H", "\x1b[%d;%dH", "\x1b[%dd", "\x1b[%dB", "\x1b[%dA", "\x1b[%dE", "\x1b[%de",
	"\x1b[J", "\x1b[1J", "\x1b[2J", "\x1b[K", "\x1b[r", "\x1b[%d;%dr", "\x1b7", "\x1b8", "\x1b[s", "\x1b[u", "\x1bM", "\x1bD", "\x1bE", "\x1bc", "\x1b[!p",
	"\x1b#8", "\x1b[?6h", "\x1b[?6l", "\x1b[?1049h", "\x1b[?1049l", "\x1b[%dL", "\x1b[%dM", "\x1b[%dS", "\x1b[%dT", "\x1b[4h", "\x1b[4l", "\x1b[3J", "\x1b[1m",
}

func FuzzBar(f *testing.F) {
	f.Add([]byte{0, 14, 20, 14, 21, 3, 19, 4, 9, 8, 9, 1, 4})
	f.Fuzz(func(t *testing.T, moves []byte) {
		s := newShown(8, 24)
		var in strings.Builder
		next := func() (n int) {
			if len(moves) > 0 {
				n, moves = int(moves[0]), moves[1:]
			}
			return n
		}
		for len(moves) > 0 && in.Len() < 400 {
			token := barTokens[next()%len(barTokens)]
			for strings.Contains(token, "%d") {
				token = strings.Replace(token, "%d", fmt.Sprint(next()%12), 1)
			}
			if s.filter.bar.below > 0 && token[0] >= ' ' && s.bare.page().at.column+len(token) > 24 {
				continue // a line that runs over the end of the last row there: see textBelow
			}
			if r := &s.filter.bar; (token == "\x1b8" || token == "\x1b[u") && (*s.filter.slot() == slotFree || r.bottom < r.inner()) {
				continue // where mode 1049 has saved something, or a row that is not known: see place
			}
			if token == "\x1b[?1049l" && s.filter.bar.bottom < s.filter.bar.inner() {
				token = "\x1b[r" + token
			}
			in.WriteString(token)
			s.write(token)
			if s.filter.BarDue() && next()%2 == 0 && *s.filter.slot() != slotClosed {
				s.barred.write(s.filter.Redraw())
			}
			if diff := s.differs(); diff != "" {
				t.Fatalf("%q: %s", in.String(), diff)
			}
		}
	})
}
