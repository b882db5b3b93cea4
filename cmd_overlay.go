package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/rogpeppe/go-internal/diff"
	"github.com/urfave/cli/v2"

	"jail/config"
	"jail/layers"
	"jail/mounts"
)

func overlayCommand() *cli.Command {
	return layersCommand("overlay", []layers.Purpose{layers.ForMap, layers.ForCache},
		"look at what jails changed of folders mapped by --overlay-map, take it or throw it away",
		"What a jail writes to such a folder is kept for the project, or for the named jail, and seen again by its next run. The folder\n"+
			"itself stays as it is until apply. The caches of toolchains are kept in the same way, and are listed too; diff and apply\n"+
			"leave them out unless --only names them.")
}

func stateCommand() *cli.Command {
	return layersCommand("state", []layers.Purpose{layers.ForState},
		"look at what agents changed of their own files, take it or throw it away",
		"With --agent-state copy, which is the default, an agent sees the files that it keeps in your home, and what it changes is kept\n"+
			"for the project, or for the named jail. Refreshed logins alone reach your home by themselves.")
}

// layersCommand makes the command for layers of certain purposes.
func layersCommand(name string, purposes []layers.Purpose, usageLine, description string) *cli.Command {
	verb := func(verb, usageLine string, action func(*cli.Context, []layers.Purpose) error, flags ...cli.Flag) *cli.Command {
		return &cli.Command{
			Name: verb, Usage: usageLine, UsageText: fmt.Sprintf("jail %s %s [flags] [NAME]", name, verb), Flags: flags,
			OnUsageError: usageError, Action: func(c *cli.Context) error { return action(c, purposes) },
		}
	}
	asJSON := &cli.BoolFlag{Name: "json", Usage: "print JSON"}
	only := &cli.StringSliceFlag{Name: "only", Usage: "only what lies at or below `PATH` on the host"}
	yes := &cli.BoolFlag{Name: "yes", Aliases: []string{"y"}, Usage: "do not ask"}
	list := verb("list", "list what is kept, of all projects and jails", layersList, asJSON)
	list.Aliases, list.UsageText = []string{"ls"}, fmt.Sprintf("jail %s list [--json]", name)
	return &cli.Command{
		Name: name, Usage: usageLine, Description: description + "\nNAME is a named jail; without it the current project is meant.",
		UsageText:    fmt.Sprintf("jail %s list [--json]\njail %s diff|apply|discard [flags] [NAME]", name, name),
		OnUsageError: usageError,
		Action: func(*cli.Context) error {
			return &usage{fmt.Sprintf("jail %s takes list, diff, apply or discard", name), "jail " + name + " list"}
		},
		Subcommands: []*cli.Command{
			list,
			verb("diff", "show what was changed", layersDiff, only, asJSON),
			verb("apply", "change the host's files as the jail did", layersApply, only, yes,
				&cli.BoolFlag{Name: "force", Aliases: []string{"f"}, Usage: "although the host's file is newer"}),
			verb("discard", "throw the changes away", layersDiscard, only, yes),
		},
	}
}

// keptLayer is one layer as programs read it.
type keptLayer struct {
	Project string          `json:"project"`
	Jail    string          `json:"jail,omitempty"`
	Run     int             `json:"run,omitempty"`
	Purpose string          `json:"purpose"`
	Host    string          `json:"host"`
	Target  string          `json:"target"`
	Dir     string          `json:"dir"`
	Changes []layers.Change `json:"changes,omitempty"`
}

func describeLayer(l layers.Layer) keptLayer {
	return keptLayer{l.Owner.Project, l.Owner.Jail, l.Slot, string(l.Purpose), l.Host, l.Target, l.Dir, nil}
}

func layersList(c *cli.Context, purposes []layers.Purpose) error {
	if c.NArg() > 0 {
		return &usage{"list takes no name", "say: " + c.Command.HelpName}
	}
	places, err := findPlaces()
	if err != nil {
		return err
	}
	all, err := layers.List(places.layersRoot())
	if err != nil {
		return err
	}
	found := []keptLayer{}
	rows := [][]string{{"FOR", "RUN", "WHY", "FOLDER", "SEEN AT"}}
	for _, l := range all {
		review := l.Purpose == layers.ForReview && slices.Contains(purposes, layers.ForMap) // has commands of its own
		if !slices.Contains(purposes, l.Purpose) && !review {
			continue
		}
		d := describeLayer(l)
		found = append(found, d)
		whose := d.Project
		if d.Jail != "" {
			whose = "jail " + d.Jail
		}
		rows = append(rows, []string{whose, fmt.Sprint(d.Run), d.Purpose, d.Host, d.Target})
	}
	if c.Bool("json") {
		return printJSON(struct {
			SchemaVersion int         `json:"schema_version"`
			Layers        []keptLayer `json:"layers"`
		}{1, found})
	}
	if len(found) == 0 {
		warn("nothing is kept")
		return nil
	}
	return printTable(rows)
}

// meant is a layer, and what of it is meant.
type meant struct {
	layers.Layer
	only layers.Selection
}

