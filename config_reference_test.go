package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"jail/config"
)

const referencePath = "docs/config-reference.md"

// TestConfigReference compares docs/config-reference.md with what the schema makes of it; -update writes it.
func TestConfigReference(t *testing.T) {
	want := configReference()
	if *update {
		if err := os.WriteFile(referencePath, []byte(want), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if readPage(t, referencePath) != want {
		t.Errorf("%s is not what the schema says; look at the difference after: just golden", referencePath)
	}
}

// TestExampleOfConfiguration reads the example that docs/configuration.md begins with as a file of the user's.
func TestExampleOfConfiguration(t *testing.T) {
	_, rest, found := strings.Cut(readPage(t, "docs/configuration.md"), "```toml\n")
	example, _, ended := strings.Cut(rest, "```\n")
	if !found || !ended {
		t.Fatal("there is no example")
	}
	path := filepath.Join(t.TempDir(), "config.toml")
	if err := os.WriteFile(path, []byte(example), 0o600); err != nil {
		t.Fatal(err)
	}
	cfg, err := config.Load(config.Request{Files: config.Files{User: path}, Home: "/home/u"})
	if err != nil || len(cfg.Refused) > 0 || cfg.Network != config.NetworkAllow || !cfg.Grants.On("ssh") {
		t.Errorf("it means %+v, %v", cfg, err)
	}
}

// configReference is the page of all keys of the config files.
func configReference() string {
	var b strings.Builder
	b.WriteString("<!-- Made of the schema: just golden -->\n# Every key of the config files\n\n" +
		"What the files are, and which of them wins, stands in [configuration](configuration.md). `jail config schema` prints this list,\n" +
		"`jail config schema --json` a schema for editors, and `jail init` writes a file with all keys commented out.\n\n" +
		"The last column is what a project's file may do that you did not approve (`jail trust`). A name behind a point, as in\n" +
		"`network.allow`, may be written as a table too: `[network]`, `allow = […]`.\n\n" +
		"| key | what it says | such as | an untrusted project may |\n|---|---|---|---|\n")
	cell := strings.NewReplacer("|", `\|`, "\n", " ").Replace
	tables := config.JSONSchema()["properties"].(map[string]any)["commands"].(map[string]any)["additionalProperties"].(map[string]any)
	inTables := tables["properties"].(map[string]any)
	var whole []string // keys that a [commands.NAME] table has not
	for _, key := range config.Keys() {
		name := "`" + key.Name + "`"
		if rest, ok := strings.CutPrefix(key.Name, "network_"); ok {
			name += ", `network." + rest + "`"
		}
		b.WriteString("| " + name + " | " + cell(key.What) + " | `" + cell(key.Example) + "` | " + cell(key.Project) + " |\n")
		if _, is := inTables[key.Name]; !is {
			whole = append(whole, "`"+key.Name+"`")
		}
	}
	b.WriteString("\nA table `[commands.NAME]` has all of these but " + strings.Join(whole, ", ") + ".\n")
	return b.String()
}
