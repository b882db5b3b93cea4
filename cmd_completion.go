package main

import (
	_ "embed"
	"fmt"
	"os"
	"regexp"
	"slices"
	"strings"
	"sync"

	"github.com/urfave/cli/v2"

	"jail/config"
	"jail/network"
)

// completeVerb is for the shells' scripts only: what can stand for the last of the words that follow it.
const completeVerb = "__complete"

var (
	//go:embed completion/bash.sh
	bashScript string
	//go:embed completion/zsh.sh
	zshScript string
	//go:embed completion/fish.fish
	fishScript string
)

func completionCommand() *cli.Command {
	return &cli.Command{
		Name:      "completion",
		Usage:     "print a script that makes a shell complete jail's words",
		UsageText: "jail completion SHELL",
		Description: "bash, in ~/.bashrc:                  source <(jail completion bash)\n" +
			"zsh, in ~/.zshrc, after compinit:    source <(jail completion zsh)\n" +
			"fish, in ~/.config/fish/config.fish: jail completion fish | source",
		OnUsageError: usageError,
		Action: func(c *cli.Context) error {
			scripts := map[string]string{"bash": bashScript, "zsh": zshScript, "fish": fishScript}
			script, known := scripts[c.Args().First()]
			if !known || c.NArg() != 1 {
				return &usage{"jail completion takes the name of a shell", "jail completion bash, zsh or fish"}
			}
			_, err := fmt.Fprint(os.Stdout, script)
			return err
		},
	}
}

// candidate is one word that can stand at the end of a command line.
type candidate struct{ word, help string }

// completion is what can stand there: words of ours, and what the shell knows better.
type completion struct {
	words []candidate
	shell string // "", "files", "programs", or "command N": the words after the first N are a command line of their own
}

// printCompletion writes one word a line, with a tab before its help. A line with a colon is for the shell's script.
func printCompletion(words []string) error {
	found := complete(newApp(), words, namesHere)
	last := words[len(words)-1]
	for _, c := range found.words {
		if !strings.HasPrefix(c.word, last) {
			continue
		}
		line := printable(c.word)
		if c.help != "" {
			line += "\t" + printable(c.help)
		}
		fmt.Fprintln(os.Stdout, line)
	}
	if found.shell != "" {
		fmt.Fprintln(os.Stdout, ":"+found.shell)
	}
	return nil
}

// complete finds what can stand for the last of the words that follow "jail". Names looks up those of a kind, as it is called in
// the usage texts.
func complete(app *cli.App, words []string, names func(kind string) []candidate) completion {
	command := &cli.Command{Name: app.Name, Flags: app.Flags, Subcommands: app.Commands, UsageText: "jail COMMAND"}
	last := words[len(words)-1]
	at := 0 // words that are arguments of command
	for i := 0; i < len(words)-1; i++ {
		word := words[i]
		sub := slices.IndexFunc(command.Subcommands, func(sub *cli.Command) bool { return sub.HasName(word) })
		switch {
		case word == "--" && takesCommand(command):
			return commandAt(i + 1)
		case word == "--":
			return completion{shell: "files"}
		case strings.HasPrefix(word, "-"):
			if takesValue(command, strings.TrimLeft(word, "-")) {
				if i++; i == len(words)-1 {
					return valuesOf(command, strings.TrimLeft(word, "-"))
				}
			}
		case at == 0 && sub >= 0:
			command = command.Subcommands[sub]
		case takesCommand(command) && (words[i+1] != "--" || i+1 == len(words)-1):
			return commandAt(i)
		default:
			at++
		}
	}
	if flag, _, joined := strings.Cut(last, "="); joined && strings.HasPrefix(flag, "--") {
		found := valuesOf(command, flag[2:])
		for i := range found.words {
			found.words[i].word = flag + "=" + found.words[i].word
		}
		return completion{words: found.words} // the shells know no files behind another text
	}
	if strings.HasPrefix(last, "-") {
		return completion{words: flagsOf(command)}
	}
	var found completion
	if at > 0 {
		if at == 1 && commandFollows().MatchString(optional().ReplaceAllString(command.UsageText, "")) {
			found = completion{shell: "programs"}
		}
		return found
	}
	for _, sub := range command.Subcommands {
		found.words = append(found.words, candidate{sub.Name, sub.Usage})
	}
	if len(command.Subcommands) > 0 && command.Name != app.Name {
		return found
	}
	var asked []string
	for _, kind := range positional().FindAllString(firstArgument(command), -1) {
		kind = kindOf(command, kind)
		if slices.Contains(asked, kind) {
			continue // "NAME|ARCHIVE" of jail restore are two ways to say the same
		}
		asked = append(asked, kind)
		switch kind {
		case "FILE":
			found.shell = "files"
		case "COMMAND":
			found.shell = "programs"
		default:
			found.words = append(found.words, names(kind)...)
		}
	}
	return found
}

