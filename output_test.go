package main

import (
	"errors"
	"fmt"
	"os"
	"strings"
	"syscall"
	"testing"

	"github.com/urfave/cli/v2"
)

func TestPrintable(t *testing.T) {
	for _, test := range []struct{ text, want string }{
		{"plain text, umlauts äöü, ❯ ▐▛█ ” and 漢字 stay", "plain text, umlauts äöü, ❯ ▐▛█ ” and 漢字 stay"},
		{"\x1b[31mred", `\x1b[31mred`},
		{"a\nb\tc\r\x7f", `a\nb\tc\x0d\x7f`},
		{"C1: \u009b31m", `C1: \u009b31m`},
		{"bidi \u202etxt.exe", `bidi \u202etxt.exe`},
		{"zero\u200bwidth", `zero\u200bwidth`},
		{"bytes \xff\xfe", `bytes \xff\xfe`},
		{"", ""},
	} {
		if got := printable(test.text); got != test.want {
			t.Errorf("%q: got %q, want %q", test.text, got, test.want)
		}
	}
}

func TestEscapeJSON(t *testing.T) {
	for _, test := range []struct{ text, want string }{
		{"{\n  \"a\": \"äöü ❯ 漢\"\n}", "{\n  \"a\": \"äöü ❯ 漢\"\n}"},
		{"\u009b31m", `\u009b31m`},
		{"\u202e", `\u202e`},
		{"\x7f", `\u007f`},
		{"\U000e0001", `\udb40\udc01`},
	} {
		if got := escapeJSON(test.text); got != test.want {
			t.Errorf("%q: got %q, want %q", test.text, got, test.want)
		}
	}
}

func FuzzPrintable(f *testing.F) {
	f.Add("a\x1b[2J\u202e\xff")
	f.Fuzz(func(t *testing.T, text string) {
		got := printable(text)
		if strings.ContainsFunc(got, hidden) {
			t.Errorf("%q became %q, which a terminal may obey", text, got)
		}
		if printable(got) != got {
			t.Errorf("%q does not stay as it is", got)
		}
	})
}

func TestFlagsFirst(t *testing.T) {
	app := newApp()
	for _, test := range []struct{ args, want string }{
		{"jail status web --diff", "jail status --diff web"},
		{"jail create web --repo /r --base main", "jail create --repo /r --base main web"},
		{"jail create web --repo=/r x", "jail create --repo=/r web x"},
		{"jail rm web -f", "jail rm -f web"},
		{"jail create -- -x --base", "jail create -- -x --base"},
		{"jail run web --diff", "jail run web --diff"},
		{"jail claude web --diff", "jail claude web --diff"},
		{"jail exec web -- x -f", "jail exec web -- x -f"},
		{"jail", "jail"},
	} {
		got := strings.Join(flagsFirst(app, strings.Fields(test.args)), " ")
		if got != test.want {
			t.Errorf("%q: got %q, want %q", test.args, got, test.want)
		}
	}
}

// A flag and a command of ours must not be confused with a value: each flag says whether it takes one.
func TestEveryFlagSaysWhetherItTakesAValue(t *testing.T) {
	for _, command := range newApp().Commands {
		for _, flag := range command.Flags {
			if _, ok := flag.(cli.DocGenerationFlag); !ok {
				t.Errorf("jail %s: flag %v does not", command.Name, flag.Names())
			}
		}
	}
}

// TestOutputIsComplete: a list that was cut off is an error, unless the command line has failed by itself.
func TestOutputIsComplete(t *testing.T) {
	full, err := os.OpenFile("/dev/full", os.O_WRONLY, 0)
	if err != nil {
		t.Skip(err)
	}
	defer full.Close()
	out := &unforgetting{to: full}
	if err := out.complete(nil); err != nil {
		t.Errorf("nothing was written, and got %v", err)
	}
	fmt.Fprintln(out, "a line")
	if err := out.complete(nil); !errors.Is(err, syscall.ENOSPC) {
		t.Errorf("got %v", err)
	}
	if own := exitWith(1); out.complete(own) != error(own) {
		t.Error("the command line's own error is lost")
	}
}
