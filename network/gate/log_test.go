package gate

import (
	"bytes"
	"encoding/json"
	"errors"
	"strings"
	"testing"
)

// lines reads a log back as jail net log does.
func lines(t *testing.T, text string) (all []Entry) {
	t.Helper()
	for line := range strings.Lines(text) {
		var e Entry
		if err := json.Unmarshal([]byte(line), &e); err != nil {
			t.Fatalf("%q: %v", line, err)
		}
		all = append(all, e)
	}
	return all
}

func denied(host string) Entry {
	return Entry{Verdict: "deny", Reason: "not-in-allow-list", Via: "tcp", Host: host, Port: 443}
}

func TestLogFolds(t *testing.T) {
	var file bytes.Buffer
	l := NewLog(&file)
	for range 5 {
		l.Write(denied("a.test"))
	}
	l.Write(denied("b.test"))
	if got := lines(t, file.String()); len(got) != 2 {
		t.Errorf("at first: %+v", got)
	}
	denials, more, err := l.Finish()
	if err != nil || more != 0 || len(denials) != 2 || denials[0] != (Denial{"a.test", 443, "not-in-allow-list", 5}) || denials[1] != (Denial{"b.test", 443, "not-in-allow-list", 1}) {
		t.Errorf("got %+v, %d, %v", denials, more, err)
	}
	if got := lines(t, file.String()); len(got) != 3 || got[2].Host != "a.test" || got[2].Times != 4 {
		t.Errorf("at the end: %+v", got)
	}
}

// Whatever a jail puts into a name stays within its line.
func TestLogInjection(t *testing.T) {
	var file bytes.Buffer
	l := NewLog(&file)
	e := denied("a\x1b[2J\r\n{\"verdict\":\"allow\"}\x00<b>\xff")
	e.SNI = "\n"
	l.Write(e)
	got := lines(t, file.String())
	if len(got) != 1 || got[0].Verdict != "deny" || strings.ContainsAny(strings.TrimSuffix(file.String(), "\n"), "\x00\x1b\r\n") || !strings.Contains(file.String(), "<b>") {
		t.Errorf("got %q", file.String())
	}
}

// A jail that fills the log with what it may do leaves room for what it may not.
func TestLogFull(t *testing.T) {
	var file bytes.Buffer
	l := NewLog(&file)
	long := strings.Repeat("x", 1<<16)
	for range 2 * logLimit / len(long) {
		l.Write(Entry{Verdict: "allow", Host: long})
	}
	if file.Len() > logLimit {
		t.Fatalf("%d bytes", file.Len())
	}
	refused := "refused" + long // no shorter than what found no room
	l.Write(denied(refused))
	all := lines(t, file.String())
	if got := all[len(all)-1]; got.Host != refused {
		t.Errorf("the last line is of %.20q, %s", got.Host, got.Verdict)
	}
	full := 0
	for i := range 2 * logLimit / len(long) {
		l.Write(denied(long + strings.Repeat("y", i)))
	}
	for _, e := range lines(t, file.String()) {
		if e.Verdict == "log-full" {
			full++
		}
	}
	if full != 2 || file.Len() > logLimit+1<<17 {
		t.Errorf("it says %d times that it is full, at %d bytes", full, file.Len())
	}
	if _, _, err := l.Finish(); err != nil {
		t.Error(err)
	}
}

// fullDisk takes so many bytes.
type fullDisk struct{ left int }

var errFull = errors.New("no space left on device")

func (d *fullDisk) Write(p []byte) (int, error) {
	if d.left -= len(p); d.left < 0 {
		return 0, errFull
	}
	return len(p), nil
}

// Where the log cannot be written the gate goes on, counts, and tells at the end.
func TestLogOnAFullDisk(t *testing.T) {
	log := NewLog(&fullDisk{left: 50})
	_, at := opened(t, Config{Log: log})
	for range 3 {
		c := dialTCP(t, at)
		if !echoes(c) {
			t.Error("nothing passes")
		}
		c.Close()
	}
	log.Write(denied("a.test"))
	denials, _, err := log.Finish()
	if !errors.Is(err, errFull) || len(denials) != 1 {
		t.Errorf("got %+v, %v", denials, err)
	}
}

// A flood of denials of ever new names keeps neither memory nor time.
func TestLogManyDenials(t *testing.T) {
	l := NewLog(nil)
	for i := range 20_000 {
		l.Write(denied("n" + itoa(i) + ".test"))
	}
	denials, more, err := l.Finish()
	if len(denials) != mostFolds || more != 20_000-mostFolds || err != nil || len(l.folded) > mostFolds {
		t.Errorf("%d and %d more, %v", len(denials), more, err)
	}
}
