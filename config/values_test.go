package config

import (
	"strings"
	"testing"
)

func TestParseEnv(t *testing.T) {
	for _, tt := range []struct {
		text string
		want EnvVar
	}{
		{"TERM", EnvVar{Name: "TERM"}},
		{"_a9=", EnvVar{Name: "_a9", HasValue: true}},
		{"A=b=c d", EnvVar{Name: "A", Value: "b=c d", HasValue: true}},
	} {
		if got, err := ParseEnv(tt.text); err != nil || got != tt.want {
			t.Errorf("ParseEnv(%q) = %+v, %v; want %+v", tt.text, got, err, tt.want)
		}
	}
	for _, text := range []string{"", "=secret", "9A=secret", "A-B=secret", "Ä=secret", "A =secret", "A=secret\x00"} {
		if got, err := ParseEnv(text); err == nil || strings.Contains(err.Error(), "secret") {
			t.Errorf("ParseEnv(%q) = %+v, %v; want an error without the value", text, got, err)
		}
	}
}

func TestParseNetwork(t *testing.T) {
	for _, mode := range []NetworkMode{NetworkNone, NetworkAllow, NetworkAudit, NetworkHost} {
		if got, err := ParseNetwork(string(mode)); err != nil || got != mode {
			t.Errorf("ParseNetwork(%q) = %q, %v", mode, got, err)
		}
	}
	for _, tt := range []struct{ text, want string }{
		{"", `network mode "" is unknown; valid are none, allow, audit, host`},
		{"nine", `network mode "nine" is unknown; did you mean "none"?`},
		{"HOST", `network mode "HOST" is unknown; did you mean "host"?`},
		{"off-line", `network mode "off-line" is unknown; valid are none, allow, audit, host`},
	} {
		if _, err := ParseNetwork(tt.text); err == nil || err.Error() != tt.want {
			t.Errorf("ParseNetwork(%q): %v; want %s", tt.text, err, tt.want)
		}
	}
}

func TestParseHostname(t *testing.T) {
	for _, text := range []string{"jail", "a", "A-1.b2", "9to5", strings.Repeat("a", 63)} {
		if got, err := ParseHostname(text); err != nil || got != text {
			t.Errorf("ParseHostname(%q) = %q, %v", text, got, err)
		}
	}
	for _, text := range []string{"", ".", "a.", ".a", "a..b", "-a", "a-", "a.-b", "a_b", "a b", "ä", "a\n", strings.Repeat("a", 64)} {
		if got, err := ParseHostname(text); err == nil {
			t.Errorf("ParseHostname(%q) = %q; want an error", text, got)
		}
	}
}

func TestClosest(t *testing.T) {
	valid := keysOf(topFields())
	for _, tt := range []struct{ word, want string }{
		{"netwrok", "network"},
		{"Network", "network"},
		{"maps", "map"},
		{"mpa", "map"},
		{"rw-map", "rw_map"},
		{"comand", "command"},
		{"hostnam", "hostname"},
		{"x", ""},
		{"", ""},
		{"network_egress", ""},
		{strings.Repeat("map", 100000), ""},
	} {
		if got := Closest(tt.word, valid); got != tt.want {
			t.Errorf("Closest(%q) = %q; want %q", shorten(tt.word), got, tt.want)
		}
	}
}

func TestRefusalStringIsHarmless(t *testing.T) {
	r := Refusal{Origin: "/p/\x1b[2J:1", Key: "commands.\x1b]0;x\a.env", Value: "a\nb" + strings.Repeat("ü", 500), Why: "no"}
	got := r.String()
	if strings.ContainsAny(got, "\x1b\a\n") || len(got) > 400 {
		t.Errorf("String() = %q", got)
	}
	want := `/p/.jail.toml:3: rw_map "/etc" is not taken: no`
	if got := (Refusal{Origin: "/p/.jail.toml:3", Key: "rw_map", Value: "/etc", Why: "no"}).String(); got != want {
		t.Errorf("String() = %s; want %s", got, want)
	}
}
