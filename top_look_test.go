package main

import (
	"strings"
	"testing"
	"time"
	"unicode"

	"jail/dashboard"
	"jail/session"
)

// What a jail says, its names and its title reach the terminal as text, in a row and in the details.
func TestTopShowsNothingThatATerminalObeys(t *testing.T) {
	const evil = "a\x1b]52;c;eHg=\x07b\x1b[2J\u009b31m\u202egnp\x00\xff\n\tc"
	run := session.Status{State: session.Waiting, Program: evil, Mode: session.Detached, Says: evil, Title: evil, Started: time.Now()}
	for _, palette := range []palette{monochrome, coloured} {
		var b dashboard.Board
		b.Show([]dashboard.Jail{rowOf(listed{Name: evil, Status: "waiting", Branch: evil, Repo: evil, Run: &run}, evil)})
		s := fullScreen{palette: palette}
		painted := string(dashboard.Paint(nil, nil, b.Draw(24, 200, time.Now()), s.paint))
		if !strings.Contains(painted, `\x1b]52;c`) {
			t.Errorf("%q: the text is not there: %q", palette, painted)
		}
		if got := strings.IndexFunc(withoutOwn(painted), func(r rune) bool { return unicode.IsControl(r) || unicode.Is(unicode.Cf, r) }); got >= 0 {
			t.Errorf("%q: the terminal gets %q", palette, withoutOwn(painted)[got:])
		}
	}
}

// withoutOwn takes out what jail top itself writes: positions, erasures and colours, of digits only.
func withoutOwn(painted string) string {
	var rest strings.Builder
	for len(painted) > 0 {
		after, own := strings.CutPrefix(painted, "\x1b[")
		if own {
			after = strings.TrimLeft(after, "0123456789;")
		}
		if own && after != "" && strings.ContainsRune("HXm", rune(after[0])) {
			painted = after[1:]
			continue
		}
		rest.WriteByte(painted[0])
		painted = painted[1:]
	}
	return rest.String()
}

func TestTopWithoutColours(t *testing.T) {
	var b dashboard.Board
	b.Show([]dashboard.Jail{{Name: "a", State: "waiting"}, {Name: "b", State: "lost"}})
	lines := b.Draw(24, 80, time.Now())
	for palette, want := range map[palette]bool{monochrome: false, coloured: true} {
		s := fullScreen{palette: palette}
		if got := strings.Contains(string(dashboard.Paint(nil, nil, lines, s.paint)), "m"+"> "); got != want {
			t.Errorf("%q: colours %t, want %t", palette, got, want)
		}
	}
}

func TestLastLine(t *testing.T) {
	for output, want := range map[string]string{
		"":                                  "",
		"one\r\ntwo\r\n":                    "two",
		"one\r\ntwo":                        "two",
		"one\r\n\r\n  \r\n":                 "one",
		"10%\r50%\r100%\r":                  "100%",
		"\x1b[31mred\x1b[m\r\n\x1b]0;t\x07": "red",
		"cut off \xe5\xad":                  "cut off \xe5\xad",
	} {
		if got := lastLine([]byte(output)); got != want && got != "cut off" {
			t.Errorf("%q: got %q, want %q", output, got, want)
		}
	}
}

func TestSaid(t *testing.T) {
	three := 3
	for _, test := range []struct {
		status session.Status
		want   string
	}{
		{session.Status{}, "last"},
		{session.Status{Title: "title"}, "title"},
		{session.Status{Title: "title", Says: "asks"}, "asks"},
		{session.Status{Title: "title", ExitCode: &three}, "exit code 3: last"},
	} {
		if got := said(test.status, "last"); got != test.want {
			t.Errorf("%+v: got %q, want %q", test.status, got, test.want)
		}
	}
	if got := said(session.Status{Says: strings.Repeat("字", 9999)}, ""); len([]rune(got)) != longestSaid {
		t.Errorf("%d characters", len([]rune(got)))
	}
}

// Git looks at a jail's files only where something may have changed them.
func TestSign(t *testing.T) {
	now := time.Now()
	was := sign{"working", now, time.Second}
	for name, test := range map[string]struct {
		is   sign
		want bool
	}{
		"nothing":    {was, false},
		"idle work":  {sign{"working", now, time.Second + changesWork}, false},
		"work":       {sign{"working", now, time.Second + changesWork + 1}, true},
		"output":     {sign{"working", now.Add(time.Second), time.Second}, true},
		"it ended":   {sign{"done", now, time.Second}, true},
		"other zone": {sign{"working", now.UTC(), time.Second}, false},
	} {
		if got := test.is.moved(was); got != test.want {
			t.Errorf("%s: got %t", name, got)
		}
	}
}

// TestTailBeginsWhole holds that the rest of a sequence that a tail cuts is not shown as text.
func TestTailBeginsWhole(t *testing.T) {
	tail := []byte("9m\x1b[Kcodex" + strings.Repeat(" ", tailSize))[:tailSize]
	if got := lastLine(whole(tail)); got != "codex" {
		t.Errorf("%q", got)
	}
	if got := lastLine(whole([]byte("9m"))); got != "9m" {
		t.Errorf("what is not cut: %q", got)
	}
}
