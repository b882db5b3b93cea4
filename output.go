package main

// What is printed, and where. Data goes to standard output and nothing else does, so that a script can read it. Messages
// go to standard error, one line each, and begin with "jail: ". Everything passes through printable: names and texts
// come from agents, and a terminal obeys what it is sent.

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"unicode"
	"unicode/utf16"
	"unicode/utf8"

	"jail/jail"
	"jail/mounts"
)

// standardOutput is where printLine and printSafe write. What it could not take is told when the command line is carried out:
// a list that is cut off must not look like a whole one to a script.
var standardOutput = &unforgetting{to: os.Stdout}

// unforgetting is a writer that keeps its first error.
type unforgetting struct {
	to  io.Writer
	err error
}

func (w *unforgetting) Write(data []byte) (int, error) {
	n, err := w.to.Write(data)
	if w.err == nil {
		w.err = err
	}
	return n, err
}

// complete returns how a command line went, of which this is the output.
func (w *unforgetting) complete(err error) error {
	if err != nil || w.err == nil {
		return err
	}
	return &hinted{fmt.Errorf("not all of the output was written: %w", w.err), "write it elsewhere, or free space on that disk"}
}

// printLine writes one line of data.
func printLine(text string) { fmt.Fprintln(standardOutput, printable(text)) }

// printSafe writes one line of data whose parts went through printable, and that may have colours.
func printSafe(line string) { fmt.Fprintln(standardOutput, line) }

// printJSON writes data for programs.
func printJSON(v any) error {
	data, err := json.MarshalIndent(v, "", "  ")
	if err != nil {
		return err
	}
	_, err = fmt.Fprintln(os.Stdout, escapeJSON(string(data)))
	return err
}

// printJSONLine writes data for programs that read one document a line.
func printJSONLine(v any) error {
	data, err := json.Marshal(v)
	if err != nil {
		return err
	}
	_, err = fmt.Fprintln(os.Stdout, escapeJSON(string(data)))
	return err
}

// escapeJSON writes those characters as JSON escapes that the encoder leaves as they are and a terminal may obey: C1
// controls, DEL and direction marks. Outside of strings JSON has none of them.
func escapeJSON(text string) string {
	var out strings.Builder
	for _, r := range text {
		switch high, low := utf16.EncodeRune(r); {
		case r == '\n' || !hidden(r):
			out.WriteRune(r)
		case high != unicode.ReplacementChar:
			fmt.Fprintf(&out, `\u%04x\u%04x`, high, low)
		default:
			fmt.Fprintf(&out, `\u%04x`, r)
		}
	}
	return out.String()
}

// warn writes one message.
func warn(format string, args ...any) {
	fmt.Fprintln(os.Stderr, printable("jail: "+fmt.Sprintf(format, args...)))
}

// announce says in one line which walls stand, as init found them, what decided about the network, and what this run does without.
func announce(s jail.Spec, w jail.Walls, network string) {
	var walls []string
	if w.Landlock > 0 {
		walls = append(walls, fmt.Sprintf("landlock %d", w.Landlock))
	}
	if w.Syscalls != "" {
		walls = append(walls, "syscalls "+string(w.Syscalls))
	}
	walls = append(walls, fmt.Sprintf("network %s (%s)", s.Network, network), writable(s.Mounts))
	if names := hiddenFiles(s.Mounts); names != "" {
		walls = append(walls, names)
	}
	line := strings.Join(walls, ", ")
	if lost := lost(s); lost != "" {
		line += "; " + lost
	}
	warn("%s", line)
	for _, note := range s.Notes {
		warn("%s", note)
	}
	tellWaysOut(s)
}

// tellLost says what a run does without, and nothing else.
func tellLost(s jail.Spec) {
	if lost := lost(s); lost != "" {
		warn("%s", lost)
	}
	tellWaysOut(s)
}

// lost names what a run does without, and what has a gap, in a few words.
func lost(s jail.Spec) string {
	if len(s.Lost) == 0 {
		return ""
	}
	var without, gaps []string
	for _, loss := range s.Lost {
		if loss.Reach == jail.ReachGap {
			gaps = append(gaps, loss.Name)
		} else {
			without = append(without, loss.Name)
		}
	}
	var parts []string
	if len(without) > 0 {
		parts = append(parts, "not protected: "+strings.Join(without, ", "))
	}
	if len(gaps) > 0 {
		parts = append(parts, "protected with a gap: "+strings.Join(gaps, ", "))
	}
	return strings.Join(parts, "; ") + " (jail run --dry-run tells more)"
}

// tellWaysOut names each thing that whoever uses it is out of the jail by.
func tellWaysOut(s jail.Spec) {
	for _, loss := range s.Lost {
		if loss.Reach == jail.ReachHost {
			warn("%s is a way out of the jail: %s", loss.Name, loss.Why)
		}
	}
}

