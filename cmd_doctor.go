package main

import (
	"fmt"

	"github.com/urfave/cli/v2"

	"jail/jail"
)

func doctorCommand() *cli.Command {
	return &cli.Command{
		Name:         "doctor",
		Usage:        "try what a jail needs on this machine, and say what is missing and how to get it",
		UsageText:    "jail doctor [--json]",
		Description:  "Each primitive of the kernel is tried in a child that is thrown away. Exit code 0: jails can be built; 125: they cannot.",
		Flags:        []cli.Flag{&cli.BoolFlag{Name: "json", Usage: "print the checks as JSON"}},
		OnUsageError: usageError,
		Action:       doctorAction,
	}
}

func doctorAction(c *cli.Context) error {
	checks := jail.Doctor()
	usable := true
	for _, check := range checks {
		usable = usable && check.Grade != jail.Missing
	}
	if c.Bool("json") {
		if err := printJSON(struct {
			SchemaVersion int          `json:"schema_version"`
			Usable        bool         `json:"usable"`
			Checks        []jail.Check `json:"checks"`
		}{1, usable, checks}); err != nil {
			return err
		}
	} else {
		for _, check := range checks {
			printLine(fmt.Sprintf("%-9s %-16s %s", check.Grade, check.Name, check.Found))
			if check.Fix != "" && check.Grade != jail.Works {
				printLine(fmt.Sprintf("%-9s %-16s fix: %s", "", "", check.Fix))
			}
		}
	}
	if !usable {
		return exitWith(exitFailure)
	}
	return nil
}
