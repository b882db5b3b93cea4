package dashboard

import (
	"strings"
	"unicode/utf8"
)

// Key is what was pressed: a character, or the name of a key that has none.
type Key string

const (
	Up, Down       Key = "up", "down"
	PageUp         Key = "page up"
	PageDown       Key = "page down"
	Home, End      Key = "home", "end"
	Return         Key = "return"
	Escape         Key = "escape"
	CtrlC, CtrlZ   Key = "ctrl-c", "ctrl-z"
	CtrlL, Unknown Key = "ctrl-l", ""
)

// sequences are what terminals send for keys that are no characters (ctlseqs of xterm), behind ESC.
var sequences = map[string]Key{
	"[A": Up, "[B": Down, "OA": Up, "OB": Down, "[5~": PageUp, "[6~": PageDown,
	"[H": Home, "[F": End, "OH": Home, "OF": End, "[1~": Home, "[4~": End, "[7~": Home, "[8~": End,
}

var controls = map[byte]Key{'\r': Return, '\n': Return, 3: CtrlC, 26: CtrlZ, 12: CtrlL, 14: Down, 16: Up}

// Keys takes what was typed apart. An ESC at the end is the key of that name: what a terminal sends for one key comes at once.
func Keys(typed []byte) []Key {
	var keys []Key
	for len(typed) > 0 {
		key, n := nextKey(typed)
		if key != Unknown {
			keys = append(keys, key)
		}
		typed = typed[n:]
	}
	return keys
}

func nextKey(typed []byte) (Key, int) {
	if typed[0] == 0x1b {
		n := sequenceLength(typed)
		if n == 1 {
			return Escape, 1
		}
		return sequences[string(typed[1:n])], n
	}
	if typed[0] < ' ' || typed[0] == 0x7f {
		return controls[typed[0]], 1
	}
	r, n := utf8.DecodeRune(typed)
	if r == utf8.RuneError {
		return Unknown, n
	}
	return Key(typed[:n]), n
}

// sequenceLength is how long the sequence is that begins with ESC: CSI ends with a byte from @ on (ECMA-48, 5.4), SS3 and ESC have one
// more character.
func sequenceLength(typed []byte) int {
	if len(typed) < 2 || typed[1] == 0x1b {
		return 1
	}
	if !strings.ContainsRune("[O", rune(typed[1])) {
		return 2
	}
	for i := 2; i < len(typed); i++ {
		if typed[i] >= '@' && typed[i] <= '~' {
			return i + 1
		}
	}
	return len(typed)
}
