package main

import (
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/urfave/cli/v2"

	"jail/config"
)

func trustCommand() *cli.Command {
	return &cli.Command{
		Name:      "trust",
		Usage:     "approve what the project's config file asks for, after showing it",
		UsageText: "jail trust [--yes]\njail trust --show [--json]\njail trust --revoke",
		Description: "A project's .jail.toml may only tighten what a jail gets, until you approve it. What you approve is this very content,\n" +
			"by its SHA-256: after a change it is asked for again. The record lies in jail's state folder, where no jail may write.",
		Flags: []cli.Flag{
			&cli.BoolFlag{Name: "show", Usage: "show what the file asks for, and approve nothing"},
			&cli.BoolFlag{Name: "revoke", Usage: "take the approval back"},
			&cli.BoolFlag{Name: "yes", Aliases: []string{"y"}, Usage: "approve without a question"},
			&cli.BoolFlag{Name: "json", Usage: "with --show: print it as JSON"},
		},
		OnUsageError: usageError,
		Action:       trustAction,
	}
}

func trustAction(c *cli.Context) error {
	switch {
	case c.NArg() > 0:
		return &usage{"jail trust takes no words", "change into the project first"}
	case c.Bool("revoke") && (c.Bool("show") || c.Bool("yes")):
		return &usage{"--revoke goes with no other flag", "jail trust --revoke"}
	case c.Bool("json") && !c.Bool("show"):
		return &usage{"--json belongs to --show", "jail trust --show --json"}
	}
	asked, places, _, err := here(nil)
	if err != nil {
		return err
	}
	request, err := asked.request(places, config.Overlay{})
	if err != nil {
		return err
	}
	if c.Bool("revoke") {
		return revoke(places, request.Files.Project)
	}
	asks, file, err := config.Asks(request)
	if err != nil {
		return err
	}
	if file.Path == "" {
		return &hinted{fmt.Errorf("there is no config file in %q", asked.policyDir), "jail init makes one"}
	}
	if c.Bool("json") {
		return printJSON(struct {
			SchemaVersion int                `json:"schema_version"`
			Project       config.ProjectFile `json:"project"`
			Asks          []config.Ask       `json:"asks"`
		}{1, file, append([]config.Ask{}, asks...)})
	}
	showAsks(asks, file)
	switch {
	case c.Bool("show"):
		return nil
	case file.Trust == config.Trusted:
		warn("you trust it already")
		return nil
	case !slices.ContainsFunc(asks, func(a config.Ask) bool { return a.Widens }):
		warn("nothing in it needs your approval")
		return nil
	case c.Bool("yes"):
	default:
		if err := confirm(c.Context, "Trust exactly this?"); err != nil {
			return err
		}
	}
	if err := places.trust().Approve(file.Path, file.SHA256, time.Now()); err != nil {
		return err
	}
	warn("%q counts as your own config now, until it changes", file.Path)
	return nil
}

// showAsks prints what a project file asks for: what counts already, and what would.
func showAsks(asks []config.Ask, file config.ProjectFile) {
	printLine(fmt.Sprintf("%s (%s, sha256 %s)", file.Path, file.Trust, file.SHA256))
	for _, ask := range asks {
		mark := "tightens"
		switch {
		case ask.Widens:
			mark = "widens"
		case ask.Why != "":
			mark = "ignored"
		}
		line := fmt.Sprintf("%-9s line %-4s %s = %q", mark, ask.Origin[strings.LastIndexByte(ask.Origin, ':')+1:], ask.Key, ask.Value)
		if ask.Why != "" && !ask.Widens {
			line += " (" + ask.Why + ")"
		}
		printLine(line)
	}
	if len(asks) == 0 {
		printLine("it asks for nothing")
	}
}

func revoke(places places, path string) error {
	// Approvals are by path, and the file may be gone, or another name may be looked for by now.
	for _, name := range []string{config.ProjectName, config.LegacyProject} {
		had, err := places.trust().Revoke(filepath.Join(filepath.Dir(path), name))
		if err != nil {
			return err
		}
		if had {
			warn("%q may only tighten again", filepath.Join(filepath.Dir(path), name))
			return nil
		}
	}
	warn("nothing of %q was approved", filepath.Dir(path))
	return nil
}
