package dashboard

import (
	"slices"
	"testing"
)

func TestKeys(t *testing.T) {
	for typed, want := range map[string][]Key{
		"q":              {"q"},
		"\r\n":           {Return, Return},
		"\x1b":           {Escape},
		"\x1b\x1b[A":     {Escape, Up},
		"\x1b[Bj\x1bOA":  {Down, "j", Up},
		"\x1b[5~\x1b[6~": {PageUp, PageDown},
		"\x1b[1;5Aq":     {"q"}, // an arrow with Ctrl is no key of ours, and its bytes are none either
		"\x1bqs":         {"s"}, // Alt-q
		"\x1b[":          nil,
		"\x03\x1a\x0c":   {CtrlC, CtrlZ, CtrlL},
		"\x00\xff字":      {"字"},
	} {
		if got := Keys([]byte(typed)); !slices.Equal(got, want) {
			t.Errorf("%q: got %q, want %q", typed, got, want)
		}
	}
}

func FuzzKeys(f *testing.F) {
	f.Add([]byte("\x1b[1;5A\x1bOq\xffé"))
	f.Fuzz(func(t *testing.T, typed []byte) {
		if got := Keys(typed); len(got) > len(typed) {
			t.Errorf("%d keys of %d bytes", len(got), len(typed))
		}
	})
}

func TestPress(t *testing.T) {
	const waits = "修正-日本語-の-長い-名前-です"
	for _, test := range []struct {
		name string
		keys []Key
		want Action
	}{
		{"who waits comes first", []Key{Return}, Action{Attach, waits}},
		{"a attaches", []Key{"a"}, Action{Attach, waits}},
		{"down", []Key{Down, "d"}, Action{Diff, "fix-login"}},
		{"up stays at the top", []Key{Up, "k", "l"}, Action{Logs, waits}},
		{"end", []Key{End, Down, "e"}, Action{Enter, "stopped-1"}},
		{"by name", []Key{"w", Home, "d"}, Action{Diff, "asleep"}},
		{"the selection stays", []Key{Down, "w", "d"}, Action{Diff, "fix-login"}},
		{"stop asks", []Key{"s"}, Action{Verb: Ask}},
		{"stop at y", []Key{"s", "y"}, Action{Stop, waits}},
		{"no stop else", []Key{"s", Return}, Action{}},
		{"no stop of what does not run", []Key{End, "s", "y"}, Action{}},
		{"no attach to what is in a foreground", []Key{Down, Down, Return}, Action{}},
		{"no attach to what does not run", []Key{End, Return}, Action{}},
		{"help takes the next key", []Key{"?", "q"}, Action{}},
		{"quit", []Key{"q"}, Action{Verb: Quit}},
		{"Ctrl-C in a question", []Key{"s", CtrlC}, Action{Verb: Quit}},
		{"Ctrl-Z", []Key{CtrlZ}, Action{Verb: Suspend}},
		{"refresh", []Key{"r"}, Action{Verb: Refresh}},
		{"another key", []Key{"x"}, Action{}},
	} {
		var b Board
		b.Show(several())
		var got Action
		for _, key := range test.keys {
			got = b.Press(key)
		}
		if got != test.want {
			t.Errorf("%s: got %v, want %v", test.name, got, test.want)
		}
	}
}

// A question is about the jail that it names, whatever happens meanwhile.
func TestQuestionStaysWithItsJail(t *testing.T) {
	var b Board
	b.Show([]Jail{{Name: "a", State: "working"}, {Name: "b", State: "working"}})
	b.Press("s")
	b.Show([]Jail{{Name: "b", State: "waiting"}, {Name: "a", State: "working"}})
	if got, want := b.Press("y"), (Action{Stop, "a"}); got != want {
		t.Errorf("got %v, want %v", got, want)
	}
	b.Press("s")
	b.Show([]Jail{{Name: "b", State: "waiting"}})
	if got := b.Press("y"); got != (Action{}) {
		t.Errorf("the jail is gone: got %v", got)
	}
}

func TestEmptyBoard(t *testing.T) {
	var b Board
	b.Show(nil)
	for _, key := range []Key{Return, "s", "y", Down, PageDown, End} {
		if got := b.Press(key); got != (Action{}) {
			t.Errorf("%s: got %v", key, got)
		}
	}
	if got := b.Draw(24, 80, noon); len(got) != 24 {
		t.Errorf("%d lines", len(got))
	}
}
