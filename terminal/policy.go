package terminal

// Clipboard says whether the program may write to the user's clipboard (OSC 52). Reading it is never allowed.
type Clipboard string

// The zero Clipboard refuses.
const (
	ClipboardKept    Clipboard = ""
	ClipboardWritten Clipboard = "written"
	ClipboardAsked   Clipboard = "asked" // what was to be written is held until Copied is called
)

// Audience says who sees the output.
type Audience string

const (
	// Answering is a terminal whose replies reach the program.
	Answering Audience = ""
	// Watching is a terminal that only looks, perhaps later: nothing passes that it would answer, ring at or keep.
	Watching Audience = "watching"
	// Recorded is Watching where nobody types to the program, so that a terminal types for somebody else: nothing passes that
	// changes what its keys and mouse send, or has it send anything.
	Recorded Audience = "recorded"
	// Reading is no terminal: text passes, and what moves along a line or to the next.
	Reading Audience = "reading"
)

// watches reports whether nothing is to be answered.
func (a Audience) watches() bool { return a == Watching || a == Recorded }

// Policy is what may be decided; the zero value is that of a terminal which somebody sits at, and the safe one. All else is
// fixed by the tables below.
type Policy struct {
	Clipboard Clipboard
	Audience  Audience
}

// allowedEscapes are the two-character and charset sequences that pass. Not here, on purpose:
//   - ESC % @ leaves UTF-8, after which bytes inside characters would be obeyed as C1 controls;
//   - ESC SP G makes the terminal answer in 8-bit controls, ESC SP L to N change its conformance level;
//   - ESC Z is an old form of CSI c; ESC l and ESC m lock memory.
//
// Charset designations (ESC ( B and its like) pass with any one final character: see judgeEscape.
var allowedEscapes = map[string]string{
	"6": "back index", "7": "save cursor", "8": "restore cursor", "9": "forward index",
	"=": "application keypad", ">": "numeric keypad",
	"D": "index", "E": "next line", "H": "set tab", "M": "reverse index", "N": "single shift 2", "O": "single shift 3",
	"c": "full reset", "n": "locking shift 2", "o": "locking shift 3",
	"#3": "double height, top", "#4": "double height, bottom", "#5": "single width", "#6": "double width",
	"#8": "alignment pattern", "%G": "UTF-8",
}

// allowedCSI are the control sequences that pass, named by prefix, intermediates and final byte. Replies that some of
// them ask for hold numbers or the terminal's name, never text that the program chose. Not here, on purpose:
//   - i and ?i print (media copy); y runs self tests; *y reports a checksum of the screen, which reads it;
//   - >t and >T change titles to hexadecimal, past the check of titles; 20t and 21t report the title as if it were
//     typed (CVE-2003-0063 in xterm, CVE-2024-38395 in iTerm2, CVE-2024-56803 in Ghostty): see windowOps;
//   - "p changes the conformance level; $| *| ,| and t below 11 or above 23 resize the window;
//   - *z and the DCS that defines it run macros; what reprograms keys (+q +r +u *} and DECPFK) types for the user;
//   - ?s and ?r save and restore modes behind the back of Reset; ] and [ are the Linux console's own.
var allowedCSI = map[string]string{
	"@": "insert characters", "A": "up", "B": "down", "C": "forward", "D": "back", "E": "next line", "F": "previous line",
	"G": "column", "H": "position", "I": "tab", "J": "erase display", "K": "erase line", "L": "insert lines",
	"M": "delete lines", "P": "delete characters", "S": "scroll up", "T": "scroll down", "X": "erase characters",
	"Z": "back tab", "`": "column", "a": "forward", "b": "repeat", "c": "device attributes", "d": "row", "e": "down",
	"f": "position", "g": "clear tabs", "h": "set mode", "j": "back", "k": "up", "l": "reset mode", "m": "rendition", "n": "status report",
	"q": "keyboard lights", "r": "scroll region", "s": "save cursor", "t": "window", "u": "restore cursor",
	"?J": "selective erase", "?K": "selective erase", "?W": "tabs", "?h": "set mode", "?l": "reset mode",
	"?c": "cursor of the Linux console", "?n": "status report", "?m": "key modifiers query", "?u": "kitty keyboard query", "?S": "graphics limits",
	">c": "secondary attributes", "=c": "tertiary attributes", ">m": "key modifiers", ">n": "key modifiers off",
	">q": "version", ">u": "kitty keyboard push", "<u": "kitty keyboard pop", "=u": "kitty keyboard flags",
	" @": "shift left", " A": "shift right", " q": "cursor style", "!p": "soft reset", "\"q": "protect",
	"$p": "mode query", "?$p": "mode query", "$r": "change rectangle", "$t": "reverse rectangle", "$v": "copy rectangle",
	"$x": "fill rectangle", "$z": "erase rectangle", "${": "selective erase of rectangle", "*x": "extent",
	"'}": "insert columns", "'~": "delete columns", "#{": "push rendition", "#}": "pop rendition",
	"#p": "push rendition", "#q": "pop rendition",
}

// windowOps are the harmless forms of CSI t: states and sizes, told in numbers, and the stack of titles.
var windowOps = map[int]string{
	11: "iconified?", 13: "position", 14: "size in pixels", 15: "screen in pixels", 16: "cell in pixels",
	18: "size in characters", 19: "screen in characters", 22: "push title", 23: "pop title",
}

// statusReports are the harmless forms of CSI n, by prefix.
var statusReports = map[string]string{
	"5": "alive?", "6": "cursor position", "?6": "cursor position", "?996": "dark or light?",
}

// privateModes are the modes of CSI ? h and l that pass, with whether each is on in a fresh terminal. Not here, on
// purpose: 2 (VT52, another grammar), 3 and 40 (132 columns), 38 (Tektronix, another grammar), 42 (national characters),
// 1001 (waits for the program to answer), 5522 (kitty: paste events that read the clipboard), 9001 (Windows input).
var privateModes = []mode{
	{1, "application cursor keys", false}, {5, "reverse video", false}, {6, "origin", false}, {7, "wrap", true},
	{9, "mouse, X10", false}, {12, "cursor blink", false}, {25, "cursor", true}, {45, "reverse wrap", false}, {66, "application keypad", false},
	{69, "left and right margins", false}, {1000, "mouse", false}, {1002, "mouse drags", false},
	{1003, "mouse movements", false}, {1004, "focus", false}, {1005, "mouse, UTF-8", false}, {1006, "mouse, SGR", false},
	{1007, "wheel as arrows", false}, {1015, "mouse, urxvt", false}, {1016, "mouse, pixels", false},
	{2004, "bracketed paste", false}, {2026, "synchronized output", false}, {2027, "grapheme clusters", false},
	{2031, "colour scheme reports", false}, {2048, "size reports", false},
	{47, "alternate screen", false}, {1047, "alternate screen", false}, {1048, "saved cursor", false}, {1049, "alternate screen", false},
}

// inputModes are those of them that change what a terminal sends, or when, and inputs the control sequences that do.
var (
	inputModes = []int{1, 9, 66, 1000, 1002, 1003, 1004, 1005, 1006, 1007, 1015, 1016, 2004, 2031, 2048}
	inputs     = map[string]bool{">m": true, ">n": true, ">u": true, "<u": true, "=u": true}
)

// ansiModes are the modes of CSI h and l that pass; 2 (keyboard locked) does not.
var ansiModes = []mode{{4, "insert", false}, {20, "line feed is new line", false}}

// mode is one switch of the terminal.
type mode struct {
	number int
	name   string
	on     bool // in a fresh terminal
}
