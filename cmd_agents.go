package main

import (
	"fmt"
	"slices"
	"strings"

	"github.com/urfave/cli/v2"

	"jail/config"
)

func agentsCommand() *cli.Command {
	return &cli.Command{
		Name:      "agents",
		Usage:     "show what is known of AI agents: their state, keys, domains",
		UsageText: "jail agents [NAME] [--json]",
		Description: "Each preset is a small TOML file. Your own in ~/.config/jail/agents/NAME.toml add to the built-in ones or, key by key,\n" +
			"override them. The variables of the preset of the program that runs pass into its jail, except in lockdown.",
		Flags:        []cli.Flag{&cli.BoolFlag{Name: "json", Usage: "print the presets as JSON"}},
		OnUsageError: usageError,
		Action:       agentsAction,
	}
}

func agentsAction(c *cli.Context) error {
	if c.NArg() > 1 {
		return &usage{"jail agents takes one name at most", "jail agents NAME"}
	}
	places, err := findPlaces()
	if err != nil {
		return err
	}
	agents, err := config.Agents(places.agents())
	if err != nil {
		return err
	}
	if name := c.Args().First(); name != "" {
		i := slices.IndexFunc(agents, func(a config.Agent) bool { return a.Name == name || slices.Contains(a.Programs, name) })
		if i < 0 {
			return unknownAgent(name, agents)
		}
		agents = agents[i : i+1]
	}
	switch {
	case c.Bool("json"):
		return printJSON(struct {
			SchemaVersion int            `json:"schema_version"`
			Agents        []config.Agent `json:"agents"`
		}{1, agents})
	case c.NArg() == 1:
		describeAgent(agents[0])
		return nil
	}
	rows := [][]string{{"NAME", "PROGRAMS", "STATE", "FROM"}}
	for _, a := range agents {
		rows = append(rows, []string{a.Name, strings.Join(a.Programs, " "), strings.Join(a.State, " "), a.Origin})
	}
	return printTable(rows)
}

func unknownAgent(name string, agents []config.Agent) error {
	var names []string
	for _, a := range agents {
		names = append(names, a.Name)
	}
	err := fmt.Errorf("there is no preset %q", name)
	if near := config.Closest(name, names); near != "" {
		return &hinted{err, fmt.Sprintf("did you mean %q?", near)}
	}
	return &hinted{err, "jail agents lists them"}
}

func describeAgent(a config.Agent) {
	line := func(what string, values []string) {
		for i, value := range values {
			if i > 0 {
				what = ""
			}
			printLine(fmt.Sprintf("%-12s %s", what, value))
		}
	}
	line("name", []string{a.Name})
	line("from", []string{a.Origin})
	line("programs", a.Programs)
	line("state", a.State)
	line("credentials", a.Credentials)
	line("login", a.Login)
	line("settings", a.Settings)
	line("env", a.Env)
	line("domains", a.Domains)
	for _, quirk := range a.Terminal {
		line("terminal", []string{string(quirk)})
	}
	if a.WorkingTitle != "" {
		line("working", []string{"title " + a.WorkingTitle})
	}
	if a.WaitingTitle != "" {
		line("waiting", []string{"title " + a.WaitingTitle})
	}
	line("runs code", a.RunsCode)
	line("own", a.Own)
}
