package bootstrap

import (
	"errors"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/txtar"
	"github.com/tailscale/hujson"
)

var update = flag.Bool("update", false, "write what the files become into the golden files")

func testWish() object {
	return object{{key: "permissions", value: object{
		{key: "allow", value: []string{"Bash", "Read"}},
		{key: "ask", value: []string{"Bash(git push:*)"}},
		{key: "defaultMode", value: "acceptEdits"},
		{key: "bash", value: object{{key: "*", value: "allow", first: true}, {key: "gh *", value: "ask"}}},
	}}}
}

// TestMergedFiles holds, for each file of testdata, what becomes of its section "before", that every byte of it is still there in
// its order, and that a second time changes nothing.
func TestMergedFiles(t *testing.T) {
	paths, err := filepath.Glob("testdata/*.txtar")
	if err != nil || len(paths) == 0 {
		t.Fatalf("no files: %v", err)
	}
	for _, path := range paths {
		t.Run(filepath.Base(path), func(t *testing.T) {
			archive, err := txtar.ParseFile(path)
			if err != nil {
				t.Fatal(err)
			}
			before := archive.Files[0].Data
			got, kept, err := mergeJSON(before, testWish())
			if err != nil {
				t.Fatal(err)
			}
			if _, err := hujson.Parse(got); err != nil {
				t.Errorf("the result does not parse: %v", err)
			}
			if !contains(string(got), strings.Join(strings.Fields(string(before)), "")) {
				t.Error("something that was there is gone")
			}
			again, _, err := mergeJSON(got, testWish())
			if err != nil || string(again) != string(got) {
				t.Errorf("a second time changes it: %v\n%s", err, again)
			}
			want := []txtar.File{{Name: "before", Data: before}, {Name: "after", Data: got}, {Name: "kept", Data: []byte(strings.Join(append(kept, ""), "\n"))}}
			if *update {
				archive.Files = want
				if err := os.WriteFile(path, txtar.Format(archive), 0o644); err != nil {
					t.Fatal(err)
				}
				return
			}
			for i, section := range want {
				if i >= len(archive.Files) || string(archive.Files[i].Data) != string(section.Data) {
					t.Errorf("%s: got\n%s", section.Name, section.Data)
				}
			}
		})
	}
}

// contains reports whether the characters of part stand in text in their order.
func contains(text, part string) bool {
	for i := range len(part) {
		at := strings.IndexByte(text, part[i])
		if at < 0 {
			return false
		}
		text = text[at+1:]
	}
	return true
}

func TestWhatIsNotMerged(t *testing.T) {
	for text, want := range map[string]string{
		"{\n\"a\": }": "line 2",
		"[]":          "line 1: it holds no object",
		"{\"permissions\": {},\n\"permissions\": {}}": `line 2: "permissions" stands there twice`,
		"\xff": "line 1",
	} {
		got, _, err := mergeJSON([]byte(text), testWish())
		if err == nil || !strings.Contains(err.Error(), want) || strings.TrimSpace(string(got)) != "" && string(got) != text {
			t.Errorf("%q: got %q, %v; want an error with %q", text, got, err, want)
		}
	}
}

// TestFiles holds that the files of all agents are as they should be where there are none, and stay so.
func TestFiles(t *testing.T) {
	noTOML := errors.New("TOML is another package's")
	for _, f := range Files() {
		if (f.Inside == "") == (f.Agent != "crush") || !strings.HasPrefix(f.Host, "~/") {
			t.Errorf("%s: %q and %q", f.Agent, f.Inside, f.Host)
		}
		editor := func(_ string, text []byte, keys []Setting) ([]byte, []string, error) {
			if f.Format == TOML && len(keys) == 0 || f.Format != TOML && len(keys) > 0 {
				return nil, nil, noTOML
			}
			return append([]byte(nil), text...), nil, nil
		}
		for _, place := range []Place{Inside, Host} {
			text, kept, err := f.Merge("x", place, nil, editor)
			if err != nil || len(kept) > 0 || f.Format != TOML && !strings.Contains(string(text), "push") && f.Agent != "crush" && f.Name() != "settings.json" {
				t.Errorf("%s %s: %s, %v, %v", f.Agent, place, text, kept, err)
			}
			again, _, err := f.Merge("x", place, text, editor)
			if err != nil || string(again) != string(text) {
				t.Errorf("%s %s: a second time changes it: %v\n%s", f.Agent, place, err, again)
			}
			if place == Host && strings.Contains(string(text), "adminPolicyPaths") {
				t.Errorf("%s: the host's file names what is in jails alone", f.Agent)
			}
		}
	}
}

// FuzzMerge holds that what parses is merged without losing a byte, or refused.
func FuzzMerge(f *testing.F) {
	for _, seed := range []string{"{}", "{ }", "{/*x*/}", `{"permissions":{"allow":[],},}`, "{\n\t// c\n\t\"permissions\": {\"bash\": {\"git\": \"x\"}} // d\n}", `{"permissions":[1]}`} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		got, _, err := mergeJSON(text, testWish())
		if err != nil {
			return
		}
		if _, err := hujson.Parse(got); err != nil {
			t.Fatalf("%q became %q: %v", text, got, err)
		}
		if !contains(string(got), strings.Join(strings.Fields(string(text)), "")) {
			t.Fatalf("%q became %q, which lacks something of it", text, got)
		}
	})
}
