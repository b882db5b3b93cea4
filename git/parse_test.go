package git

import (
	"fmt"
	"testing"
)

func sprint(v any) string { return fmt.Sprintf("%+v", v) }

const (
	id  = "1111111111111111111111111111111111111111"
	ids = id + " " + id
)

func TestParseStatusRefuses(t *testing.T) {
	for _, text := range []string{
		"x", "1 .M", "1 .M N... 100644 100644 100644 " + ids + " a", "2 R. N... 100644 100644 100644 " + ids + " R100 a\x00",
		"2 R. N... 100644 100644 100644 " + ids + " R100 a\x00b", "1 .M N... 100644 100644 100644 " + ids + " \x00", "? \x00", "\x00",
		"1 .MM N... 100644 100644 100644 " + ids + " a\x00",
	} {
		if s, _, err := parseStatus([]byte(text)); err == nil {
			t.Errorf("%q: got %+v", text, s)
		}
	}
}

func TestParseStatusSkipsUnknown(t *testing.T) {
	s, _, err := parseStatus([]byte("# branch.oid (initial)\x00# branch.head (detached)\x00# stash 1\x00! ignored\x00N future\x00? a b\x00"))
	if err != nil || len(s.Entries) != 1 || s.Entries[0].Path != "a b" || s.Head != "" || s.Branch != "" {
		t.Errorf("got %+v, %v", s, err)
	}
}

func FuzzParseStatus(f *testing.F) {
	f.Add([]byte("# branch.oid " + id + "\x00# branch.head main\x001 .M N... 100644 100644 100644 " + ids + " a b\x00"))
	f.Add([]byte("2 R. N... 100644 100644 100644 " + ids + " R100 new\x00old\x00u UU N... 1 2 3 4 " + ids + " " + id + " c\x00? u\x00"))
	f.Fuzz(func(t *testing.T, out []byte) {
		s, heads, err := parseStatus(out)
		if err != nil {
			return
		}
		if len(heads) != len(s.Entries) || s.Untracked+s.Conflicted > len(s.Entries) || s.Staged > len(s.Entries) || s.Unstaged > len(s.Entries) {
			t.Errorf("the counts do not fit: %+v", s)
		}
		for _, e := range s.Entries {
			if e.Path == "" || e.Kind == "" {
				t.Errorf("incomplete entry %+v", e)
			}
		}
	})
}

func TestParseNumstat(t *testing.T) {
	got, err := parseNumstat([]byte("1\t2\ta\x00-\t-\tbinary\x003\t0\t\x00old\tname\x00new\x004\t5\tb\tc\x00"))
	if want := (lineCounts{8, 7}); err != nil || got != want {
		t.Errorf("got %+v, %v, want %+v", got, err, want)
	}
	for _, text := range []string{"1\t2\ta", "1\ta\x00", "x\t1\ta\x00", "1\t1\t\x00a\x00", "-1\t1\ta\x00", "99999999999999999999\t1\ta\x00"} {
		if got, err := parseNumstat([]byte(text)); err == nil {
			t.Errorf("%q: got %+v", text, got)
		}
	}
}

func FuzzParseNumstat(f *testing.F) {
	f.Add([]byte("1\t2\ta\x00-\t-\tb\x003\t0\t\x00c\x00d\x00"))
	f.Fuzz(func(t *testing.T, out []byte) { _, _ = parseNumstat(out) })
}

func FuzzParseLog(f *testing.F) {
	f.Add([]byte(id + "\x00subject\x00author\x001700000000\x00"))
	f.Fuzz(func(t *testing.T, out []byte) {
		commits, err := parseLog(out)
		for _, c := range commits {
			if err == nil && !validID(c.ID) {
				t.Errorf("got %+v", c)
			}
		}
	})
}

func FuzzParseConfig(f *testing.F) {
	f.Add([]byte("local\x00filter.x.clean\nevil\x00global\x00core.autocrlf\x00"))
	f.Fuzz(func(t *testing.T, out []byte) {
		entries, err := parseConfig(out)
		if err != nil {
			return
		}
		for _, s := range []scope{repositoryOnly, withUser} {
			disarm(entries, s)
		}
	})
}

func FuzzParseLeftRight(f *testing.F) {
	f.Add("1\t2")
	f.Fuzz(func(t *testing.T, out string) { _, _ = parseLeftRight(out) })
}

func FuzzParsePaths(f *testing.F) {
	f.Add([]byte("a\x00b\x00"))
	f.Fuzz(func(t *testing.T, out []byte) { parsePaths(out) })
}
