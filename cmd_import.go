package main

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"

	"github.com/rogpeppe/go-internal/diff"
	"github.com/urfave/cli/v2"

	"jail/config"
)

func importCommand() *cli.Command {
	return &cli.Command{
		Name:      "import",
		Usage:     "take over the configuration, and the jails, of ai-jail or robojail",
		UsageText: "jail import TOOL [--diff] [--yes]",
		Description: "ai-jail: ~/.ai-jail goes into ~/.config/jail/config.toml, and the project's .ai-jail into its .jail.toml.\n" +
			"robojail: ~/.config/robojail/config.toml goes into ~/.config/jail/config.toml, and its jails become named jails, where\n" +
			"they are, on the branches that they have, with all that was not committed.\n" +
			"What a file of ours says already stays, and what has no equivalent is named. The other tool's files are not touched.",
		Flags: []cli.Flag{
			&cli.BoolFlag{Name: "diff", Usage: "show what would be changed, and change nothing"},
			&cli.BoolFlag{Name: "yes", Aliases: []string{"y"}, Usage: "do not ask"},
		},
		OnUsageError: usageError,
		Action: func(c *cli.Context) error {
			tool := c.Args().First()
			if tools := []string{"ai-jail", "robojail"}; c.NArg() != 1 || !slices.Contains(tools, tool) {
				return &usage{"jail import takes the name of a tool", "jail import ai-jail, or jail import robojail"}
			}
			asked, places, host, err := here(nil)
			if err != nil {
				return err
			}
			if tool == "robojail" {
				return importer{c, places}.robojail()
			}
			project := ""
			if host.CheckProject(asked.project) == nil {
				project = asked.policyDir
			}
			return importer{c, places}.aiJail(project)
		},
	}
}

// importer takes over what another tool has.
type importer struct {
	c      *cli.Context
	places places
}

// aiJail takes over the user's file and, where there is a project, that of the project.
func (i importer) aiJail(project string) error {
	files := []struct{ from, into string }{{filepath.Join(i.places.home, config.LegacyProject), i.places.ownConfig()}}
	if project != "" {
		files = append(files, struct{ from, into string }{filepath.Join(project, config.LegacyProject), filepath.Join(project, config.ProjectName)})
	}
	var all []config.Imported
	for _, file := range files {
		if _, err := os.Lstat(file.from); errors.Is(err, fs.ErrNotExist) {
			continue
		}
		one, err := config.ImportInto(file.from, file.into, config.Places{Home: i.places.home, Dir: filepath.Dir(file.into)})
		if err != nil {
			return err
		}
		all = append(all, one)
	}
	if len(all) == 0 {
		return &hinted{errors.New("there is no file of ai-jail's here: neither ~/.ai-jail nor the project's .ai-jail"), "change into the project, or name a file: jail config import FILE"}
	}
	if err := i.take(all); err != nil || i.c.Bool("diff") {
		return err
	}
	if into := filepath.Join(project, config.ProjectName); project != "" && all[len(all)-1].Into == into {
		warn("%q counts now in place of %s; what it asks for beyond tightening counts once you approve it: jail trust", into, config.LegacyProject)
	}
	return nil
}

// ownConfig is the user's config file, and where it is a link the file that it leads to.
func (p places) ownConfig() string {
	if real, err := filepath.EvalSymlinks(p.userConfig()); err == nil {
		return real
	}
	return p.userConfig()
}

// take shows what becomes of files, asks, and writes them.
func (i importer) take(all []config.Imported) error {
	changes := false
	for _, one := range all {
		for _, lost := range one.Lost {
			warn("%s", lost)
		}
		for _, kept := range one.Kept {
			warn("%s", kept)
		}
		if string(one.Was) == string(one.Edited) {
			warn("%q says all of %q already", one.Into, one.From)
			continue
		}
		changes = true
		old := one.Into
		if one.Was == nil {
			old = os.DevNull
		}
		if err := printDocument(string(diff.Diff(old, one.Was, one.Into, one.Edited))); err != nil {
			return err
		}
	}
	if !changes || i.c.Bool("diff") {
		return nil
	}
	if !i.c.Bool("yes") {
		if err := confirm(i.c.Context, "Write this?"); err != nil {
			return err
		}
	}
	for _, one := range all {
		if string(one.Was) == string(one.Edited) {
			continue
		}
		if _, err := one.Write(); err != nil {
			return err
		}
		warn("wrote %q", one.Into)
	}
	return nil
}
