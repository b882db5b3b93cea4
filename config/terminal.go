package config

// TerminalMode says what of a command's output reaches the caller's terminal, where somebody types and looks.
type TerminalMode string

const (
	TerminalFiltered  TerminalMode = "filtered"  // text, and control sequences that do nothing outside of the screen
	TerminalAsk       TerminalMode = "ask"       // and what is written to the clipboard, when the user presses keys for it
	TerminalClipboard TerminalMode = "clipboard" // and what is written to the clipboard
	TerminalRaw       TerminalMode = "raw"       // all
)

// terminalModes are all modes, the tightest first.
var terminalModes = []string{string(TerminalFiltered), string(TerminalAsk), string(TerminalClipboard), string(TerminalRaw)}

// ParseTerminal reads a mode.
func ParseTerminal(text string) (TerminalMode, error) {
	return parseWord[TerminalMode]("terminal ", text, terminalModes)
}

func (a *admission) terminal(e entry, asked TerminalMode) {
	switch {
	case asked == TerminalFiltered:
		admitKey(a, e, &a.taken.Terminal, asked)
	case asked != a.below.Terminal:
		a.refuse(e, e.line, e.texts, "a project file may not open your terminal; say it in your own config or on the command line")
	}
}
