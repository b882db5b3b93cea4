package main

import (
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	"github.com/urfave/cli/v2"

	"jail/config"
	"jail/plan"
)

func configCommand() *cli.Command {
	json := func(what string) []cli.Flag {
		return []cli.Flag{&cli.BoolFlag{Name: "json", Usage: "print " + what + " as JSON"}}
	}
	command := &cli.Command{
		Name:      "config",
		Usage:     "show, explain, validate and import configuration",
		UsageText: "jail config show|explain [COMMAND] [--json]\njail config validate [FILE] [--json]\njail config schema [--json]\njail config import FILE",
		Description: "Layers, the most important first: /etc/jail/config.toml, flags, JAIL_… variables (JAIL_ and a key in capitals; an array has\n" +
			"one element a line), the project's .jail.toml once you trust it, ~/.config/jail/config.toml, the preset of the agent, defaults.",
		OnUsageError: usageError,
		Subcommands: []*cli.Command{
			{
				Name: "show", Usage: "the value of each key and where it comes from", UsageText: "jail config show [--json] [COMMAND]",
				Flags: json("the configuration"), Action: configShow,
			},
			{
				Name: "explain", Usage: "also the layers that were read, and what of the environment passes and why", UsageText: "jail config explain [--json] [COMMAND]",
				Flags: json("the explanation"), Action: configExplain,
			},
			{
				Name: "validate", Usage: "check every config file, or one", UsageText: "jail config validate [--json] [FILE]",
				Flags: json("the result"), Action: configValidate,
			},
			{
				Name: "schema", Usage: "all keys; as JSON Schema for editors", UsageText: "jail config schema [--json]",
				Flags: json("a JSON Schema"), Action: configSchema,
			},
			{
				Name: "import", Usage: "turn a config file of ai-jail or robojail into one of ours, on standard output", UsageText: "jail config import FILE",
				Action: configImport,
			},
		},
		Action: func(c *cli.Context) error {
			return &usage{fmt.Sprintf("jail config has no command %q", c.Args().First()), "jail config show|explain|validate|schema|import"}
		},
	}
	for _, sub := range command.Subcommands {
		sub.OnUsageError = usageError
	}
	return command
}

// here is a request for a run of a command in the current project.
func here(command []string) (ask, places, plan.Host, error) {
	places, err := findPlaces()
	if err != nil {
		return ask{}, places, plan.Host{}, err
	}
	host := places.host()
	cwd, err := currentDir()
	if err != nil {
		return ask{}, places, host, err
	}
	project := host.Locate(cwd)
	return ask{project: project, policyDir: project.Dir, owner: places.projectLayers(project.Dir), command: command}, places, host, nil
}

// shown is one key and its value.
type shown struct {
	Key   string `json:"key"`
	Value string `json:"value"`
	From  string `json:"from"`
}

