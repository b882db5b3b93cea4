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

// grants are what the command line says of integrations.
func grants(c *cli.Context) (config.Grants, error) {
	var all config.Grants
	for _, i := range config.Integrations() {
		name := flagName(i.Key)
		value := ""
		switch flag, wide := c.Generic(name).(*grantFlag); {
		case !c.IsSet(name):
		case wide:
			value = flag.value
		case c.Bool(name):
			value = config.Granted
		default:
			value = config.Denied
		}
		if value == "" {
			continue
		}
		if all == nil {
			all = config.Grants{}
		}
		all[i.Key] = value
	}
	return all, nil
}
