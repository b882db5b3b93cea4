package main

import (
	"github.com/urfave/cli/v2"

	"jail/config"
)

func browserFlags(c *cli.Context, _ config.Places, o *config.Overlay) error {
	if flag, ok := c.Generic("browser").(*wordFlag[config.BrowserMode]); ok && c.IsSet("browser") {
		o.Browser = flag.value
	}
	return nil
}
