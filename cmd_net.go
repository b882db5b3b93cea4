package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/netip"
	"os"
	"os/exec"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/urfave/cli/v2"

	"jail/config"
	"jail/jail"
	"jail/network"
	"jail/plan"
)

func netCommand() *cli.Command {
	return &cli.Command{
		Name:      "net",
		Usage:     "look at what filtered jails reached and were refused, check what the rules decide, and get rules from refusals",
		UsageText: "jail net log [-f] [--denied] [--json] [FILE]\njail net check HOST[:PORT] [COMMAND]\njail net suggest [--json] [FILE]",
		Description: "With --network allow or audit every connection of a jail passes a gate, which writes down what it decides.\n" +
			"FILE is such a log; without it the last run is meant that reached for anything.",
		OnUsageError: usageError,
		Action: func(*cli.Context) error {
			return &usage{"jail net takes log, check or suggest", "jail net log"}
		},
		Subcommands: []*cli.Command{
			{
				Name: "log", Usage: "show what was let through and what was not", UsageText: "jail net log [-f] [--denied] [--json] [FILE]",
				Flags: []cli.Flag{
					&cli.BoolFlag{Name: "follow", Aliases: []string{"f"}, Usage: "go on until Ctrl-C"},
					&cli.BoolFlag{Name: "denied", Usage: "only what was not let through"},
					&cli.BoolFlag{Name: "json", Usage: "print the lines of the log as they are, JSON each"},
				},
				OnUsageError: usageError, Action: netLogAction,
			},
			{
				Name: "check", Usage: "say what the rules decide about a host, and which rule does", UsageText: "jail net check [--net MODE] [--allow-host RULE…] [--json] HOST[:PORT] [--] [COMMAND…]",
				Description:  "The rules are those of a run of COMMAND in the current project with the same flags. Nothing is asked for or connected to.\nExit code 0: it is let through; 1: it is not.",
				Flags:        namesKnown(append(ruleFlags(), &cli.BoolFlag{Name: "json", Usage: "print the decision as JSON"})),
				OnUsageError: usageError, Action: netCheckAction,
			},
			{
				Name: "suggest", Usage: "make rules of what was not let through", UsageText: "jail net suggest [--json] [FILE]",
				Description:  "After a run with --network audit it makes them of everything that was reached. Look at each before you take it: a jail may have\nasked for a name only to get it onto this list.",
				Flags:        []cli.Flag{&cli.BoolFlag{Name: "json", Usage: "print the rules as JSON"}},
				OnUsageError: usageError, Action: netSuggestAction,
			},
		},
	}
}

// netLogFile is the log that a command line means.
func netLogFile(c *cli.Context) (string, error) {
	switch c.NArg() {
	case 0:
		places, err := findPlaces()
		if err != nil {
			return "", err
		}
		return places.lastNetLog()
	case 1:
		return c.Args().First(), nil
	}
	return "", &usage{fmt.Sprintf("jail net %s takes one file, and got %d words", c.Command.Name, c.NArg()), "jail net --help"}
}

func netLogAction(c *cli.Context) error {
	path, err := netLogFile(c)
	if err != nil {
		return err
	}
	f, err := openNetLog(path)
	if err != nil {
		return err
	}
	defer f.Close()
	from := io.Reader(f)
	if c.Bool("follow") {
		ctx, stop := interruptible(c.Context)
		defer stop()
		from = tail{ctx, f}
	}
	return readNetLog(bufio.NewReader(from), func(line []byte, e netEntry) error {
		switch {
		case c.Bool("denied") && e.Verdict != verdictDeny:
		case c.Bool("json"):
			printLine(strings.TrimSuffix(string(line), "\n"))
		default:
			printLine(e.String())
		}
		return nil
	})
}

// tail reads a file that grows until a context ends.
type tail struct {
	ctx  context.Context
	file *os.File
}

func (t tail) Read(p []byte) (int, error) {
	for {
		n, err := t.file.Read(p)
		if n > 0 || !errors.Is(err, io.EOF) {
			return n, err
		}
		select {
		case <-t.ctx.Done():
			return 0, io.EOF
		case <-time.After(200 * time.Millisecond):
		}
	}
}

// netDecision is what rules decide about one host and port.
type netDecision struct {
	SchemaVersion int    `json:"schema_version"`
	Host          string `json:"host"`
	Port          int    `json:"port"`
	Network       string `json:"network"`
	Allowed       bool   `json:"allowed"`
	Reason        string `json:"reason,omitempty"`
	Rule          string `json:"rule,omitempty"`
	From          string `json:"from,omitempty"` // where the rule is said
}

func netCheckAction(c *cli.Context) error {
	if c.NArg() == 0 {
		return &usage{"jail net check takes a host", "jail net check registry.npmjs.org claude"}
	}
	host, port := c.Args().First(), 443
	if h, p, err := net.SplitHostPort(host); err == nil {
		n, err := strconv.ParseUint(p, 10, 16)
		if err != nil || n == 0 {
			return &usage{fmt.Sprintf("%q is no port", p), "jail net check HOST:PORT"}
		}
		host, port = h, int(n)
	}
	command := c.Args().Tail()
	if len(command) > 0 && command[0] == "--" {
		command = command[1:]
	}
	asked, places, machine, err := here(command)
	if err != nil {
		return err
	}
	if err := checkHost(c.Args().First(), command, places); err != nil {
		return err
	}
	flags, err := overlay(c, places.home, asked.project.Dir)
	if err != nil {
		return err
	}
	request, err := asked.request(places, flags)
	if err != nil {
		return err
	}
	cfg, err := config.Load(request)
	tellRefused(cfg, false)
	if err != nil {
		return err
	}
	if err := checkEgress(c, cfg); err != nil {
		return err
	}
	decision, err := decide(plan.Outline(plan.Input{Config: cfg, Host: machine, Project: asked.project}), cfg, host, port)
	if err != nil {
		return err
	}
	if c.Bool("json") {
		err = printJSON(decision)
	} else {
		printLine(decision.String())
	}
	if err != nil || decision.Allowed {
		return err
	}
	return exitWith(1)
}

