package config

import (
	"encoding/json"
	"strings"
	"testing"
)

func TestEveryKeyIsDescribed(t *testing.T) {
	keys := Keys()
	if len(keys) != len(topFields()) {
		t.Errorf("%d keys are described, and the schema has %d", len(keys), len(topFields()))
	}
	for _, key := range keys {
		if key.What == "" || key.Project == "" {
			t.Errorf("%s is not described", key.Name)
		}
		if _, err := parseFile("/f", []byte(key.Name+" = "+key.Example), Places{"/h", "/p"}); err != nil {
			t.Errorf("its example does not parse: %v", err)
		}
	}
}

// TestTemplate holds that a new project file says nothing, and that each line of it is valid once the # is taken away.
func TestTemplate(t *testing.T) {
	f, err := parseFile("/f", []byte(Template()), Places{"/h", "/p"})
	if err != nil || len(f.entries) > 0 {
		t.Errorf("the template says %v, %v", f.entries, err)
	}
	var text strings.Builder
	for line := range strings.Lines(Template()) {
		if rest, ok := strings.CutPrefix(line, "# "); ok && (strings.Contains(rest, " = ") || strings.HasPrefix(rest, "[")) {
			text.WriteString(rest)
		}
	}
	f, err = parseFile("/f", []byte(text.String()), Places{"/h", "/p"})
	if err != nil || len(f.entries) != len(topFields())-len(screenKeys()) { // which are the user's own
		t.Errorf("%d of its keys are valid, %v:\n%s", len(f.entries), err, text.String())
	}
}

func TestJSONSchema(t *testing.T) {
	data, err := json.Marshal(JSONSchema())
	if err != nil {
		t.Fatal(err)
	}
	var s struct {
		Properties map[string]struct {
			Type                 string
			AdditionalProperties struct{ Properties map[string]any }
		}
		AdditionalProperties bool
	}
	if err := json.Unmarshal(data, &s); err != nil || s.AdditionalProperties {
		t.Fatalf("%v, %s", err, data)
	}
	for _, f := range topFields() {
		if _, ok := s.Properties[f.key]; !ok {
			t.Errorf("%s is missing", f.key)
		}
	}
	if n := len(s.Properties[keyCommands].AdditionalProperties.Properties); n != len(commandFields()) {
		t.Errorf("a table has %d keys, want %d", n, len(commandFields()))
	}
	if s.Properties["cpus"].Type != "number" || s.Properties["lockdown"].Type != "boolean" || s.Properties["map"].Type != "array" {
		t.Errorf("got %s", data)
	}
}

func TestValidate(t *testing.T) {
	w := newWorld(t)
	user := w.write("user", "network = 'nine'")
	project := w.write("project", "")
	agent := w.writeAgent("x", "programs = ['x']\nbad = 1")
	got := map[string]Checked{}
	for _, c := range Validate(w.request()) {
		got[c.Path] = c
	}
	if c := got[user]; c.Kind != "user" || !c.Found || !strings.HasPrefix(c.Error, user+":1: ") {
		t.Errorf("user: %+v", c)
	}
	if c := got[project]; c.Kind != "project" || !c.Found || c.Error != "" {
		t.Errorf("project: %+v", c)
	}
	if c := got[agent]; c.Kind != "preset" || !strings.HasPrefix(c.Error, agent+":2: ") {
		t.Errorf("preset: %+v", c)
	}
	if c := got[w.path("managed")]; c.Found || c.Error != "" {
		t.Errorf("managed: %+v", c)
	}
	if c := ValidateFile(agent, w.request()); c.Kind != "preset" || c.Error == "" {
		t.Errorf("one preset: %+v", c)
	}
}