// commandAt leaves to the shell what follows, which begins with the word of that index.
func commandAt(i int) completion { return completion{shell: fmt.Sprintf("command %d", i+1)} }

// takesCommand reports whether what follows is a command line that jail runs.
func takesCommand(command *cli.Command) bool {
	return command.Name == "jail" || command.Name == "run"
}

// Compiled when they are needed, as every start of a jail would pay for them otherwise.
var (
	// positional is an argument in a usage text.
	positional = lazily(`\b[A-Z]{4,}\b`)
	// commandFollows finds a usage text in which a command is the second argument.
	commandFollows = lazily(`[A-Z]{4,}\S*\s+\[COMMAND`)
	// optional is a flag in a usage text, with its value.
	optional = lazily(`\[-[^\]]*(\[[^\]]*\][^\]]*)*\]`)
	// files are what usage texts call a path.
	files = lazily("`(FILE|PATH|FOLDER|SRC\\b.*)`")
)

func lazily(expression string) func() *regexp.Regexp {
	return sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(expression) })
}

// firstArgument is the part of the usage texts that tells what the first argument is.
func firstArgument(command *cli.Command) string {
	var all []string
	for _, line := range strings.Split(command.UsageText, "\n") {
		line = optional().ReplaceAllString(line, "")
		if loc := positional().FindStringIndex(line); loc != nil {
			all = append(all, strings.Fields(line[loc[0]:])[0])
		}
	}
	return strings.Join(all, " ")
}

// kindOf tells apart what the usage texts call NAME.
func kindOf(command *cli.Command, kind string) string {
	switch {
	case kind != "NAME":
		return kind
	case command.Name == "create":
		return "" // a new one
	case command.Name == "agents":
		return "AGENT"
	case command.Name == "restore" || command.Name == "drop":
		return "ARCHIVE"
	}
	return kind
}

func flagsOf(command *cli.Command) []candidate {
	var found []candidate
	for _, flag := range command.Flags {
		name := flag.Names()[0]
		described, ok := flag.(cli.DocGenerationFlag)
		if !ok || flag == cli.HelpFlag {
			continue
		}
		found = append(found, candidate{"--" + name, strings.ReplaceAll(described.GetUsage(), "`", "")})
	}
	return append(found, candidate{"--help", "show help"})
}

// valuesOf are those of a flag: of a fixed set, or paths.
func valuesOf(command *cli.Command, flag string) completion {
	switch flag {
	case "allow-host", "deny-host":
		return completion{words: sets()}
	case "notify":
		return completion{words: plain([]string{"bell", "desktop", "off"}), shell: "programs"}
	}
	if words := config.Choices(strings.ReplaceAll(flag, "-", "_")); words != nil {
		return completion{words: plain(words)}
	}
	for _, f := range command.Flags {
		described, ok := f.(cli.DocGenerationFlag)
		if ok && slices.Contains(f.Names(), flag) && files().MatchString(described.GetUsage()) {
			return completion{shell: "files"}
		}
	}
	return completion{}
}

// sets are the sets of hosts as rules have them.
func sets() []candidate {
	var found []candidate
	for _, set := range network.Sets() {
		found = append(found, candidate{word: "@" + set})
	}
	return found
}

func plain(words []string) []candidate {
	var found []candidate
	for _, word := range words {
		found = append(found, candidate{word: word})
	}
	return found
}

// namesHere looks up names of this user's. What cannot be read completes nothing: this is no place for a message.
func namesHere(kind string) []candidate {
	places, err := findPlaces()
	if err != nil {
		return nil
	}
	var found []candidate
	switch kind {
	case "TOPIC":
		found = helpWords()
	case "SHELL":
		found = plain([]string{"bash", "zsh", "fish"})
	case "TOOL":
		found = plain([]string{"ai-jail", "robojail"})
	case "NAME":
		file, _ := places.workspaces().Store.View()
		for _, r := range file.Jails {
			found = append(found, candidate{r.Name, r.Branch})
		}
	case "ARCHIVE":
		archives, _, _ := places.workspaces().Archives()
		for _, a := range archives {
			found = append(found, candidate{a.ID, a.Summary()})
		}
	case "AGENT":
		agents, _ := config.Agents(places.agents())
		for _, a := range agents {
			found = append(found, candidate{a.Name, strings.Join(a.Programs, " ")})
		}
	}
	return found
}
