package main

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/urfave/cli/v2"

	"jail/config"
)

// TestLaunchers reads the command lines of docs/desktop as the program does: each starts a browser, on the display, and says what is
// kept of it.
func TestLaunchers(t *testing.T) {
	paths, err := filepath.Glob("docs/desktop/*.desktop")
	if err != nil || len(paths) == 0 {
		t.Fatal("no launchers: ", err)
	}
	for _, path := range paths {
		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		var modes []config.BrowserMode
		for line := range strings.Lines(string(text)) {
			command, isExec := strings.CutPrefix(strings.TrimSpace(line), "Exec=")
			if !isExec {
				continue
			}
			words := strings.Fields(command)
			words = slices.DeleteFunc(words, func(word string) bool { return strings.HasPrefix(word, "%") }) // what the desktop puts there
			app := newApp()
			app.Action = func(c *cli.Context) error {
				flags, err := overlay(c, "/home/u", "/home/u")
				if err != nil {
					return err
				}
				cfg, err := config.Load(config.Request{Home: "/home/u", Command: c.Args().Slice(), Flags: flags})
				if cfg.Browser != flags.Browser || !cfg.Grants.On("display") {
					t.Errorf("%s: %q runs a browser %q with %v", path, command, cfg.Browser, cfg.Grants)
				}
				modes = append(modes, cfg.Browser)
				return err
			}
			if err := app.Run(words); err != nil || words[0] != "jail" {
				t.Errorf("%s: %q: %v", path, command, err)
			}
		}
		if want := []config.BrowserMode{config.BrowserSoft, config.BrowserHard}; !slices.Equal(modes, want) {
			t.Errorf("%s starts browsers %q, want %q", path, modes, want)
		}
	}
}
