package main

import (
	"fmt"
	"os"
	"regexp"
	"strings"
	"testing"
	"unicode"

	"github.com/urfave/cli/v2"
)

const manPagePath = "docs/jail.1"

// TestManPage compares docs/jail.1 with what the help texts make of it; -update writes it. The page is made here and not in
// the program, so that no run carries what makes it.
func TestManPage(t *testing.T) {
	want := manPage(newApp())
	if *update {
		if err := os.WriteFile(manPagePath, []byte(want), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	got, err := os.ReadFile(manPagePath)
	if err != nil {
		t.Fatal(err)
	}
	if string(got) != want {
		t.Errorf("%s is not what the help texts say; look at the difference after: just golden", manPagePath)
	}
}

// TestManPageHasEverything asks for each command and flag as a reader would look for it.
func TestManPageHasEverything(t *testing.T) {
	app := newApp()
	page := manPage(app)
	for _, command := range app.Commands {
		if !strings.Contains(page, "\n.SS jail "+command.Name+"\n") {
			t.Errorf("the page has no part about jail %s", command.Name)
		}
		for _, f := range command.VisibleFlags() {
			if name := escapeRoff("--" + f.Names()[0]); !strings.Contains(page, name) {
				t.Errorf("the page does not know %s of jail %s", name, command.Name)
			}
		}
	}
}

func TestEscapeRoff(t *testing.T) {
	for _, test := range []struct{ text, want string }{
		{`--map a\b`, `\-\-map a\eb`},
		{".envrc", `\&.envrc`},
		{"'q'", `\&'q'`},
		{"ARGS…", `ARGS\[u2026]`},
		{"~/x^", `\(ti/x\(ha`},
	} {
		if got := escapeRoff(test.text); got != test.want {
			t.Errorf("escapeRoff(%q) is %q, want %q", test.text, got, test.want)
		}
	}
}

// manPage is the page jail(1) in the language of man(7).
func manPage(app *cli.App) string {
	var b strings.Builder
	b.WriteString(".\\\" Made of the help texts: just golden\n.TH JAIL 1 \"\" \"jail\" \"User Commands\"\n")
	b.WriteString(".SH NAME\njail \\- " + escapeRoff(app.Usage) + "\n.SH SYNOPSIS\n")
	b.WriteString(usageRoff(app.UsageText))
	b.WriteString(".SH DESCRIPTION\n" + textRoff(app.Description))
	b.WriteString(".SH OPTIONS\nThese go before COMMAND, and after\n.BR \"jail run\" .\n")
	b.WriteString(flagsRoff(app.Flags))
	b.WriteString(".SH COMMANDS\n")
	for _, command := range app.Commands {
		b.WriteString(commandRoff(command))
	}
	b.WriteString(".SH SEE ALSO\n")
	for _, t := range topics() {
		fmt.Fprintf(&b, ".TP\n.B jail help %s\n%s\n", escapeRoff(t.name), escapeRoff(t.about))
	}
	return b.String()
}

func commandRoff(command *cli.Command) string {
	var b strings.Builder
	fmt.Fprintf(&b, ".SS jail %s\n", command.Name)
	b.WriteString(usageRoff(command.UsageText))
	fmt.Fprintf(&b, ".PP\n%s.\n", escapeRoff(strings.ToUpper(command.Usage[:1])+command.Usage[1:]))
	if len(command.Aliases) > 0 {
		fmt.Fprintf(&b, "Also called %s.\n", escapeRoff(strings.Join(command.Aliases, ", ")))
	}
	b.WriteString(textRoff(command.Description))
	switch {
	case command.Name == "run":
		b.WriteString(".PP\nIts flags are those of OPTIONS.\n")
	default:
		b.WriteString(flagsRoff(command.Flags))
	}
	for _, sub := range command.Subcommands {
		fmt.Fprintf(&b, ".TP\n.B jail %s %s\n%s.\n", command.Name, sub.Name, escapeRoff(sub.Usage))
		if flags := flagsRoff(sub.Flags); flags != "" {
			b.WriteString(".RS\n" + flags + ".RE\n")
		}
		b.WriteString(textRoff(sub.Description))
	}
	return b.String()
}

func usageRoff(text string) string {
	var lines []string
	for line := range strings.SplitSeq(text, "\n") {
		lines = append(lines, escapeRoff(line))
	}
	return ".nf\n" + strings.Join(lines, "\n") + "\n.fi\n"
}

// columns are the two that a line of a help text has: what is typed, and what it does.
var columns = regexp.MustCompile(`^(\S.*?)\s{2,}(\S.*)$`)

// textRoff makes paragraphs, and lists of what stands in two columns.
func textRoff(text string) string {
	var b strings.Builder
	state := "" // what the last line was part of
	for line := range strings.SplitSeq(text, "\n") {
		pair := columns.FindStringSubmatch(line)
		switch {
		case line == "":
			state = ""
		case pair != nil:
			fmt.Fprintf(&b, ".TP\n.B %s\n%s\n", escapeRoff(pair[1]), escapeRoff(pair[2]))
			state = "list"
		default:
			if state != "text" {
				b.WriteString(".PP\n")
			}
			b.WriteString(escapeRoff(line) + "\n")
			state = "text"
		}
	}
	return b.String()
}

// value is the word of a flag's usage that stands for its value.
var value = regexp.MustCompile("`([^`]+)`")

func flagsRoff(flags []cli.Flag) string {
	var b strings.Builder
	for _, f := range flags {
		described, ok := f.(cli.DocGenerationFlag)
		if visible, can := f.(cli.VisibleFlag); !ok || can && !visible.IsVisible() || f == cli.HelpFlag {
			continue
		}
		var names []string
		for _, name := range f.Names() {
			names = append(names, `\fB`+escapeRoff(typed(name))+`\fR`)
		}
		head := strings.Join(names, ", ")
		if placeholder := value.FindStringSubmatch(described.GetUsage()); placeholder != nil {
			space := " "
			if strings.HasPrefix(placeholder[1], "[=") {
				space = ""
			}
			head += space + `\fI` + escapeRoff(placeholder[1]) + `\fR`
		}
		usage := value.ReplaceAllString(described.GetUsage(), "$1")
		if !described.TakesValue() && described.GetDefaultText() == "true" {
			usage += "; on unless =false"
		}
		fmt.Fprintf(&b, ".TP\n%s\n%s\n", head, escapeRoff(usage))
	}
	return b.String()
}

// escapeRoff lets a line of text stand as it is (man-pages(7), groff_char(7)).
func escapeRoff(line string) string {
	line = strings.NewReplacer(`\`, `\e`, "-", `\-`, "~", `\(ti`, "^", `\(ha`, "`", `\(ga`).Replace(line)
	var ascii strings.Builder
	for _, r := range line {
		if r > unicode.MaxASCII {
			fmt.Fprintf(&ascii, `\[u%04X]`, r)
			continue
		}
		ascii.WriteRune(r)
	}
	line = ascii.String()
	if strings.HasPrefix(line, ".") || strings.HasPrefix(line, "'") {
		line = `\&` + line
	}
	return line
}
