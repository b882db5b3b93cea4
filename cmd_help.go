package main

import (
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/urfave/cli/v2"

	"jail/config"
)

// helpCommand takes the place of the library's, which knows commands only.
func helpCommand() *cli.Command {
	var about []string
	for _, t := range topics() {
		about = append(about, fmt.Sprintf("jail help %-9s %s", t.name, t.about))
	}
	return &cli.Command{
		Name:         "help",
		Aliases:      []string{"h"},
		Usage:        "tell about a command or a topic",
		UsageText:    "jail help [TOPIC]",
		Description:  "TOPIC is a command, or one of these:\n" + strings.Join(about, "\n"),
		OnUsageError: usageError,
		Action:       helpAction,
	}
}

// helpAction tells what there is: config and agents are both commands and topics.
func helpAction(c *cli.Context) error {
	words := c.Args().Slice()
	if len(words) == 0 {
		return cli.ShowAppHelp(c.Lineage()[1])
	}
	text := ""
	if len(words) == 1 {
		text = topicText(words[0])
	}
	unknown := unknownCommand(c.App.Commands, words)
	if unknown != nil && text == "" {
		return unknown
	}
	out, err := openScreen(c.Context)
	if err != nil {
		return err
	}
	if unknown == nil {
		app := newApp()
		app.Writer = out.to
		if err := app.RunContext(c.Context, slices.Concat([]string{app.Name}, words, []string{"--help"})); err != nil {
			return out.Close(err)
		}
		if text != "" {
			text = "\n" + text
		}
	}
	_, err = io.WriteString(out.to, text)
	return out.Close(err)
}

// unknownCommand is nil where the words name a command, or one of a command's own.
func unknownCommand(commands []*cli.Command, words []string) error {
	for n, word := range words {
		i := slices.IndexFunc(commands, func(command *cli.Command) bool { return command.HasName(word) })
		if i < 0 && n > 0 {
			above := strings.Join(words[:n], " ")
			return &usage{fmt.Sprintf("jail %s has no command %q", above, word), fmt.Sprintf("jail help %s lists them", above)}
		}
		if i < 0 {
			return unknownTopic(word)
		}
		commands = commands[i].Subcommands
	}
	return nil
}

func unknownTopic(word string) error {
	what := fmt.Sprintf("there is no help for %q", word)
	var known []string
	for _, c := range helpWords() {
		known = append(known, c.word)
	}
	if meant := config.Closest(word, known); meant != "" {
		return &usage{what, "did you mean: jail help " + meant}
	}
	return &usage{what, "jail help lists the commands, jail help help the topics"}
}

// helpWords are what jail help tells about.
func helpWords() []candidate {
	app := newApp()
	var found []candidate
	for _, command := range app.Commands {
		found = append(found, candidate{command.Name, command.Usage})
	}
	for _, t := range topics() {
		if app.Command(t.name) == nil {
			found = append(found, candidate{t.name, t.about})
		}
	}
	return found
}
