package config

import (
	"testing"
	"time"
)

func TestLimitsAreRead(t *testing.T) {
	for _, tt := range []struct {
		key, text string
		want      Limits
	}{
		{"memory", "4g", Limits{Memory: 4 << 30}},
		{"memory", "512M", Limits{Memory: 512 << 20}},
		{"memory", "1.5GiB", Limits{Memory: 3 << 29}},
		{"memory", " 64 mb", Limits{Memory: 64 << 20}},
		{"memory", "33554432", Limits{Memory: 32 << 20}},
		{"memory", "16m", Limits{Memory: 16 << 20}},
		{"cpus", "2", Limits{CPUs: 2000}},
		{"cpus", "0.5", Limits{CPUs: 500}},
		{"cpus", "0.01", Limits{CPUs: 10}},
		{"pids_limit", "500", Limits{Processes: 500}},
		{"pids_limit", "32", Limits{Processes: 32}},
		{"timeout", "1h30m", Limits{Timeout: 90 * time.Minute}},
		{"timeout", "500ms", Limits{Timeout: time.Second / 2}},
	} {
		var got Limits
		if err := got.Set(tt.key, tt.text); err != nil || got != tt.want {
			t.Errorf("%s %q: got %+v, %v; want %+v", tt.key, tt.text, got, err, tt.want)
		}
		if !got.Has(tt.key) {
			t.Errorf("%s %q: not said", tt.key, tt.text)
		}
	}
}

func TestLimitsThatMakeNoSense(t *testing.T) {
	for key, texts := range map[string][]string{
		"memory":     {"", "g", "4x", "-4g", "4gg", "0x10g", "1e9", "infinity", "nan", "15m", "0", "9999999t", "4 g b", "1.2.3g"},
		"cpus":       {"", "0", "-1", "0.009", "two", "1e3", "inf", "1,5", "9999999"},
		"pids_limit": {"", "0", "31", "-500", "1.5", "4k", "99999999999"},
		"timeout":    {"", "0", "0s", "-5m", "30", "soon", "1d"},
		"bogus":      {"1"},
	} {
		for _, text := range texts {
			var got Limits
			if err := got.Set(key, text); err == nil {
				t.Errorf("%s %q was taken as %+v", key, text, got)
			}
		}
	}
}

// A project's limit is a ceiling: it binds what the user's files and the defaults allow, and not the command line.
func TestProjectLimitsAreCeilings(t *testing.T) {
	w := newWorld(t)
	user := w.write("user", "memory = '4g'\n[commands.make]\nmemory = '2g'\ncpus = 1.5")
	project := w.write("project", "memory = '8g'\npids_limit = 100\ntimeout = '1h'")
	w.command = []string{"make"}
	got := w.load(t)
	if want := (Limits{Memory: 2 << 30, CPUs: 1500}); got.Limits != want {
		t.Errorf("limits: got %+v, want the user's %+v", got.Limits, want)
	}
	if want := (Limits{Memory: 8 << 30, Processes: 100, Timeout: time.Hour}); got.Ceilings != want || got.Refused != nil {
		t.Errorf("ceilings: got %+v, refused %v; want %+v", got.Ceilings, got.Refused, want)
	}
	if got.Origins["memory"] != user+":3" || got.Origins[Ceiling("memory")] != project+":1" || got.Origins["cpus"] != user+":4" {
		t.Errorf("origins %v", got.Origins)
	}
	w.write("project", "lockdown = true\nmemory = '1g'\ncpus = 4")
	got = w.load(t)
	if want := (Limits{Memory: 1 << 30, CPUs: 1500}); got.Ceilings != want || got.Limits != (Limits{}) {
		t.Errorf("in lockdown: got %+v below %+v, want no limits below %+v", got.Limits, got.Ceilings, want)
	}
	if got.Origins[Ceiling("memory")] != project+":2" || got.Origins[Ceiling("cpus")] != user+":4" {
		t.Errorf("in lockdown: origins %v", got.Origins)
	}
	w.write("project", "memory = '8g'\npids_limit = 100\ntimeout = '1h'")
	w.flags = Overlay{Limits: Limits{Memory: 16 << 30, Timeout: 2 * time.Hour}}
	got = w.load(t)
	if want := (Limits{Memory: 16 << 30, CPUs: 1500, Timeout: 2 * time.Hour}); got.Limits != want {
		t.Errorf("limits with flags: got %+v, want %+v", got.Limits, want)
	}
	if want := (Limits{Processes: 100}); got.Ceilings != want {
		t.Errorf("ceilings with flags: got %+v, want %+v", got.Ceilings, want)
	}
}