// checkHost refuses the name of an agent or a program where a host is to stand: the words were swapped.
func checkHost(word string, command []string, places places) error {
	if strings.ContainsAny(word, ".:") { // with a port it is a host, whatever its name
		return nil
	}
	agents, err := config.Agents(places.agents())
	if err != nil {
		return err
	}
	isProgram := slices.ContainsFunc(agents, func(a config.Agent) bool { return a.Name == word || slices.Contains(a.Programs, word) })
	if !isProgram {
		if _, err := exec.LookPath(word); err != nil {
			return nil
		}
	}
	host := "HOST"
	if len(command) > 0 {
		host = command[0]
	}
	return &usage{fmt.Sprintf("%q is a program, and the host stands first", word), fmt.Sprintf("jail net check %s %s; if a host has that name: %[2]s:443", host, word)}
}

// decide asks the policy of a run.
func decide(s jail.Spec, cfg config.Config, host string, port int) (netDecision, error) {
	d := netDecision{SchemaVersion: 1, Host: host, Port: port, Network: string(s.Network)}
	switch s.Network {
	case jail.NetworkHost:
		d.Allowed, d.From = true, cfg.Origins["network"]
		return d, nil
	case jail.NetworkNone:
		d.Reason, d.From = "no-network", cfg.Origins["network"]
		return d, nil
	}
	policy, err := network.Compile(s.Gate.Allow, s.Gate.Deny, s.Network == jail.NetworkAudit)
	if err != nil {
		return d, err
	}
	var found network.Decision
	if address, err := netip.ParseAddr(host); err == nil {
		if found = policy.Address(address, port); found.Allow {
			if reason, ok := policy.MayReach(netip.AddrPortFrom(address, uint16(port)), found); !ok {
				found = network.Decision{Reason: reason}
			}
		}
	} else {
		found = policy.Name(host, port)
	}
	d.Allowed, d.Reason, d.Rule = found.Allow, string(found.Reason), found.Rule
	for _, rule := range slices.Concat(cfg.Egress.Deny, cfg.Egress.Allow) {
		if d.From == "" && rule.Text == found.Rule {
			d.From = rule.Origin
		}
	}
	return d, nil
}

func (d netDecision) String() string {
	verdict := "denied"
	if d.Allowed {
		verdict = "allowed"
	}
	line := fmt.Sprintf("%s %s", net.JoinHostPort(d.Host, strconv.Itoa(d.Port)), verdict)
	if d.Rule != "" {
		line += " by " + d.Rule
	} else {
		line += ": network " + d.Network
	}
	if d.Reason != "" {
		line += " (" + d.Reason + ")"
	}
	if d.From != "" {
		line += ", from " + d.From
	}
	return line
}

// suggestion is a rule that would let through what was not.
type suggestion struct {
	Rule  string `json:"rule"`
	Times int    `json:"times"`
}

func netSuggestAction(c *cli.Context) error {
	path, err := netLogFile(c)
	if err != nil {
		return err
	}
	entries, err := readNetLogFile(path)
	if err != nil {
		return err
	}
	rules := suggest(entries)
	if c.Bool("json") {
		return printJSON(struct {
			SchemaVersion int          `json:"schema_version"`
			Log           string       `json:"log"`
			Rules         []suggestion `json:"rules"`
		}{1, path, rules})
	}
	if len(rules) == 0 {
		warn("nothing was refused in %q that a rule would let through", path)
		return nil
	}
	for _, s := range rules {
		printLine(fmt.Sprintf("%-48s # %dx", strconv.Quote(s.Rule)+",", s.Times))
	}
	warn("to allow them put them into network_allow = […] of your config.toml, or say --allow-host RULE; %s tells what decides now", checkOf(entries))
	return nil
}

// checkOf is the command that asks what is decided for the run that a log is of.
func checkOf(entries []netEntry) string {
	i := slices.IndexFunc(entries, func(e netEntry) bool { return e.Verdict == verdictStart && e.Command != "" })
	if i < 0 {
		return "jail net check HOST"
	}
	return "jail net check HOST " + entries[i].Command
}

// suggest counts what a rule would let through: names that none allows, and, where everything public was let through, names
// that were reached.
func suggest(entries []netEntry) []suggestion {
	rules := []suggestion{}
	for _, e := range entries {
		refused := e.Verdict == verdictDeny && slices.Contains([]string{"not-in-allow-list", "port", "direct-ip"}, e.Reason)
		audited := e.Verdict == verdictAllow && (e.Rule == "" || e.Rule == "audit")
		if !refused && !audited || e.Host == "" || e.Port == 0 {
			continue
		}
		rule := e.place()
		if e.Port == 443 || e.Port == 80 || e.Port == 22 {
			rule = strings.TrimSuffix(rule, ":"+strconv.Itoa(e.Port))
		}
		i := slices.IndexFunc(rules, func(s suggestion) bool { return s.Rule == rule })
		if i < 0 {
			i = len(rules)
			rules = append(rules, suggestion{Rule: rule})
		}
		rules[i].Times += max(e.Times, 1)
	}
	return rules
}
