package state

import (
	"errors"
	"regexp"
	"strings"
	"testing"
	"unicode"
)

func TestValidName(t *testing.T) {
	for _, name := range []string{"a", "A-b_9", "_", "9", "a-", strings.Repeat("x", 64)} {
		if err := ValidName(name); err != nil {
			t.Errorf("%q: %v", name, err)
		}
	}
	bad := []string{
		"", "-", "-a", ".", "..", "a.b", "a/b", "/a", "a b", "a\n", "\x1b[31m", "ä", "a\u202eb", "a\x00", "a~1", "a@{0}",
		strings.Repeat("x", 65), strings.Repeat("\u202e", 1000), "\xff",
	}
	for _, name := range bad {
		err := ValidName(name)
		if !errors.Is(err, ErrName) {
			t.Errorf("%q: got %v", name, err)
			continue
		}
		if text := err.Error(); strings.ContainsFunc(text, unprintable) || len(text) > 2000 {
			t.Errorf("%q: unsafe message %q", name, text)
		}
	}
}

func unprintable(r rune) bool { return !unicode.IsPrint(r) }

func TestNameErrorShowsWhatWasTyped(t *testing.T) {
	if got := ValidName("Größe").Error(); !strings.HasPrefix(got, `invalid jail name "Größe": `) {
		t.Errorf("got %s", got)
	}
}

func FuzzValidName(f *testing.F) {
	f.Add("a")
	f.Add("-a")
	f.Add("a\u202e\x1b")
	rule := regexp.MustCompile(`\A[A-Za-z0-9_][A-Za-z0-9_-]{0,63}\z`)
	f.Fuzz(func(t *testing.T, name string) {
		err := ValidName(name)
		if got, want := err == nil, rule.MatchString(name); got != want {
			t.Errorf("%q: got %v, want %v", name, got, want)
		}
		if err != nil && strings.ContainsFunc(err.Error(), unprintable) {
			t.Errorf("unsafe message %q", err)
		}
	})
}

func FuzzDecode(f *testing.F) {
	f.Add([]byte(`{"schema_version":1,"jails":[{"name":"a","phase":"ready","sessions":[{"pid":1}]}]}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		file, err := decode(data)
		if err != nil {
			return
		}
		again, err := encode(file)
		if err != nil {
			t.Fatalf("read but not written: %v", err)
		}
		if _, err := decode(again); err != nil {
			t.Fatalf("written but not read: %v", err)
		}
	})
}