// meantLayers finds what a command line means: the layers of a named jail or of the current project, cut to --only. Caches
// count only where --only names them.
func meantLayers(c *cli.Context, purposes []layers.Purpose) ([]meant, error) {
	of, err := layersOwner(c)
	if err != nil {
		return nil, err
	}
	all, err := layers.ListOwner(of.dir)
	if err != nil {
		return nil, err
	}
	only, err := realPaths(c.StringSlice("only"))
	if err != nil {
		return nil, err
	}
	var found []meant
	for _, l := range all {
		selection, ok := selectBelow(l, only)
		if ok && slices.Contains(purposes, l.Purpose) && (l.Purpose != layers.ForCache || len(only) > 0) {
			found = append(found, meant{l, selection})
		}
	}
	return found, nil
}

// layersOwner is the named jail that a command line names, or the current project.
func layersOwner(c *cli.Context) (owner, error) {
	if c.NArg() > 1 {
		return owner{}, &usage{fmt.Sprintf("one name is taken, and there are %d words", c.NArg()), "name one jail, or none for the current project"}
	}
	places, err := findPlaces()
	if err != nil {
		return owner{}, err
	}
	if name := c.Args().First(); name != "" {
		record, err := places.workspaces().Find(name)
		return places.jailLayers(record), hintFor(err)
	}
	cwd, err := currentDir()
	if err != nil {
		return owner{}, err
	}
	return places.projectLayers(places.host().Locate(cwd).Dir), nil
}

// realPaths finds where the words of a command line lie: over the links on the way, which the shell may have come here by, and not
// over one that is itself meant.
func realPaths(words []string) ([]string, error) {
	var paths []string
	for _, word := range words {
		abs, err := filepath.Abs(word)
		if err != nil {
			return nil, err
		}
		paths = append(paths, filepath.Join(real(filepath.Dir(abs)), filepath.Base(abs)))
	}
	return paths, nil
}

// selectBelow cuts a layer to what lies at or below some paths, which name it as the host or as the jail does.
func selectBelow(l layers.Layer, paths []string) (layers.Selection, bool) {
	if len(paths) == 0 {
		return nil, true
	}
	var only layers.Selection
	for _, p := range paths {
		for _, root := range []string{l.Host, l.Target} {
			if mounts.Within(root, p) {
				return nil, true
			}
			if mounts.Within(p, root) && l.File == "" {
				only = append(only, strings.TrimPrefix(p, root+"/"))
			}
		}
	}
	return only, len(only) > 0
}

// covered cuts changes to what is meant.
func (m meant) covered() ([]layers.Change, error) {
	changes, err := m.Changes()
	return slices.DeleteFunc(changes, func(change layers.Change) bool { return !m.only.Covers(change.Path) }), err
}

func layersDiff(c *cli.Context, purposes []layers.Purpose) error {
	found, err := meantLayers(c, purposes)
	if err != nil {
		return err
	}
	logins, err := agentPaths(func(a config.Agent) []string { return a.Credentials })
	if err != nil {
		return err
	}
	shown := []keptLayer{}
	for _, m := range found {
		changes, err := m.covered()
		if err != nil {
			return err
		}
		if len(changes) == 0 {
			continue
		}
		d := describeLayer(m.Layer)
		d.Changes = changes
		shown = append(shown, d)
		if !c.Bool("json") {
			showChanges(m, changes)
			if err := showTexts(m, changes, logins); err != nil {
				return err
			}
		}
	}
	if c.Bool("json") {
		return printJSON(struct {
			SchemaVersion int         `json:"schema_version"`
			Layers        []keptLayer `json:"layers"`
		}{1, shown})
	}
	if len(shown) == 0 {
		warn("nothing was changed")
	}
	return nil
}

// showChanges lists changes, one a line.
func showChanges(m meant, changes []layers.Change) {
	where := m.Host
	if m.Slot > 1 {
		where += fmt.Sprintf(" (run %d)", m.Slot)
	}
	printLine(where)
	for _, change := range changes {
		name := change.Path
		if name == "" {
			name = filepath.Base(m.Host)
		}
		if change.Type != "file" {
			name += " (" + change.Type + ")"
		}
		printLine(fmt.Sprintf("  %-8s %s", change.Kind, name))
	}
}

// showTexts shows the changes of text files, but for logins: what is printed is copied and kept.
func showTexts(m meant, changes []layers.Change, logins []string) error {
	for _, change := range changes {
		if change.Type != "file" {
			continue
		}
		if seen := filepath.Join(m.Target, change.Path); slices.ContainsFunc(logins, func(l string) bool { return mounts.Within(seen, l) }) {
			printLine("a login, not shown: " + filepath.Join(m.Host, change.Path))
			continue
		}
		host, jail, err := m.Texts(change)
		if err != nil {
			return err
		}
		name := filepath.Join(m.Host, change.Path)
		if slices.Contains(host, 0) || slices.Contains(jail, 0) || host == nil && jail == nil {
			printLine("binary or large: " + name)
			continue
		}
		lines := &printableLines{to: os.Stdout}
		_, err = lines.Write(diff.Diff("host "+printable(name), host, "jail "+printable(name), jail))
		if err := errors.Join(err, lines.Close()); err != nil {
			return err
		}
	}
	return nil
}
