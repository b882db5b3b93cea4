package dashboard

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"jail/terminal"
)

var update = flag.Bool("update", false, "write what is laid out into the golden files")

var noon = time.Date(2026, 5, 4, 12, 0, 0, 0, time.UTC)

// several are jails in all states, with names of wide and combining characters.
func several() []Jail {
	ago := func(d time.Duration) time.Time { return noon.Add(-d) }
	return []Jail{
		{Name: "stopped-1", State: "stopped", Branch: "jail/stopped-1", Repo: "/home/user/project", Began: ago(50 * time.Hour), Changes: &Changes{}},
		{Name: "fix-login", State: "working", Command: "claude", Branch: "jail/fix-login", Repo: "/home/user/project", Began: ago(2 * time.Hour), Active: ago(time.Second), Usage: &Usage{1.52, 1932735283}, Changes: &Changes{120, 14, 7, 2}, Says: "Running the tests"},
		{Name: "修正-日本語-の-長い-名前-です", State: "waiting", Command: "codex", Branch: "jail/修正-日本語", Repo: "/home/user/プロジェクト", Began: ago(30 * time.Minute), Active: ago(3 * time.Minute), Usage: &Usage{0.004, 98 << 20}, Changes: &Changes{Ahead: 1}, Says: "よろしいですか? May I run: rm -rf build && make all install DESTDIR=/tmp/somewhere/else"},
		{Name: "flags", State: "running", Command: "bash", Branch: "jail/flags", Repo: "/home/user/project", Began: ago(5 * time.Hour), Active: ago(5 * time.Hour), Usage: &Usage{0, 5 << 20}, Says: "👩‍👩‍👧‍👦 🇩🇪 e\u0301"},
		{Name: "gone", State: "gone", Branch: "jail/gone", Repo: "/home/user/project", Began: ago(time.Hour), Fault: "the jail's work tree is gone"},
		{Name: "lost", State: "lost", Command: `\x1b[31mevil`, Branch: `jail/\u202egnp`, Repo: "/home/user/project", Began: ago(26 * time.Hour), Active: ago(26 * time.Hour), Says: `\x1b]0;title\x07 \x9b2J` + strings.Repeat("x", 300)},
		{Name: "asleep", State: "idle", Command: "vim", Branch: "jail/asleep", Repo: "/home/user/project", Began: ago(26 * time.Hour), Active: ago(20 * time.Minute), Usage: &Usage{0, 900 << 10}},
		{Name: "through", State: "done", Command: "make", Branch: "jail/through", Repo: "/home/user/project", Began: ago(26 * time.Hour), Active: ago(20 * time.Minute), Says: "exit code 2: make: *** [all] Error 1"},
	}
}

func TestLayout(t *testing.T) {
	for _, size := range [][2]int{{24, 80}, {10, 40}, {40, 120}} {
		for name, keys := range map[string][]Key{"list": nil, "end": {End}, "help": {"?"}, "ask": {"s"}, "byname": {"w", Down}} {
			var b Board
			b.Show(several())
			for _, key := range keys {
				b.Press(key)
			}
			b.Draw(size[0], size[1], noon) // scrolls
			lines := b.Draw(size[0], size[1], noon)
			var text strings.Builder
			for _, line := range lines {
				if got := terminal.Columns(join(line)); len(line) > 0 && got != size[1] {
					t.Errorf("%s at %v: a line of %d columns: %q", name, size, got, join(line))
				}
				fmt.Fprintln(&text, strings.TrimRight(join(line), " "))
			}
			if len(lines) > size[0] {
				t.Errorf("%s at %v: %d lines", name, size, len(lines))
			}
			golden(t, fmt.Sprintf("%s-%dx%d.txt", name, size[1], size[0]), text.String())
		}
	}
}

func join(l Line) string {
	var text strings.Builder
	for _, c := range l {
		text.WriteString(c.Text)
	}
	return text.String()
}

func golden(t *testing.T, name, got string) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if *update {
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if got != string(want) {
		t.Errorf("%s differs (go test ./dashboard -update writes it)\n--- got\n%s--- want\n%s", name, got, want)
	}
}

// However small the terminal, nothing is drawn outside of it.
func TestLayoutStaysInside(t *testing.T) {
	for _, keys := range [][]Key{nil, {"?"}, {"s"}, {End}} {
		for rows := range 30 {
			for columns := 1; columns < 130; columns++ {
				var b Board
				b.Show(several())
				for _, key := range keys {
					b.Press(key)
				}
				lines := b.Draw(rows, columns, noon)
				if len(lines) > rows {
					t.Fatalf("%d lines in %dx%d", len(lines), columns, rows)
				}
				for _, line := range lines {
					if got := terminal.Columns(join(line)); got != columns {
						t.Fatalf("%d columns in %dx%d: %q", got, columns, rows, join(line))
					}
				}
			}
		}
	}
}

// What was changed and nothing else is written.
func TestPaint(t *testing.T) {
	style := func(s Style, text string) string { return string(s) + "<" + text + ">" }
	before := []Line{{{"ab ", 3, Plain}, {"c", 1, Plain}}, {{"same", 4, Bad}}}
	after := []Line{{{"字 ", 3, Plain}, {"d", 1, Alert}}, {{"same", 4, Bad}}}
	if got, want := string(Paint(nil, before, after, style)), "\x1b[1;1H\x1b[3X<字 >\x1b[1;4H\x1b[1Xalert<d>"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	if got := Paint(nil, after, after, style); len(got) != 0 {
		t.Errorf("without a change: %q", got)
	}
	if got, want := string(Paint(nil, nil, after[1:], style)), "\x1b[1;1H\x1b[4Xbad<same>"; got != want {
		t.Errorf("at first: got %q, want %q", got, want)
	}
}
