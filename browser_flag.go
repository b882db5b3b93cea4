package main

import (
	"github.com/urfave/cli/v2"

	"jail/config"
)

// browserFlag is a flag that can stand alone or have a value: --browser, --browser=soft.
type browserFlag struct{ mode config.BrowserMode }

// IsBoolFlag lets the flag stand alone (package flag).
func (*browserFlag) IsBoolFlag() bool { return true }

// Set takes "true" for the flag alone.
func (f *browserFlag) Set(text string) (err error) {
	switch text {
	case "true":
		text = string(config.BrowserHard)
	case "false":
		text = string(config.BrowserOff)
	}
	f.mode, err = config.ParseBrowser(text)
	return err
}

func (f *browserFlag) String() string { return string(f.mode) }

func browserFlags(c *cli.Context, _ config.Places, o *config.Overlay) error {
	if flag, ok := c.Generic("browser").(*browserFlag); ok && c.IsSet("browser") {
		o.Browser = flag.mode
	}
	if !c.Bool("no-browser") {
		return nil
	}
	if o.Browser.On() {
		return &usage{"--browser and --no-browser ask for opposite things", "leave one of them out"}
	}
	o.Browser = config.BrowserOff
	return nil
}
