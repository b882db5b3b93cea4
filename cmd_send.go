package main

import (
	"errors"
	"io"
	"os"
	"strings"

	"github.com/urfave/cli/v2"
)

func sendCommand() *cli.Command {
	return &cli.Command{
		Name:      "send",
		Usage:     "type a text to a detached command",
		UsageText: "jail send NAME [--no-enter] [--] TEXT…\njail send NAME -   # what standard input has",
		Description: "The words are typed with a space between them, and Enter behind them. A text of several lines goes as one paste, where the\n" +
			"command takes pastes.",
		Flags:        []cli.Flag{&cli.BoolFlag{Name: "no-enter", Usage: "do not press Enter"}},
		OnUsageError: usageError,
		Action:       sendAction,
	}
}

// maxSent bounds what is read from standard input, in bytes.
const maxSent = 1 << 20

func sendAction(c *cli.Context) error {
	if c.NArg() < 2 {
		return &usage{"jail send takes a name and a text", "say: jail send NAME TEXT"}
	}
	name := c.Args().First()
	text := strings.Join(c.Args().Tail(), " ")
	if text == "-" {
		data, err := io.ReadAll(io.LimitReader(os.Stdin, maxSent+1))
		if err != nil {
			return err
		}
		if len(data) > maxSent {
			return &hinted{errors.New("standard input has more than a mebibyte"), "put it into a file of the jail's work tree, and send its name"}
		}
		text = strings.TrimSuffix(string(data), "\n")
	}
	_, _, client, err := dialRun(name)
	if err != nil {
		return err
	}
	defer client.Close()
	return client.Send(text, !c.Bool("no-enter"))
}
