package config

import (
	"embed"
	"fmt"
	"strings"
)

// BrowserMode says what is kept of a browser's state: its profile, history and cache. The zero value says nothing.
type BrowserMode string

const (
	BrowserHard BrowserMode = "hard" // nothing
	BrowserSoft BrowserMode = "soft" // all, in a folder of jail's own: never the user's own profile
	BrowserOff  BrowserMode = "off"  // it is a command like any other
)

// On reports whether a run is one of a browser.
func (m BrowserMode) On() bool { return m == BrowserHard || m == BrowserSoft }

var browserModes = []string{string(BrowserHard), string(BrowserSoft), string(BrowserOff)}

// ParseBrowser reads a mode.
func ParseBrowser(text string) (BrowserMode, error) {
	return parseWord[BrowserMode]("browser mode ", text, browserModes)
}

// Browser is what is known of a family of browsers. In arguments @ stands for the folder of the browser's state.
type Browser struct {
	Family         string   `json:"family"`
	Program        string   `json:"program"`                   // the name that it is started by; its state goes by it
	Programs       []string `json:"-"`                         // all names of the family
	Arguments      []string `json:"arguments,omitempty"`       // always added
	WithoutGPU     []string `json:"without_gpu,omitempty"`     // added where there are no graphics cards
	WithoutSandbox []string `json:"without_sandbox,omitempty"` // added where its own sandbox cannot work, without which it would not start
	Wayland        []string `json:"wayland,omitempty"`         // added where Wayland is the only display
	Headless       []string `json:"headless,omitempty"`        // what of the user's arguments says that there is no window
}

// BrowserError says that a command was to be run as a browser, and is none.
type BrowserError struct{ Program string }

func (e *BrowserError) Error() string {
	if e.Program == "" {
		return "--browser: no browser is named that could be one of yours"
	}
	return fmt.Sprintf("--browser: %q is no browser that jail knows", e.Program)
}

// Hint says what to do about it.
func (e *BrowserError) Hint() string {
	return "name one of " + strings.Join(browserPrograms(), ", ") + ", or leave --browser out"
}

//go:embed browsers/*.toml
var browserFiles embed.FS

// browserFamilies are the names of the files.
var browserFamilies = []string{"chromium", "firefox"}

// browserFamily names the family of a program without reading any file; a test compares it with what they say.
func browserFamily(program string) string {
	switch program {
	case "brave", "brave-browser", "chromium", "chromium-browser", "google-chrome", "google-chrome-beta", "google-chrome-stable",
		"google-chrome-unstable", "microsoft-edge", "microsoft-edge-stable", "vivaldi", "vivaldi-stable":
		return "chromium"
	case "firefox", "firefox-developer-edition", "firefox-esr", "firefox-nightly", "librewolf", "waterfox":
		return "firefox"
	}
	return ""
}

// readBrowser reads what is known of a family.
func readBrowser(family string) (Browser, error) {
	path := "browsers/" + family + ".toml"
	data, err := browserFiles.ReadFile(path)
	if err != nil {
		return Browser{}, err
	}
	b := Browser{Family: family}
	lists := map[string]*[]string{
		"programs": &b.Programs, "arguments": &b.Arguments, "without_gpu": &b.WithoutGPU, "without_sandbox": &b.WithoutSandbox,
		"wayland": &b.Wayland, "headless": &b.Headless,
	}
	var fields []field
	for key := range lists {
		fields = append(fields, field{key, shapeStrings})
	}
	entries, err := parseDocument(path, data, schema{top: fields})
	if err != nil {
		return Browser{}, err
	}
	for _, e := range entries {
		for _, t := range e.texts {
			*lists[e.key] = append(*lists[e.key], t.value)
		}
	}
	return b, nil
}

// browserPrograms lists the programs of all families.
func browserPrograms() (all []string) {
	for _, family := range browserFamilies {
		if b, err := readBrowser(family); err == nil { // a test reads them all
			all = append(all, b.Programs...)
		}
	}
	return all
}
