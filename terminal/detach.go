package terminal

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"sync"
)

// Keys are pressed one after the other to leave a terminal that is shown: what is typed is looked through for them, and all else
// passes byte for byte.
type Keys struct {
	want []key
	held []byte // the first of them, which pass if the others do not follow
	next int
}

// key is one key of Keys.
type key struct {
	code rune
	ctrl bool
}

// ParseKeys reads keys such as "ctrl-] d": each a character, or ctrl- before one, separated by spaces. The empty text is no keys,
// which are never found.
func ParseKeys(text string) (Keys, error) {
	var k Keys
	for word := range strings.FieldsSeq(text) {
		name, ctrl := strings.CutPrefix(strings.ToLower(word), "ctrl-")
		if len(name) != 1 || name[0] <= ' ' || name[0] > '~' || ctrl && controlByte(rune(name[0])) == 0 {
			return Keys{}, fmt.Errorf("%q is no key such as ctrl-] or d", word)
		}
		k.want = append(k.want, key{rune(name[0]), ctrl})
	}
	if len(k.want) > 0 && !k.want[0].ctrl {
		return Keys{}, fmt.Errorf("%q would begin with a key that is typed for itself; begin with one such as ctrl-]", text)
	}
	return k, nil
}

// controlByte is what a terminal sends for ctrl and a character; 0 for none.
func controlByte(code rune) byte {
	switch {
	case code >= 'a' && code <= 'z':
		return byte(code - 'a' + 1)
	case code >= '[' && code <= '_':
		return byte(code - '[' + 0x1b)
	}
	return 0
}

// Find returns what of the keys typed is for the program, and whether the last one of Keys was pressed: rest is what was typed
// behind it then, and not looked at.
func (k *Keys) Find(typed []byte) (pass, rest []byte, found bool) {
	if len(k.want) == 0 {
		return typed, nil, false
	}
	for len(typed) > 0 {
		pressed, raw, released := nextKey(typed)
		typed = typed[len(raw):]
		switch {
		case released && k.next > 0:
			k.held = append(k.held, raw...)
		case pressed == k.want[k.next]:
			if k.next++; k.next == len(k.want) {
				k.held, k.next = nil, 0
				return pass, typed, true
			}
			k.held = append(k.held, raw...)
		default: // or the first of them twice: it is meant for the program
			pass = append(append(pass, k.held...), raw...)
			k.held, k.next = nil, 0
		}
	}
	return pass, nil, false
}

// Keys as terminals send them that were asked to tell more: in kitty's protocol, with the modifiers and whether the key was
// pressed, held or released (https://sw.kovidgoyal.net/kitty/keyboard-protocol/), and in xterm's (modifyOtherKeys).
// They are compiled when they are needed: every start of jail pays for what is done before.
var (
	kittyKey = sync.OnceValue(func() *regexp.Regexp {
		return regexp.MustCompile(`^\x1b\[(\d+)(?::\d*)*(?:;(\d+)(?::(\d))?)?(?:;[\d:]*)?u`)
	})
	xtermKey = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^\x1b\[27;(\d+);(\d+)~`) })
)

const (
	modifierCtrl  = 4
	modifierLocks = 64 | 128 // caps lock and num lock, which stay on
	eventReleased = "3"
)

// nextKey takes one key from the front of what was typed.
func nextKey(typed []byte) (pressed key, raw []byte, released bool) {
	if m := kittyKey().FindSubmatch(typed); m != nil {
		return modified(string(m[1]), string(m[2])), m[0], string(m[3]) == eventReleased
	}
	if m := xtermKey().FindSubmatch(typed); m != nil {
		return modified(string(m[2]), string(m[1])), m[0], false
	}
	b := typed[0]
	switch {
	case b >= ' ' && b < 0x7f:
		pressed = key{code: rune(b)}
	case b >= 1 && b <= 26 && b != '\t' && b != '\r':
		pressed = key{rune(b) - 1 + 'a', true}
	case b >= 0x1c && b <= 0x1f:
		pressed = key{rune(b) - 0x1b + '[', true}
	}
	return pressed, typed[:1], false
}

// modified is a key by its number and that of its modifiers, which is 1 more than their sum.
func modified(code, modifiers string) key {
	number, _ := strconv.Atoi(code)
	sum, err := strconv.Atoi(modifiers)
	if err != nil {
		sum = 1
	}
	switch (sum - 1) &^ modifierLocks {
	case 0:
		return key{code: rune(number)}
	case modifierCtrl:
		return key{rune(number), true}
	}
	return key{}
}