// values are the effective values, without those of variables.
func values(cfg config.Config) []shown {
	var all []shown
	add := func(key, value string) {
		if value != "" {
			all = append(all, shown{key, value, cfg.Origins[key]})
		}
	}
	add("command", strings.Join(cfg.Command, " "))
	add("shell", cfg.Shell)
	add("network", string(cfg.Network))
	for _, key := range config.NetworkKeys() {
		for _, rule := range *cfg.Egress.List(key) {
			all = append(all, shown{key, rule.Text, rule.Origin})
		}
	}
	add("hostname", cfg.Hostname)
	add("lockdown", string(cfg.Lockdown))
	add("landlock", string(cfg.Landlock))
	add("agent_state", string(cfg.AgentState))
	add("agent_dir", cfg.AgentDir)
	for _, key := range cfg.Grants.Keys() {
		add(key, cfg.Grants[key])
	}
	add("browser", string(cfg.Browser))
	add("home", string(cfg.Home))
	add("caches", string(cfg.Caches))
	add("review", string(cfg.Review))
	add("inherit_env", string(cfg.Inherit))
	add("update_check", string(cfg.UpdateCheck))
	for _, key := range config.LimitKeys() {
		if cfg.Limits.Has(key) {
			all = append(all, shown{key, cfg.Limits.Text(key), cfg.Origins[key]})
		}
		if cfg.Ceilings.Has(key) {
			all = append(all, shown{key, "at most " + cfg.Ceilings.Text(key), cfg.Origins[config.Ceiling(key)]})
		}
	}
	for _, m := range cfg.Maps {
		key := map[config.MapMode]string{config.MapRO: "map", config.MapRW: "rw_map", config.MapOverlay: "overlay_map"}[m.Mode]
		value := m.Source
		if m.Target != m.Source {
			value += " at " + m.Target
		}
		all = append(all, shown{key, value, m.Origin})
	}
	for _, v := range cfg.Env {
		all = append(all, shown{"env", v.Name, v.Origin})
	}
	for _, list := range []struct {
		key string
		all []config.Pattern
	}{{"mask", cfg.Mask}, {"deny", cfg.Deny}} {
		for _, p := range list.all {
			all = append(all, shown{list.key, p.String(), p.Origin})
		}
	}
	add("secrets", string(cfg.Secrets))
	add("terminal", string(cfg.Terminal))
	add("status_bar", string(cfg.Screen.StatusBar))
	add("resize_redraw_key", string(cfg.Screen.RedrawKey))
	add("notify", string(cfg.Screen.Notify))
	for _, r := range cfg.Unprotect {
		all = append(all, shown{"unprotect", r.Glob, r.Origin})
	}
	for _, r := range cfg.Allow {
		all = append(all, shown{"allow", r.Name, r.Origin})
	}
	for _, r := range cfg.MacAllow {
		all = append(all, shown{"macos_allow", r.Name, r.Origin})
	}
	return all
}

// loaded reads the configuration for the command line's command.
func loaded(c *cli.Context) (config.Config, plan.Input, places, error) {
	asked, places, host, err := here(c.Args().Slice())
	if err != nil {
		return config.Config{}, plan.Input{}, places, err
	}
	request, err := asked.request(places, config.Overlay{})
	if err != nil {
		return config.Config{}, plan.Input{}, places, err
	}
	cfg, err := config.Load(request)
	tellRefused(cfg, true)
	return cfg, plan.Input{Config: cfg, Host: host, Project: asked.project}, places, err
}

func configShow(c *cli.Context) error {
	cfg, _, _, err := loaded(c)
	if err != nil {
		return err
	}
	if c.Bool("json") {
		return printJSON(struct {
			SchemaVersion int           `json:"schema_version"`
			Config        config.Config `json:"config"`
		}{1, cfg})
	}
	return printTable(showRows(cfg))
}

func showRows(cfg config.Config) [][]string {
	rows := [][]string{{"KEY", "VALUE", "FROM"}}
	for _, v := range values(cfg) {
		from := v.From
		if slices.Contains(cfg.Bound, v.Key) {
			from += " (decided there)"
		}
		rows = append(rows, []string{v.Key, v.Value, from})
	}
	return rows
}

func configExplain(c *cli.Context) error {
	cfg, in, places, err := loaded(c)
	if err != nil {
		return err
	}
	layers := layersOf(cfg, in, places)
	variables := plan.Environment(in)
	if c.Bool("json") {
		return printJSON(struct {
			SchemaVersion int             `json:"schema_version"`
			Layers        []shown         `json:"layers"`
			Config        config.Config   `json:"config"`
			Environment   []plan.Variable `json:"environment"`
		}{1, layers, cfg, variables})
	}
	rows := [][]string{{"LAYER", "STATE", "PLACE"}}
	for _, l := range layers {
		rows = append(rows, []string{l.Key, l.Value, l.From})
	}
	if err := printTable(rows); err != nil {
		return err
	}
	printLine("")
	if err := printTable(showRows(cfg)); err != nil {
		return err
	}
	printLine("")
	rows = [][]string{{"VARIABLE", "PASSES", "WHY"}}
	for _, v := range variables {
		passes := "no"
		if v.Passes {
			passes = "yes"
		}
		rows = append(rows, []string{v.Name, passes, v.Why})
	}
	return printTable(rows)
}

