package main

import (
	"github.com/urfave/cli/v2"

	"jail/config"
)

func browserFlags(c *cli.Context, _ config.Places, o *config.Overlay) error {
	if flag, ok := c.Generic("browser").(*wordFlag[config.BrowserMode]); ok && c.IsSet("browser") {
		o.Browser = flag.value
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
