package config

import (
	"errors"
	"strings"
	"testing"
)

func TestAddTOML(t *testing.T) {
	keys := []TOMLString{{"policy", "on-request"}, {"mode", "full"}}
	for _, c := range []struct{ text, want, kept string }{
		{"", "policy = \"on-request\"\nmode = \"full\"\n", ""},
		{"# mine\n\n[a]\nmode = \"x\" # not that\n", "# mine\n\npolicy = \"on-request\"\nmode = \"full\"\n[a]\nmode = \"x\" # not that\n", ""},
		{"model = {a = 1}\nmode = \"x\" # this\n[[b]]\n", "policy = \"on-request\"\nmodel = {a = 1}\nmode = \"x\" # this\n[[b]]\n", `mode stays "x"`},
		{"mode = \"full\"\npolicy = 'on-request'", "mode = \"full\"\npolicy = 'on-request'", ""},
		{"# no end", "# no end\npolicy = \"on-request\"\nmode = \"full\"\n", ""},
	} {
		got, kept, err := AddTOML("f", []byte(c.text), keys)
		if err != nil || string(got) != c.want || strings.Join(kept, ",") != c.kept {
			t.Errorf("%q: got %q, kept %q, %v", c.text, got, kept, err)
		}
		again, _, err := AddTOML("f", got, keys)
		if err != nil || string(again) != string(got) {
			t.Errorf("%q: a second time gives %q, %v", c.text, again, err)
		}
	}
	for _, text := range []string{"a = 1\nb = ", "a = 1\n[a\n", "x = 1\nx = 2\n", "\xff"} {
		_, _, err := AddTOML("f", []byte(text), keys)
		if wrong := (*FileError)(nil); !errors.As(err, &wrong) || wrong.Path != "f" || wrong.Line == 0 {
			t.Errorf("%q: %v, want an error with a place", text, err)
		}
	}
}
