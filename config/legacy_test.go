package config

import (
	"bytes"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// TestOldFilesAreImported holds that every file of the corpus parses and gives a file that says the same again.
func TestOldFilesAreImported(t *testing.T) {
	for _, tool := range []string{"ai-jail", "robojail"} {
		paths, err := filepath.Glob("testdata/" + tool + "/*")
		if err != nil || len(paths) == 0 {
			t.Fatalf("no files of %s: %v", tool, err)
		}
		for _, path := range paths {
			text, _, err := Import(path)
			if err != nil || !strings.HasPrefix(text, "# From ") {
				t.Errorf("%s: %v", path, err)
			}
		}
	}
}

func TestImport(t *testing.T) {
	text, lost, err := Import("testdata/ai-jail/1.19-project.toml")
	if err != nil {
		t.Fatal(err)
	}
	_, body, _ := strings.Cut(text, "\ncommand")
	want := ` = ["claude", "-p", "say \"hi\""]
rw_map = ["../sibling:/srv/sibling?", "/with space/ü?"]
map = ["docs\\??", "back\\\\slash?"]
network = "host"
inherit_env = "filtered"
agent_state = "copy"
terminal = "raw"
x11 = true
host_shm = false
mask = ["!.env.example"]
env = ["TERM_PROGRAM"]

[commands."codex"]
network = "none"
`
	if body != want {
		t.Errorf("got %s\nwant %s", body, want)
	}
	var keys []string
	for _, r := range lost {
		if !strings.Contains(text, "# testdata/ai-jail/1.19-project.toml:") || r.Why == "" {
			t.Errorf("%v is not in the text", r)
		}
		keys = append(keys, r.Key)
	}
	if want := []string{"private_home", "trust_project_config", "from_the_future.table"}; !slices.Equal(keys, want) {
		t.Errorf("lost %q, want %q", keys, want)
	}
	text, lost, err = Import("testdata/robojail/0.1.0-changed.toml")
	if want := "network = \"none\"\nmap = [\"/opt/tools?\"]\nrw_map = [\"/var/cache/build?\"]\nenv = [\"ANTHROPIC_API_KEY\"]\n"; err != nil || lost != nil || !strings.HasSuffix(text, ".toml.\n"+want) {
		t.Errorf("robojail: %s, %v, %v", text, lost, err)
	}
}

func TestImportErrors(t *testing.T) {
	dir := t.TempDir()
	for content, want := range map[string]string{
		"command = ":         ".ai-jail:1:",
		"rw_maps = ['/']":    "the source is /",
		"mask = 'x'":         `.ai-jail:1: key "mask": want an array of strings, not a string`,
		"env_pass = ['A B']": `key "env": environment variable "A B"`,
	} {
		path := filepath.Join(dir, LegacyProject)
		if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
		if text, _, err := Import(path); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %q, %v; want an error with %q", content, text, err, want)
		}
	}
	if _, _, err := Import(filepath.Join(dir, "none")); err == nil {
		t.Error("a missing file is imported")
	}
}

// TestLegacyProject holds that an .ai-jail tightens as a file of ours does, and that a protection it asks for in vain is named.
func TestLegacyProject(t *testing.T) {
	w := newWorld(t)
	path := w.write("legacy project", "lockdown = true\nro_maps = ['a']\nmask = ['.env']\nno_docker = true\nhide_dotdirs = ['.x']\nmaks = []")
	r := w.request()
	r.Files.Project = path
	got, err := Load(r)
	if err != nil || got.Lockdown != On || len(got.Maps) != 1 || !got.Maps[0].Optional || got.Maps[0].Within != w.proj {
		t.Errorf("got %+v, %v", got, err)
	}
	if len(got.Mask) != 1 || got.Mask[0].Glob != ".env" || !got.Mask[0].Optional {
		t.Errorf("mask %+v, want .env", got.Mask)
	}
	if want := "maks "; refusals(got) != want || got.Refused[0].Origin != path+":6" || !strings.Contains(got.Refused[0].Why, `did you mean "mask"?`) {
		t.Errorf("refused %v, want %s", got.Refused, want)
	}
	w.write("legacy project", "rw_maps = ['/x']\nnetwork = true\ncommand = ['firefox']\nenv_pass = ['K']")
	w.write("user", "network = 'none'\nlockdown = true")
	got, err = Load(r)
	if want := "rw_map /x?, network host, command firefox, env K"; err != nil || refusals(got) != want || got.Lockdown != On || got.Command != nil {
		t.Errorf("refused %s, %v; want %s", refusals(got), err, want)
	}
	data, err := os.ReadFile(path)
	if err != nil || !bytes.HasPrefix(data, []byte("rw_maps")) {
		t.Errorf("the file was changed: %q, %v", data, err)
	}
}
