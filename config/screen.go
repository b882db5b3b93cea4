package config

import (
	"errors"
	"fmt"
	"path/filepath"
	"strings"

	"github.com/kballard/go-shellquote"
)

// The keys about what the user's terminal shows and tells of a run beyond the command's output.
const (
	keyStatusBar = "status_bar"
	keyRedrawKey = "resize_redraw_key"
	keyNotify    = "notify"
)

// Screen is what a user likes to see and hear of a run. It is the user's alone: no project file has a say in it, as it concerns
// the user's own terminal and, with a command to notify, the host. Empty fields say nothing.
type Screen struct {
	StatusBar StatusBar `json:"status_bar,omitempty"`
	RedrawKey RedrawKey `json:"resize_redraw_key,omitempty"`
	Notify    Notify    `json:"notify,omitempty"`
}

// StatusBar says how the line about the jail in the last row looks.
type StatusBar string

const (
	BarOff    StatusBar = "off"
	BarDark   StatusBar = "dark"
	BarLight  StatusBar = "light"
	BarPastel StatusBar = "pastel"
)

// statusBars are all looks.
var statusBars = []string{string(BarOff), string(BarDark), string(BarLight), string(BarPastel)}

// ParseStatusBar reads a look.
func ParseStatusBar(text string) (StatusBar, error) {
	return parseWord[StatusBar]("status bar ", text, statusBars)
}

// RedrawKey is the key that a command gets after its terminal was resized: ctrl-LETTER, ctrl-shift-LETTER or off.
type RedrawKey string

// RedrawOff is no key.
const RedrawOff RedrawKey = "off"

// Byte is what a terminal sends for the key, 0 for none. Shift makes no difference to it.
func (k RedrawKey) Byte() byte {
	if k == "" || k == RedrawOff {
		return 0
	}
	return k[len(k)-1] & 0x1f
}

// ParseRedrawKey reads a key, whose parts -, _, + or a space may separate.
func ParseRedrawKey(text string) (RedrawKey, error) {
	words := strings.FieldsFunc(strings.ToLower(text), func(r rune) bool { return strings.ContainsRune("-_+ ", r) })
	key := strings.Join(words, "-")
	switch key {
	case "off", "none", "disabled":
		return RedrawOff, nil
	}
	letter := strings.TrimPrefix(strings.TrimPrefix(key, "ctrl-"), "shift-")
	if !strings.HasPrefix(key, "ctrl-") || len(letter) != 1 || letter[0] < 'a' || letter[0] > 'z' {
		return "", fmt.Errorf("key %q is none that is known; write ctrl-l, ctrl-shift-l with any letter, or off", shorten(text))
	}
	return RedrawKey(key), nil
}

// Notify says how the user hears that a command waits: off, bell, desktop, or a command of the host with its arguments, quoted as
// for a shell, which does not see it.
type Notify string

const (
	NotifyOff     Notify = "off"
	NotifyBell    Notify = "bell"
	NotifyDesktop Notify = "desktop"
)

// Command is the program of the host and its arguments; none for the other ways.
func (n Notify) Command() []string {
	switch n {
	case "", NotifyOff, NotifyBell, NotifyDesktop:
		return nil
	}
	words, _ := shellquote.Split(string(n)) // ParseNotify has looked
	return words
}

// MeantNotify is the way that a misspelt word probably means; empty where none is near enough.
func MeantNotify(word string) string { return Closest(word, notifyWords()) }

// notifyWords are the ways that are no command.
func notifyWords() []string {
	return []string{string(NotifyOff), string(NotifyBell), string(NotifyDesktop)}
}

// ParseNotify reads a way.
func ParseNotify(text string) (Notify, error) {
	words, err := shellquote.Split(text)
	switch {
	case err != nil:
		return "", fmt.Errorf("command %q: %w; quote it as for a shell", shorten(text), err)
	case len(words) == 0 || words[0] == "":
		return "", errors.New("it is empty; write bell, desktop, off or a command")
	case strings.ContainsRune(text, 0):
		return "", errors.New("it has a NUL byte; take it out")
	case strings.Contains(words[0], "/") && !filepath.IsAbs(words[0]):
		return "", fmt.Errorf("command %q would be another one in each folder; write its whole path, or its name alone", shorten(words[0]))
	}
	return Notify(text), nil
}

// screenKeys are the keys of Screen.
func screenKeys() []string { return []string{keyStatusBar, keyRedrawKey, keyNotify} }

// Text is what is said for a key of Screen.
func (s Screen) Text(key string) string {
	switch key {
	case keyStatusBar:
		return string(s.StatusBar)
	case keyRedrawKey:
		return string(s.RedrawKey)
	case keyNotify:
		return string(s.Notify)
	}
	return ""
}

// set takes what is said for a key.
func (s *Screen) set(key, text string) (err error) {
	switch key {
	case keyStatusBar:
		s.StatusBar, err = ParseStatusBar(text)
	case keyRedrawKey:
		s.RedrawKey, err = ParseRedrawKey(text)
	case keyNotify:
		s.Notify, err = ParseNotify(text)
	}
	return err
}

// screen takes what a layer says of it.
func (m *merger) screen(l layer) {
	for _, key := range screenKeys() {
		if text := l.Screen.Text(key); text != "" && m.config.Screen.set(key, text) == nil {
			m.config.Origins[key] = l.origins[key]
		}
	}
}

// withoutScreen cuts the layers of a project's file that the user trusts: what is approved there is the jail.
func withoutScreen(layers []layer) (kept []layer, refused []Refusal) {
	for _, l := range layers {
		for _, key := range screenKeys() {
			if text := l.Screen.Text(key); text != "" {
				refused = append(refused, Refusal{Origin: l.origins[key], Key: key, Value: text, Why: screenWhy})
			}
		}
		l.Screen = Screen{}
		kept = append(kept, l)
	}
	return kept, refused
}

const screenWhy = "what your terminal shows and tells is said in your own config or on the command line"