// hiddenFiles names the first of the files that are hidden, and counts the others.
func hiddenFiles(list []mounts.Mount) string {
	const named = 3
	var names []string
	for _, m := range list {
		if m.Kind == mounts.Blank || m.Kind == mounts.Deny {
			names = append(names, filepath.Base(m.Target))
		}
	}
	switch {
	case len(names) == 0:
		return ""
	case len(names) > named:
		return fmt.Sprintf("hidden %s and %d more", strings.Join(names[:named], " "), len(names)-named)
	}
	return "hidden " + strings.Join(names, " ")
}

// writable counts the folders of the host that the command can write to; parts of one are not counted again.
func writable(list []mounts.Mount) string {
	var tops []string
	for _, m := range list { // parents come first
		within := func(top string) bool { return mounts.Within(m.Target, top) }
		private := slices.Contains(strings.Split(m.Target, "/"), ".git") && m.Source != m.Target // the jail's own, and no folder of the host's
		if m.Kind == mounts.Bind && m.Access == mounts.ReadWrite && !private && !slices.ContainsFunc(tops, within) {
			tops = append(tops, m.Target)
		}
	}
	switch len(tops) {
	case 0:
		return "nothing of yours writable"
	case 1:
		return fmt.Sprintf("writable: %q", tops[0])
	}
	return fmt.Sprintf("%d folders writable", len(tops))
}

// tellLimits says when a limit ended the command, or something that it started.
func tellLimits(r jail.Result, l jail.Limits) {
	switch {
	case r.Cause == jail.CauseTimeout:
		warn("the time limit of %s was over, and the command was ended (--timeout sets it)", l.Timeout)
	case r.Cause == jail.CauseMemory:
		warn("killed by the memory limit of %s (--memory sets it)", mounts.Size(l.Memory))
	case r.Killed > 0:
		warn("the memory limit of %s killed processes that the command had started: %d (--memory sets it)", mounts.Size(l.Memory), r.Killed)
	}
}

// tellLeft names what somebody may look for in vain.
func tellLeft(r jail.Result) {
	if len(r.Left) == 0 {
		return
	}
	names := make([]string, len(r.Left))
	for i, name := range r.Left {
		names[i] = `"~/` + short(name) + `"`
	}
	warn("gone with the jail's own home: %s (--home jail keeps that home, --rw-map DIR gives a folder of yours)", strings.Join(names, ", "))
}

// printable makes text safe for a terminal: control characters, invisible and direction-changing ones (CVE-2021-42574)
// and bytes that are no UTF-8 become escapes that can be read.
func printable(text string) string {
	if !strings.ContainsFunc(text, hidden) && utf8.ValidString(text) {
		return text
	}
	var out strings.Builder
	for len(text) > 0 {
		r, n := utf8.DecodeRuneInString(text)
		switch {
		case r == utf8.RuneError && n == 1:
			fmt.Fprintf(&out, `\x%02x`, text[0])
		case r == '\n':
			out.WriteString(`\n`)
		case r == '\t':
			out.WriteString(`\t`)
		case r < 0x20 || r == 0x7f:
			fmt.Fprintf(&out, `\x%02x`, r)
		case hidden(r):
			fmt.Fprintf(&out, `\u%04x`, r)
		default:
			out.WriteRune(r)
		}
		text = text[n:]
	}
	return out.String()
}

// longestName is how much of a name is shown where it stands among others.
const longestName = 200

// short is printable for a name: of a very long one the middle is left out.
func short(name string) string {
	text := []rune(printable(name))
	if len(text) > longestName {
		text = slices.Concat(text[:longestName/2], []rune("…"), text[len(text)-longestName/2:])
	}
	return string(text)
}

// hidden reports whether a character changes how others are shown, or is not shown at all.
func hidden(r rune) bool {
	return unicode.IsControl(r) || unicode.Is(unicode.Cf, r) || r == '\u2028' || r == '\u2029'
}

// longestLine is where a line is broken: one that never ends would otherwise be held in memory as a whole.
const longestLine = 1 << 20

// printableLines is a writer that passes lines on through printable, for output that is meant to have lines, such as a
// diff. Tabs stay.
type printableLines struct {
	to    io.Writer
	paint func(line string) string // adds colours to a line that is safe already; nil: none
	rest  []byte                   // of a line that has not ended yet
}

func (w *printableLines) Write(data []byte) (int, error) {
	for rest := data; len(rest) > 0; {
		line, after, ended := bytes.Cut(rest, []byte("\n"))
		rest = after
		w.rest = append(w.rest, line...)
		if !ended && len(w.rest) < longestLine {
			break
		}
		if err := w.flush(); err != nil {
			return 0, err
		}
	}
	return len(data), nil
}

// Close writes a last line that had no end.
func (w *printableLines) Close() error {
	if len(w.rest) == 0 {
		return nil
	}
	return w.flush()
}

func (w *printableLines) flush() error {
	fields := strings.Split(string(w.rest), "\t")
	for i := range fields {
		fields[i] = printable(fields[i])
	}
	w.rest = w.rest[:0]
	line := strings.Join(fields, "\t")
	if w.paint != nil {
		line = w.paint(line)
	}
	_, err := fmt.Fprintln(w.to, line)
	return err
}
