package config

import (
	"slices"
	"strings"
	"testing"
)

func TestParseRedrawKey(t *testing.T) {
	for text, want := range map[string]byte{
		"ctrl-l": 0x0c, "Ctrl-Shift-L": 0x0c, "ctrl+shift+l": 0x0c, "ctrl_a": 1, "CTRL Z": 26, "off": 0, "none": 0, "disabled": 0,
	} {
		key, err := ParseRedrawKey(text)
		if err != nil || key.Byte() != want {
			t.Errorf("%q: %v, %v", text, key.Byte(), err)
		}
		if again, err := ParseRedrawKey(string(key)); err != nil || again != key {
			t.Errorf("%q became %q, and that %q, %v", text, key, again, err)
		}
	}
	for _, text := range []string{"", "l", "shift-l", "ctrl-", "ctrl-1", "ctrl-ll", "shift-ctrl-l", "alt-l", "ctrl-é"} {
		if key, err := ParseRedrawKey(text); err == nil {
			t.Errorf("%q is taken for %q", text, key)
		}
	}
}

func TestParseNotify(t *testing.T) {
	for text, want := range map[string][]string{
		"bell": nil, "desktop": nil, "off": nil,
		"notify-send -u critical 'jail waits'": {"notify-send", "-u", "critical", "jail waits"},
		"/usr/bin/say hi":                      {"/usr/bin/say", "hi"},
	} {
		n, err := ParseNotify(text)
		if err != nil || !slices.Equal(n.Command(), want) {
			t.Errorf("%q: %q, %v", text, n.Command(), err)
		}
	}
	for _, text := range []string{"", "  ", "say 'hi", "./say", "bin/say", "'' x", "a\x00b"} {
		if _, err := ParseNotify(text); err == nil {
			t.Errorf("%q is taken", text)
		}
	}
}

// What a user's terminal shows is no matter of a project's file, whether it is trusted or not: a command to notify would run on
// the host.
func TestScreenIsTheUsers(t *testing.T) {
	const text = "status_bar = 'dark'\nresize_redraw_key = 'ctrl-l'\nnotify = 'touch /tmp/x'\nhostname = 'theirs'"
	for _, trusted := range []bool{false, true} {
		w := newWorld(t)
		user := w.write("user", "status_bar = 'light'")
		project := w.write("project", text)
		r := w.request()
		if trusted {
			r.Approved = Sum([]byte(text))
		}
		c, err := Load(r)
		if err != nil {
			t.Fatal(err)
		}
		if want := (Screen{StatusBar: BarLight}); c.Screen != want || c.Hostname != "theirs" || c.Origins[keyStatusBar] != user+":1" {
			t.Errorf("trusted %v: %+v from %q, host %q", trusted, c.Screen, c.Origins[keyStatusBar], c.Hostname)
		}
		var lines []string
		for _, refusal := range c.Refused {
			lines = append(lines, refusal.String())
		}
		for _, want := range []string{`:1: status_bar "dark" is not taken`, `:2: resize_redraw_key "ctrl-l" is`, `:3: notify "touch /tmp/x" is`} {
			if !strings.Contains(strings.Join(lines, "\n"), project+want) {
				t.Errorf("trusted %v: no %q in %q", trusted, want, lines)
			}
		}
	}
}

func TestScreenLayers(t *testing.T) {
	w := newWorld(t)
	w.write("user", "status_bar = 'light'\nnotify = 'bell'\n[commands.vim]\nstatus_bar = 'off'")
	r := w.request()
	r.Command = []string{"vim"}
	r.Variables = []string{"JAIL_NOTIFY=desktop", "JAIL_NAME=x", "JAIL_NOTIFY_TEXT=y", "JAIL_NOTIFY_STATE=waiting"}
	r.Flags = Overlay{Origin: "flags", Screen: Screen{RedrawKey: "ctrl-l"}}
	c, err := Load(r)
	if want := (Screen{StatusBar: BarOff, RedrawKey: "ctrl-l", Notify: NotifyDesktop}); err != nil || c.Screen != want {
		t.Errorf("%+v, %v", c.Screen, err)
	}
	for _, line := range []string{"status_bar = 'pink'", "status_bar = true", "notify = './x'", "resize_redraw_key = 'x'"} {
		w.write("user", line)
		if _, err := Load(w.request()); err == nil {
			t.Errorf("%s is taken", line)
		}
	}
}
