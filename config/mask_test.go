package config

import (
	"path"
	"strings"
	"testing"
)

func TestParsePattern(t *testing.T) {
	at := Places{Home: "/home/u", Dir: "/work/[p]"}
	for text, want := range map[string]Pattern{
		".env":            {Base: at.Dir, Glob: ".env"},
		".env?":           {Base: at.Dir, Glob: ".env", Optional: true},
		"a??":             {Base: at.Dir, Glob: "a?", Optional: true},
		`a\?`:             {Base: at.Dir, Glob: `a\?`},
		"!**/*.example":   {Base: at.Dir, Glob: "**/*.example", Except: true},
		`\!important`:     {Base: at.Dir, Glob: `\!important`},
		"./a//b/./**/**/": {Base: at.Dir, Glob: "a/b/**"},
		"../x":            {Base: "/work", Glob: "x"},
		"~/k/[!a-z].pem":  {Base: at.Home, Glob: "k/[^a-z].pem"},
		"/srv/a b":        {Base: "/", Glob: "srv/a b"},
		`[[!x]`:           {Base: at.Dir, Glob: "[[!x]"},
		`\[!x]`:           {Base: at.Dir, Glob: `\[!x]`},
	} {
		got, err := ParsePattern(text, at)
		want.text = text
		if err != nil || got != want {
			t.Errorf("%q: got %+v, %v, want %+v", text, got, err, want)
		}
	}
	for text, want := range map[string]string{
		"":                               "whole folder",
		"/":                              "whole folder",
		"!":                              "whole folder",
		"~":                              "whole folder",
		"a/../b":                         "go up",
		"~u/x":                           "user name",
		"[a":                             "no glob",
		"[!]":                            "no glob",
		"a\x00b":                         "NUL",
		`a/b\`:                           "no glob",
		"**/[z-a":                        "no glob",
		strings.Repeat("a/", maxParts+1): "parts",
	} {
		if got, err := ParsePattern(text, at); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: got %+v, %v, want an error with %q", text, got, err, want)
		}
	}
	if got, err := ParsePattern("../x", Places{Home: "/home/u"}); err == nil {
		t.Errorf("a pattern leads out of the project: %+v", got)
	}
}

// FuzzPattern holds that what is accepted stays in its folder, has parts that package path can match, and is read from what
// is written of it.
func FuzzPattern(f *testing.F) {
	for _, seed := range []string{".env?", "!a/**/[!x-z]*", "~/x", "/a/b", "../..", `\!x`, `\\?`} {
		f.Add(seed)
	}
	at := Places{Home: "/home/u", Dir: "/work/p*"}
	f.Fuzz(func(t *testing.T, text string) {
		p, err := ParsePattern(text, at)
		if err != nil {
			return
		}
		if !path.IsAbs(p.Base) || path.IsAbs(p.Glob) || p.Glob == "" {
			t.Fatalf("%q: %+v", text, p)
		}
		for part := range strings.SplitSeq(p.Glob, "/") {
			if _, err := path.Match(part, "x"); err != nil || part == ".." || part == "." || part == "" {
				t.Fatalf("%q: part %q of %+v: %v", text, part, p, err)
			}
		}
		again, err := ParsePattern(p.write(Places{Home: at.Home}), Places{Home: at.Home, Dir: "/elsewhere"})
		if err != nil || again.Except != p.Except || again.Optional != p.Optional || !strings.HasSuffix(again.Glob, p.Glob) {
			t.Fatalf("%q: %+v is written as %q and read as %+v, %v", text, p, p.write(Places{}), again, err)
		}
	})
}

// TestProjectFileHidesOnly holds that a project file can hide more of the project and show nothing.
func TestProjectFileHidesOnly(t *testing.T) {
	const file = "mask = ['a', '!b', '/etc/x', '~/y']\ndeny = ['c', '!d']\nsecrets = 'show'\nunprotect = ['.vscode']"
	w := newWorld(t)
	w.write("project", file)
	got := w.load(t)
	if len(got.Mask) != 1 || got.Mask[0].Glob != "a" || len(got.Deny) != 1 || got.Secrets != SecretsHide || got.Unprotect != nil {
		t.Errorf("got %+v", got.Overlay)
	}
	if want := "mask !b, mask /etc/x, mask ~/y, deny !d, secrets show, unprotect .vscode"; refusals(got) != want {
		t.Errorf("refused %q, want %q", refusals(got), want)
	}
	// Control: the user's own file may.
	w.write("project", "")
	w.write("user", file)
	if got := w.load(t); len(got.Mask) != 4 || got.Secrets != SecretsShow || len(got.Unprotect) != 1 || got.Refused != nil {
		t.Errorf("the user's own file: %+v", got.Overlay)
	}
	w.write("user", file+"\nlockdown = true")
	if got := w.load(t); len(got.Mask) != 3 || got.Secrets != SecretsHide || len(got.Unprotect) != 0 {
		t.Errorf("in lockdown: %+v, refused %q", got.Overlay, refusals(got))
	}
	w.write("user", "")
	w.write("managed", "mask = ['m']\nsecrets = 'hide'")
	w.flags.Secrets = SecretsShow
	if got := w.load(t); !got.Mask[0].Firm || got.Secrets != SecretsHide {
		t.Errorf("the administrator's: %+v", got.Overlay)
	}
}
