package main

import (
	"strings"

	"github.com/urfave/cli/v2"

	"jail/config"
)

// integrationFlags are the flags of the parts of the host that a run can be given: --NAME, --NAME=false and --NAME=WORD;
// --no-NAME is one of oldFlags.
func integrationFlags() []cli.Flag {
	var flags []cli.Flag
	for _, i := range config.Integrations() {
		name, usage := flagName(i.Key), "show "+i.What
		if i.Word == "" {
			flags = append(flags, &cli.BoolFlag{Name: name, Usage: usage})
		} else {
			flags = append(flags, &cli.GenericFlag{Name: name, Value: &grantFlag{key: i.Key}, Usage: usage + "; `[=" + i.Word + "]`: " + i.Wide})
		}
	}
	return flags
}

func flagName(key string) string { return strings.ReplaceAll(key, "_", "-") }

// grantFlag is a flag that can stand alone or have a value: --ssh, --ssh=keys.
type grantFlag struct{ key, value string }

// IsBoolFlag lets the flag stand alone (package flag).
func (*grantFlag) IsBoolFlag() bool { return true }

// Set takes "true" for the flag alone.
func (f *grantFlag) Set(text string) (err error) {
	f.value, err = config.ParseGrant(f.key, text)
	return err
}

func (f *grantFlag) String() string { return f.value }

// grantFlags takes what the command line says of integrations.
func grantFlags(c *cli.Context, _ config.Places, o *config.Overlay) error {
	for _, i := range config.Integrations() {
		name := flagName(i.Key)
		if !c.IsSet(name) {
			continue
		}
		value := config.Denied
		if flag, wide := c.Generic(name).(*grantFlag); wide {
			value = flag.value
		} else if c.Bool(name) {
			value = config.Granted
		}
		if o.Grants == nil {
			o.Grants = config.Grants{}
		}
		o.Grants[i.Key] = value
	}
	return nil
}
