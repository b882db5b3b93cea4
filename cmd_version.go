package main

import (
	"errors"
	"fmt"

	"github.com/urfave/cli/v2"
)

func versionCommand() *cli.Command {
	return &cli.Command{
		Name:      "version",
		Usage:     "print the version, and with --check whether there is a newer release",
		UsageText: "jail version [--check] [--json]",
		Description: "--check asks the repository of the releases for its tags, with git. Nothing else asks anybody, unless\n" +
			"update_check = true stands in your config file: then a run asks once a day, beside its work, and a later run tells.",
		Flags: []cli.Flag{
			&cli.BoolFlag{Name: "check", Aliases: []string{"update-check"}, Usage: "ask for the newest release"},
			&cli.BoolFlag{Name: "json", Usage: "print it as JSON"},
		},
		OnUsageError: usageError,
		Action:       versionAction,
	}
}

func versionAction(c *cli.Context) error {
	if c.NArg() > 0 {
		return &usage{"jail version takes no words", "jail version --check"}
	}
	newest := ""
	if c.Bool("check") {
		if releases == "" {
			return &hinted{errors.New("cannot ask for the newest release: this build was not told where releases are"), "look where you got jail from"}
		}
		var err error
		ctx, stop := interruptible(c.Context)
		defer stop()
		if newest, err = newestRelease(ctx, releases); err != nil {
			return fmt.Errorf("cannot ask %s for the newest release: %w", releases, err)
		}
	}
	if c.Bool("json") {
		return printJSON(struct {
			SchemaVersion int    `json:"schema_version"`
			Version       string `json:"version"`
			Releases      string `json:"releases,omitempty"` // where they are
			Newest        string `json:"newest,omitempty"`
			Newer         bool   `json:"newer"` // whether the newest is newer than this program
		}{1, version, releases, newest, newer(newest, version)})
	}
	printLine("jail " + version)
	switch {
	case !c.Bool("check"):
	case newest == "":
		printLine("there is no release at " + releases)
	case newer(newest, version):
		printLine(fmt.Sprintf("%s is newer: %s", newest, releases))
	case baseRelease(version) == "":
		printLine(fmt.Sprintf("the newest release is %s; this is none", newest))
	default:
		printLine(fmt.Sprintf("no newer release: the newest is %s", newest))
	}
	return nil
}
