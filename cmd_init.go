package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"time"

	"github.com/urfave/cli/v2"

	"jail/config"
)

func initCommand() *cli.Command {
	return &cli.Command{
		Name:         "init",
		Usage:        "write a config file for this project, with every key explained",
		UsageText:    "jail init",
		Description:  "All keys are commented out: the file says nothing yet. jail run --save puts the flags of a run into it.",
		OnUsageError: usageError,
		Action: func(c *cli.Context) error {
			if c.NArg() > 0 {
				return &usage{"jail init takes no words", "change into the project first"}
			}
			asked, _, host, err := here(nil)
			if err != nil {
				return err
			}
			if err := host.CheckProject(asked.project); err != nil {
				return err
			}
			return asked.writeTemplate()
		},
	}
}

// writeTemplate makes the project's file of all keys, commented out.
func (a ask) writeTemplate() error {
	if err := noLegacy(a.policyDir); err != nil {
		return err
	}
	path := filepath.Join(a.policyDir, config.ProjectName)
	if err := config.Create(path, []byte(config.Template())); err != nil {
		return &hinted{err, "edit it; jail config validate checks it"}
	}
	warn("wrote %q", path)
	return nil
}

// noLegacy refuses to put a file of ours beside one of ai-jail, which would no longer be read.
func noLegacy(dir string) error {
	legacy := filepath.Join(dir, config.LegacyProject)
	if _, err := os.Lstat(legacy); errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return &hinted{
		fmt.Errorf("%q says what this project's jail gets, and would no longer be read", legacy),
		fmt.Sprintf("turn it into one: jail config import %s > %s", config.LegacyProject, config.ProjectName),
	}
}

// saveFlags does what --save and --init ask for.
func (a ask) saveFlags(c *cli.Context, places places, cfg config.Config, flags config.Overlay) error {
	if len(c.StringSlice("env-file")) > 0 {
		return &usage{"--save cannot save --env-file, whose variables would be asked for without their values", "leave one of them out"}
	}
	if flags.Screen != (config.Screen{}) {
		return &usage{"--save cannot save --status-bar and --notify, which are no matter of the project", "put them into your own config.toml, or leave one of them out"}
	}
	if c.Bool("init") && len(a.command) > 0 {
		flags.Command = a.command
	}
	nothing := reflect.DeepEqual(flags, config.Overlay{Origin: flags.Origin})
	switch {
	case nothing && c.Bool("init"):
		return a.writeTemplate()
	case nothing:
		return &usage{"--save: there is no flag of this run to save", "jail run --save --network none -- COMMAND"}
	}
	return a.save(places, cfg, flags)
}

// save puts the flags of this run into the project's file. The user's own words need no approval: where the file asked for
// nothing else that is not approved, it is approved with them.
func (a ask) save(places places, cfg config.Config, flags config.Overlay) error {
	path := filepath.Join(a.policyDir, config.ProjectName)
	if _, err := os.Lstat(path); errors.Is(err, fs.ErrNotExist) {
		if err := noLegacy(a.policyDir); err != nil {
			return err
		}
	}
	was := cfg.Project.SHA256
	if cfg.Project.Path != path {
		was = ""
	}
	data, err := config.Save(path, was, flags, config.Places{Home: places.home, Dir: a.project.Dir})
	if err != nil {
		return err
	}
	warn("saved in %q", path)
	for _, v := range flags.Env {
		if v.HasValue {
			warn("the value of %s is not saved; it is passed from your environment", v.Name)
		}
	}
	request, err := a.request(places, config.Overlay{})
	if err != nil {
		return err
	}
	asks, _, err := config.Asks(request)
	if err != nil || !slices.ContainsFunc(asks, func(a config.Ask) bool { return a.Widens }) {
		return err
	}
	if cfg.Project.Trust != config.Trusted && slices.ContainsFunc(cfg.Refused, trustable) {
		warn("it asks for more than you just said, and counts once you approved it: jail trust")
		return nil
	}
	return places.trust().Approve(path, config.Sum(data), time.Now())
}

// trustable reports whether something is refused only because the project's file is not trusted.
func trustable(r config.Refusal) bool { return r.Trust }
