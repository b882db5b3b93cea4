package config

import (
	"strings"
	"testing"
)

func TestParseMap(t *testing.T) {
	at := Places{Home: "/home/ann", Dir: "/proj/here"}
	for _, tt := range []struct {
		text, source, target string
		optional             bool
	}{
		{"/etc/hosts", "/etc/hosts", "/etc/hosts", false},
		{"/a:/b", "/a", "/b", false},
		{"/a:/b?", "/a", "/b", true},
		{"/a?", "/a", "/a", true},
		{"~", "/home/ann", "/home/ann", false},
		{"~/x", "/home/ann/x", "/home/ann/x", false},
		{"~/", "/home/ann", "/home/ann", false},
		{"~/x:~/y", "/home/ann/x", "/home/ann/y", false},
		{"/a:~", "/a", "/home/ann", false},
		{"x", "/proj/here/x", "/proj/here/x", false},
		{"./~x", "/proj/here/~x", "/proj/here/~x", false},
		{"x:y", "/proj/here/x", "/proj/here/y", false},
		{"../x:/y/../z/", "/proj/x", "/z", false},
		{"/a b/ü:/日本 語", "/a b/ü", "/日本 語", false},
		{`/a\:b`, "/a:b", "/a:b", false},
		{`/a\:b:/c\:d`, "/a:b", "/c:d", false},
		{`/a\?`, "/a?", "/a?", false},
		{`/a?b`, "/a?b", "/a?b", false},
		{`/a\\:/b`, `/a\`, "/b", false},
		{`/a\\?`, `/a\`, `/a\`, true},
	} {
		want := Map{Source: tt.source, Target: tt.target, Mode: MapRW, Optional: tt.optional}
		if got, err := ParseMap(tt.text, MapRW, at); err != nil || got != want {
			t.Errorf("ParseMap(%q) = %+v, %v; want %+v", tt.text, got, err, want)
		}
	}
}

func TestParseMapErrors(t *testing.T) {
	at := Places{Home: "/home/ann", Dir: "/proj/here"}
	for _, tt := range []struct{ text, want string }{
		{"", "source is empty; write SRC"},
		{"?", "source is empty"},
		{":", "source is empty"},
		{":/b", "source is empty"},
		{"/a:", "target is empty"},
		{"/a:?", "target is empty"},
		{"/a:/b:/c", `write \: for a colon`},
		{`/a\b`, `write \\ for a backslash`},
		{`/a\`, `write \\ for a backslash`},
		{"~bob/x", "write the whole path"},
		{"/a:~bob", "write the whole path"},
		{"/a\x00b", "NUL"},
		{"/", "the source is /"},
		{"/a/..", "the source is /"},
		{"../..", "the source is /"},
		{"/a:/", "the target is /"},
		{"/a:/../", "the target is /"},
	} {
		// Only a person can judge whether a message helps; the table holds that each mistake has its own.
		if got, err := ParseMap(tt.text, MapRO, at); err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("ParseMap(%q) = %+v, %v; want an error with %q", tt.text, got, err, tt.want)
		}
	}
	if _, err := ParseMap("/a", "", at); err == nil {
		t.Error("ParseMap takes an empty mode")
	}
	for _, text := range []string{"~/x", "x"} {
		if _, err := ParseMap(text, MapRO, Places{}); err == nil {
			t.Errorf("ParseMap(%q) without places gives no error", text)
		}
	}
}

func TestParseVolume(t *testing.T) {
	at := Places{Home: "/home/u", Dir: "/work"}
	for text, want := range map[string]Map{
		"/a:/b":     {Source: "/a", Target: "/b", Mode: MapRW},
		"/a:/b:rw":  {Source: "/a", Target: "/b", Mode: MapRW},
		"~/a:/b:ro": {Source: "/home/u/a", Target: "/b", Mode: MapRO},
		"a":         {Source: "/work/a", Target: "/work/a", Mode: MapRW},
	} {
		if got, err := ParseVolume(text, at); err != nil || got != want {
			t.Errorf("%q: got %+v, %v; want %+v", text, got, err, want)
		}
	}
	for _, text := range []string{"", ":/b", "/a:/b:z", "/a:/b:ro:rw"} {
		if got, err := ParseVolume(text, at); err == nil {
			t.Errorf("%q: got %+v", text, got)
		}
	}
}
