package terminal

import (
	"encoding/base64"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Bounds of what a program may have the terminal or desktop show, in characters, and of a link, in bytes.
const (
	maxTitle        = 200
	maxNotification = 1000
	maxLink         = 2083
)

// oscRules are the operating system commands that pass: the function returns what may pass of a payload, the part after
// the number and its semicolon. All others are dropped, on purpose among them:
//   - 7 (and 9;9, 633, CurrentDir of 1337), the folder in which the terminal starts the next shell: a prompt that runs
//     git in a folder of the program's choice runs what that folder's configuration says;
//   - 50, the font, whose query echoes the program's text (CVE-2022-45063 in xterm); 21, kitty's colours, likewise;
//   - 1337, iTerm2's own (files, uploads, clipboard), but for a few; 5113 and 5522, files and clipboard of kitty;
//   - 3, window properties; 30 and 31, tabs of Konsole; 46, a log file of xterm; 51, commands for Emacs.
var oscRules = map[string]func(f *Filter, payload string) (string, bool){
	"0": (*Filter).title, "1": (*Filter).title, "2": (*Filter).title,
	"4": (*Filter).colour, "5": (*Filter).colour, "10": (*Filter).colour, "11": (*Filter).colour, "12": (*Filter).colour,
	"13": (*Filter).colour, "14": (*Filter).colour, "17": (*Filter).colour, "19": (*Filter).colour,
	"104": (*Filter).colour, "105": (*Filter).colour, "110": (*Filter).colour, "111": (*Filter).colour, "112": (*Filter).colour,
	"113": (*Filter).colour, "114": (*Filter).colour, "117": (*Filter).colour, "119": (*Filter).colour,
	"8": (*Filter).link, "9": (*Filter).notification9, "52": (*Filter).clipboard, "99": (*Filter).notification99,
	"133": (*Filter).promptMark, "777": (*Filter).notification777, "1337": (*Filter).iterm,
}

// judgeString appends the string that introducer starts, if it may pass. Device control strings all are dropped:
// status requests (DECRQSS, CVE-2008-2383 in xterm, CVE-2022-45872 in iTerm2) and XTGETTCAP echo the program's text,
// others define keys, fonts and macros, control kitty, or carry sequences past the filter (tmux); sixel and ReGIS reach
// decoders with a history (CVE-2022-24130 and CVE-2023-40359 in xterm).
func (f *Filter) judgeString(dst []byte, introducer byte, body, end string) []byte {
	switch {
	case introducer == '_' && strings.HasPrefix(body, "G") && harmlessGraphics(body[1:]) && f.policy.Audience == Answering:
		return append(append(append(dst, "\x1b_"...), body...), end...)
	case introducer != ']' || f.policy.Audience == Reading:
		return dst
	}
	number, payload, has := strings.Cut(body, ";")
	rule := oscRules[number]
	if rule == nil {
		return dst
	}
	payload, ok := rule(f, payload)
	if !ok || f.policy.Audience.watches() && (speaks[number] || !texts[number] && strings.Contains(payload, "?")) {
		return dst
	}
	dst = append(append(dst, "\x1b]"...), number...)
	if has {
		dst = append(append(dst, ';'), payload...)
	}
	return append(dst, end...)
}

// sanitize makes text fit for a title or notification: without control characters, invalid bytes and the invisible
// ones that reorder or hide text (CVE-2021-42574), and at most limit characters long.
func sanitize(text string, limit int) string {
	var out strings.Builder
	for _, r := range text {
		if r == utf8.RuneError || !unicode.IsGraphic(r) && r != 0x200d {
			continue // 200d joins emoji
		}
		if introducesInBytes(string(r)) {
			r = '?'
		}
		if limit--; limit < 0 {
			break
		}
		out.WriteRune(r)
	}
	return out.String()
}

// plain says whether text holds only ASCII letters, digits and the marks given.
func plain(text, marks string) bool {
	for i := range len(text) {
		b := text[i]
		if (b < '0' || b > '9') && (b < 'A' || b > 'Z') && (b < 'a' || b > 'z') && strings.IndexByte(marks, b) < 0 {
			return false
		}
	}
	return true
}

// introducesInBytes says whether a terminal that looks for ST byte by byte, inside characters too, would take char for
// the end of the string and the start of another sequence: U+271B is E2 9C 9B, whose last bytes are ST and CSI.
func introducesInBytes(char string) bool {
	_, rest, _ := strings.Cut(char, "\x9c")
	for i := range len(rest) {
		if b := rest[i]; b == 0x90 || b == 0x98 || b >= 0x9a && b <= 0x9f {
			return true
		}
	}
	return false
}

func (f *Filter) title(payload string) (string, bool) {
	text := sanitize(payload, maxTitle)
	f.tell(EventTitle, text)
	return text, true
}

// colour passes colours that are set, reset or asked for; replies hold numbers.
func (f *Filter) colour(payload string) (string, bool) {
	if len(payload) > 4096 || !plain(payload, ";:/#?.,%- ") {
		return "", false
	}
	f.modes.colours = f.modes.colours || strings.Trim(payload, "0123456789;?") != ""
	return payload, true
}

// link passes hyperlinks to the web and to mail. One to a file would open, on a click, what the program wrote in the
// host's own applications; it becomes the end of a link, so that the text stays and does nothing.
func (f *Filter) link(payload string) (string, bool) {
	params, target, _ := strings.Cut(payload, ";")
	scheme, _, hasScheme := strings.Cut(strings.ToLower(target), ":")
	fine := hasScheme && (scheme == "http" || scheme == "https" || scheme == "mailto") && len(payload) <= maxLink &&
		plain(params, "=:_-.,/+@") && !strings.ContainsFunc(target, func(r rune) bool { return r <= ' ' || r > '~' })
	if !fine {
		f.modes.link = false
		return ";", true
	}
	f.modes.link = true
	return payload, true
}

// notification9 passes iTerm2's notifications and the progress of ConEmu, whose other commands start with a number too:
// message boxes, macros, folders.
func (f *Filter) notification9(payload string) (string, bool) {
	if strings.HasPrefix(payload, "4;") && len(payload) <= 16 && strings.Trim(payload, "0123456789;") == "" {
		if payload == "4;0" || strings.HasPrefix(payload, "4;0;") {
			f.tell(EventDone, "")
		} else {
			f.tell(EventBusy, "")
		}
		return payload, true
	}
	if payload == "" || payload[0] >= '0' && payload[0] <= '9' {
		return "", false
	}
	text := sanitize(payload, maxNotification)
	// What is dropped at the start may leave a number there.
	if text == "" || text[0] >= '0' && text[0] <= '9' {
		return "", false
	}
	f.tell(EventNotification, text)
	return text, true
}

// notification99 passes titles and texts of kitty's notifications, without actions, buttons, icons and reports, and
// never encoded (CVE-2022-41322: control characters in one ran commands).
func (f *Filter) notification99(payload string) (string, bool) {
	meta, text, ok := strings.Cut(payload, ";")
	if !ok || len(meta) > 256 {
		return "", false
	}
	for pair := range strings.SplitSeq(meta, ":") {
		key, value, _ := strings.Cut(pair, "=")
		fine := plain(value, "_-+.")
		switch key {
		case "", "i", "d", "u":
		case "p":
			fine = value == "title" || value == "body"
		case "e":
			fine = value == "0"
		default:
			fine = false
		}
		if !fine || key == "" && pair != "" {
			return "", false
		}
	}
	text = sanitize(text, maxNotification)
	f.tell(EventNotification, text)
	return meta + ";" + text, true
}

func (f *Filter) notification777(payload string) (string, bool) {
	text, ok := strings.CutPrefix(payload, "notify;")
	if !ok {
		return "", false
	}
	text = sanitize(text, maxNotification)
	f.tell(EventNotification, strings.TrimSuffix(strings.Replace(text, ";", ": ", 1), ": "))
	return "notify;" + text, true
}

// clipboard passes writes that the user allows. An asking program is dropped: the reply would hold the user's clipboard.
func (f *Filter) clipboard(payload string) (string, bool) {
	selection, data, ok := strings.Cut(payload, ";")
	if !ok || strings.Trim(selection, "cpqs01234567") != "" || f.policy.Clipboard == ClipboardKept {
		return "", false
	}
	text, err := base64.StdEncoding.DecodeString(data)
	if err != nil || strings.ContainsAny(data, "\r\n") {
		return "", false
	}
	if f.policy.Clipboard == ClipboardAsked {
		f.held = payload
		f.tell(EventClipboard, strconv.Itoa(utf8.RuneCount(text)))
		return "", false
	}
	return payload, true
}

// Copied returns what writes to the clipboard what the program last wanted to, for a user who allows it, and forgets that; empty
// bytes where there is nothing.
func (f *Filter) Copied() []byte {
	if f.held == "" {
		return nil
	}
	defer func() { f.held = "" }()
	return []byte("\x1b]52;" + f.held + "\x1b\\")
}

// promptMark passes the marks of shells around prompts and output, without command lines.
func (f *Filter) promptMark(payload string) (string, bool) {
	return payload, len(payload) <= 256 && plain(payload, ";=_-") && !strings.Contains(payload, "cmdline")
}

func (f *Filter) iterm(payload string) (string, bool) {
	switch payload {
	case "SetMark", "ReportCellSize", "CursorShape=0", "CursorShape=1", "CursorShape=2":
		return payload, true
	}
	return "", false
}

// harmlessGraphics says whether a kitty graphics command carries its own data. The other mediums (t=f, t and s) have the
// terminal read or remove a file of the host; kitty's error reply once echoed the name (CVE-2020-35605).
func harmlessGraphics(command string) bool {
	control, data, _ := strings.Cut(command, ";")
	if !plain(data, "+/=") {
		return false
	}
	for pair := range strings.SplitSeq(control, ",") {
		key, value, ok := strings.Cut(pair, "=")
		if pair == "" {
			continue
		}
		number := value != "" && len(value) <= 11 && strings.Trim(value, "-0123456789") == ""
		letter := len(value) == 1 && plain(value, "")
		if !ok || len(key) != 1 || !plain(key, "") || !number && !letter || key == "t" && value != "d" {
			return false
		}
	}
	return true
}
