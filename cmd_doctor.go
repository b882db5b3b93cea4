package main

import (
	"context"
	"fmt"
	"strings"

	"github.com/urfave/cli/v2"

	"jail/jail"
	"jail/workspace"
)

func doctorCommand() *cli.Command {
	return &cli.Command{
		Name:        "doctor",
		Usage:       "try what a jail needs on this machine, and say what is missing and how to get it",
		UsageText:   "jail doctor [--json]\njail doctor --apparmor",
		Description: "Each primitive of the kernel is tried in a child that is thrown away. Exit code 0: jails can be built; 125: they cannot.",
		Flags: []cli.Flag{
			&cli.BoolFlag{Name: "json", Usage: "print the checks as JSON"},
			&cli.BoolFlag{Name: "apparmor", Usage: "print the AppArmor profile that lets this jail, where it is installed, make user namespaces"},
		},
		OnUsageError: usageError,
		Action:       doctorAction,
	}
}

func doctorAction(c *cli.Context) error {
	if c.Bool("apparmor") {
		for line := range strings.Lines(jail.AppArmorProfile()) {
			printLine(strings.TrimSuffix(line, "\n"))
		}
		return nil
	}
	checks := jail.Doctor()
	grade, verdict := jail.Works, "jails can be built, with every wall"
	if missing := names(checks, jail.Missing); missing != "" {
		grade, verdict = jail.Missing, "jails cannot be built without "+missing
	} else if less := names(checks, jail.Degraded); less != "" {
		grade, verdict = jail.Degraded, "jails can be built, without "+less
	}
	broken, err := brokenJails(c.Context)
	if err != nil {
		warn("cannot look at the named jails: %v", err)
	}
	if c.Bool("json") {
		if err := printJSON(struct {
			SchemaVersion int                 `json:"schema_version"`
			Grade         jail.Grade          `json:"grade"`
			Usable        bool                `json:"usable"`
			Checks        []jail.Check        `json:"checks"`
			Broken        []workspace.Finding `json:"broken_jails"`
		}{1, grade, grade != jail.Missing, checks, broken}); err != nil {
			return err
		}
	} else {
		for _, check := range checks {
			printLine(fmt.Sprintf("%-9s %-16s %s", check.Grade, check.Name, check.Found))
			if check.Fix != "" && check.Grade != jail.Works {
				printLine(fmt.Sprintf("%-9s %-16s fix: %s", "", "", check.Fix))
			}
		}
		for _, f := range broken {
			printLine(fmt.Sprintf("%-9s %-16s %s", "broken", f.Name, f.Problem))
			printLine(fmt.Sprintf("%-9s %-16s fix: %s", "", "", f.Fix))
		}
		printLine(verdict)
	}
	if grade == jail.Missing {
		return exitWith(exitFailure)
	}
	return nil
}

// brokenJails finds what is wrong with named jails.
func brokenJails(ctx context.Context) ([]workspace.Finding, error) {
	places, err := findPlaces()
	if err != nil {
		return nil, err
	}
	return places.workspaces().Findings(ctx)
}

// names lists the checks that came out with a grade.
func names(checks []jail.Check, grade jail.Grade) string {
	var found []string
	for _, check := range checks {
		if check.Grade == grade {
			found = append(found, check.Name)
		}
	}
	return strings.Join(found, ", ")
}
