package main

import "github.com/urfave/cli/v2"

// namesKnown gives flags that know their names. The library's own compute them by a regular expression whenever they are asked,
// and it asks each flag about each other: with the flags of a run that took a tenth of the start-up of a jail.
func namesKnown(flags []cli.Flag) []cli.Flag {
	known := make([]cli.Flag, len(flags))
	for i, flag := range flags {
		names := flag.Names()
		switch f := flag.(type) {
		case *cli.BoolFlag:
			known[i] = boolFlag{f, names}
		case *cli.StringFlag:
			known[i] = stringFlag{f, names}
		case *cli.StringSliceFlag:
			known[i] = sliceFlag{f, names}
		case *cli.GenericFlag:
			known[i] = genericFlag{f, names}
		default:
			known[i] = flag
		}
	}
	return known
}

type boolFlag struct {
	*cli.BoolFlag
	names []string
}

type stringFlag struct {
	*cli.StringFlag
	names []string
}

type sliceFlag struct {
	*cli.StringSliceFlag
	names []string
}

type genericFlag struct {
	*cli.GenericFlag
	names []string
}

func (f boolFlag) Names() []string    { return f.names }
func (f stringFlag) Names() []string  { return f.names }
func (f sliceFlag) Names() []string   { return f.names }
func (f genericFlag) Names() []string { return f.names }