// layersOf tells which layers there are, the most important first.
func layersOf(cfg config.Config, in plan.Input, places places) []shown {
	request := config.Request{Files: config.Files{Managed: places.managed, User: places.userConfig()}, Home: places.home}
	state := map[string]string{}
	for _, file := range config.Validate(request) {
		if state[file.Kind] = "missing"; file.Found {
			state[file.Kind] = "read"
		}
	}
	project := shown{"project", "missing", filepath.Join(in.Project.Dir, config.ProjectName)}
	if cfg.Project.Path != "" {
		project = shown{"project", string(cfg.Project.Trust), cfg.Project.Path}
	}
	preset := shown{"preset", "none", "jail agents"}
	if cfg.Agent.Name != "" {
		preset = shown{"preset", cfg.Agent.Name, cfg.Agent.Origin}
	}
	return []shown{
		{"managed", state["managed"], places.managed}, {"flags", "none", "command line"}, {"variables", "read", "JAIL_… in your environment"},
		project, {"user", state["user"], places.userConfig()}, preset, {"defaults", "read", "built in"},
	}
}

func configValidate(c *cli.Context) error {
	if c.NArg() > 1 {
		return &usage{"jail config validate takes one file at most", "jail config validate FILE"}
	}
	asked, places, _, err := here(nil)
	if err != nil {
		return err
	}
	request, err := asked.request(places, config.Overlay{})
	if err != nil {
		return err
	}
	files := config.Validate(request)
	if c.NArg() == 1 {
		path, err := filepath.Abs(c.Args().First())
		if err != nil {
			return err
		}
		one := config.ValidateFile(path, request)
		if !one.Found {
			one.Error = fmt.Sprintf("there is no file %q", path)
		}
		files = []config.Checked{one}
	}
	wrong := 0
	for _, f := range files {
		if f.Error != "" {
			wrong++
		}
	}
	if c.Bool("json") {
		err = printJSON(struct {
			SchemaVersion int              `json:"schema_version"`
			Files         []config.Checked `json:"files"`
		}{1, files})
	} else {
		rows := [][]string{{"STATE", "KIND", "FILE"}}
		for _, f := range files {
			switch {
			case f.Error != "":
				rows = append(rows, []string{"wrong", f.Kind, f.Error})
			case f.Found:
				rows = append(rows, []string{"ok", f.Kind, f.Path})
			default:
				rows = append(rows, []string{"missing", f.Kind, f.Path})
			}
		}
		err = printTable(rows)
	}
	if err == nil && wrong > 0 {
		return exitWith(exitFailure)
	}
	return err
}

func configSchema(c *cli.Context) error {
	if c.NArg() > 0 {
		return &usage{"jail config schema takes no words", "jail config schema --json"}
	}
	if c.Bool("json") {
		return printJSON(config.JSONSchema())
	}
	rows := [][]string{{"KEY", "VALUE", "WHAT", "EXAMPLE", "UNTRUSTED PROJECT MAY"}}
	for _, key := range config.Keys() {
		rows = append(rows, []string{key.Name, key.Shape, key.What, key.Example, key.Project})
	}
	return printTable(rows)
}

func configImport(c *cli.Context) error {
	if c.NArg() != 1 {
		return &usage{"jail config import takes one file", "jail config import .ai-jail"}
	}
	path, err := filepath.Abs(c.Args().First())
	if err != nil {
		return err
	}
	text, lost, err := config.Import(path)
	for _, r := range lost {
		warn("%s", r)
	}
	var broken *config.FileError
	if errors.As(err, &broken) && broken.Line == 0 {
		return &hinted{err, "name a .ai-jail file, or robojail's config.toml"}
	}
	if err != nil {
		return err
	}
	for line := range strings.Lines(text) {
		printLine(strings.TrimSuffix(line, "\n"))
	}
	return nil
}
