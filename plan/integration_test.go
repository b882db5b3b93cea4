package plan

import (
	"slices"
	"strings"
	"testing"

	"jail/config"
)

// TestIntegrationsAreThoseOfConfig compares what can be asked for with what is given.
func TestIntegrationsAreThoseOfConfig(t *testing.T) {
	var asked, given []string
	for _, i := range config.Integrations() {
		asked = append(asked, i.Key)
	}
	for _, i := range integrations {
		given = append(given, i.key)
		known, _ := config.ParseGrant(i.key, "true")
		for _, p := range i.parts {
			if word := strings.TrimPrefix(p.word, "!"); word != "" {
				if _, err := config.ParseGrant(i.key, word); err != nil {
					t.Errorf("%s: %v", i.key, err)
				}
			}
		}
		if known != config.Granted || i.fix == "" || len(i.parts) == 0 {
			t.Errorf("%s is not complete", i.key)
		}
	}
	if !slices.Equal(asked, given) {
		t.Errorf("config has %q, plan has %q", asked, given)
	}
}

func TestAddress(t *testing.T) {
	h := Host{Env: []string{"XDG_RUNTIME_DIR=/run/user/1000"}}
	for _, tt := range []struct{ name, value, want string }{
		{"DISPLAY", ":0", "/tmp/.X11-unix/X0"},
		{"DISPLAY", "unix:12.1", "/tmp/.X11-unix/X12"},
		{"DISPLAY", "/tmp/socket", "/tmp/socket"},
		{"DISPLAY", "host:0", "host:0"},
		{"DISPLAY", ":", ":"},
		{"DISPLAY", ":0/../../etc", ":0/../../etc"},
		{"WAYLAND_DISPLAY", "wayland-1", "/run/user/1000/wayland-1"},
		{"WAYLAND_DISPLAY", "/w", "/w"},
		{"WAYLAND_DISPLAY", "../bus", "../bus"},
		{"DOCKER_HOST", "unix:///run/d.sock", "/run/d.sock"},
		{"DOCKER_HOST", "tcp://127.0.0.1:2375", ""},
		{"DOCKER_HOST", "/run/d.sock", ""},
		{"SSH_AUTH_SOCK", "/a", "/a"},
	} {
		if got := h.address(tt.name, tt.value); got != tt.want {
			t.Errorf("%s=%s: got %q, want %q", tt.name, tt.value, got, tt.want)
		}
	}
}
