package config

import (
	"os"
	"slices"
	"strings"
	"testing"
	"time"
)

func TestSaveKeepsTheRest(t *testing.T) {
	at := Places{Home: "/h", Dir: "/h/p"}
	o := Overlay{
		Network: NetworkNone,
		Maps:    []Map{{Source: "/h/p/a", Target: "/h/p/a", Mode: MapRO}, {Source: "/h/x:y", Target: "/y", Mode: MapRO, Optional: true}},
		Env:     []EnvVar{{Name: "KEY", Value: "secret", HasValue: true}},
		Limits:  Limits{Memory: 3 << 29, CPUs: 1500, Timeout: 90 * time.Second},
	}
	for _, tt := range []struct{ name, before, want string }{
		{"empty", "", "network = \"none\"\nmap = [\"./a\", \"~/x\\\\:y:/y?\"]\nenv = [\"KEY\"]\nmemory = \"1536m\"\ncpus = 1.5\ntimeout = \"1m30s\"\n"},
		{
			"comments and tables",
			"# head\nnetwork = 'host' # why\n\nmap = [ # maps\n  './a', # first\n  '''/b''',\n  # last\n]\nenv=[]#e\n[commands.x] # table\nnetwork = 'host'",
			"# head\nnetwork = \"none\" # why\n\nmap = [ # maps\n  './a', # first\n  '''/b''', \"~/x\\\\:y:/y?\",\n  # last\n]\nenv=[\"KEY\"]#e\n" +
				"memory = \"1536m\"\ncpus = 1.5\ntimeout = \"1m30s\"\n[commands.x] # table\nnetwork = 'host'",
		},
		{
			"no key before a table",
			"# only\n\n[commands.x]\nnetwork = 'host'\n",
			"# only\n\nnetwork = \"none\"\nmap = [\"./a\", \"~/x\\\\:y:/y?\"]\nenv = [\"KEY\"]\nmemory = \"1536m\"\ncpus = 1.5\ntimeout = \"1m30s\"\n[commands.x]\nnetwork = 'host'\n",
		},
		{
			"a table of the network",
			"# mine\n[network] # of all\nmode = 'audit'\n",
			"# mine\nmap = [\"./a\", \"~/x\\\\:y:/y?\"]\nenv = [\"KEY\"]\nmemory = \"1536m\"\ncpus = 1.5\ntimeout = \"1m30s\"\n[network] # of all\nmode = \"none\"\n",
		},
		{
			"no line break at the end, no comma, odd keys",
			"\"network\"='''host'''\nmap=['/c']\ncpus = 3\nmemory = '1g'",
			"\"network\"=\"none\"\nmap=['/c', \"./a\", \"~/x\\\\:y:/y?\"]\ncpus = 1.5\nmemory = \"1536m\"\nenv = [\"KEY\"]\ntimeout = \"1m30s\"\n",
		},
	} {
		w := newWorld(t)
		path := w.write("project", tt.before)
		got, err := Save(path, Sum([]byte(tt.before)), o, at)
		if err != nil || string(got) != tt.want {
			t.Errorf("%s: %v\n--- got\n%s--- want\n%s", tt.name, err, got, tt.want)
			continue
		}
		if written, err := os.ReadFile(path); err != nil || string(written) != tt.want {
			t.Errorf("%s: the file has %q, %v", tt.name, written, err)
		}
		if again, err := Save(path, Sum(got), o, at); err != nil || string(again) != tt.want {
			t.Errorf("%s: saved again: %v\n%s", tt.name, err, again)
		}
		f, err := parseFile(path, got, at)
		if err != nil || f.top.Limits != o.Limits || !slices.ContainsFunc(f.top.Maps, func(m Map) bool { return m.Source == "/h/x:y" && m.Target == "/y" && m.Optional }) {
			t.Errorf("%s: read back as %+v, %v", tt.name, f.top, err)
		}
	}
}

func TestSaveRefuses(t *testing.T) {
	w := newWorld(t)
	path := w.write("project", "network = ")
	if _, err := Save(path, Sum([]byte("network = ")), Overlay{Network: NetworkNone}, Places{}); err == nil {
		t.Error("a broken file is taken")
	}
	w.write("project", "# other")
	if _, err := Save(path, Sum([]byte("#")), Overlay{Network: NetworkNone}, Places{}); err == nil || !strings.Contains(err.Error(), "somebody else") {
		t.Errorf("a file that changed: %v", err)
	}
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
	if _, err := Save(path, Sum(nil), Overlay{Network: NetworkNone}, Places{}); err == nil {
		t.Error("a file that went is made again")
	}
	other := w.root + "/other"
	if err := os.WriteFile(other, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(other, path); err != nil {
		t.Fatal(err)
	}
	if _, err := Save(path, Sum(nil), Overlay{Network: NetworkNone}, Places{}); err == nil {
		t.Error("a link is followed")
	}
	if data, err := os.ReadFile(other); err != nil || len(data) > 0 {
		t.Errorf("the link's target has %q, %v", data, err)
	}
	if err := Create(path, []byte("x")); err == nil {
		t.Error("Create goes over a link")
	}
}

// FuzzEdit holds that a change of any valid file says what was meant and leaves every other key as it was.
func FuzzEdit(f *testing.F) {
	for _, seed := range []string{
		"", "#", "network='host'", "\"map\" = [\"\"\"\n/a\"\"\"\"\n, '/b' # ]\n]", "commands = { x = { map = ['/a'] } }", "env = [\n'A=\"#]',]\r\n[commands.\"a]b\"]",
		"hostname = 'x' # =\ncpus = 1_0.5\nlockdown = true", "'map' = []", "map = ['''/a''''']",
	} {
		f.Add([]byte(seed), "v\"\\\n", true)
	}
	f.Fuzz(func(t *testing.T, data []byte, value string, list bool) {
		at := Places{Home: "/h", Dir: "/p"}
		before, err := parseFile("/f", data, at)
		if err != nil || invalidUTF8(data) >= 0 {
			return
		}
		change := entry{key: "hostname", texts: []text{{value: "new"}}}
		if list {
			if _, err := ParseMap(value, MapRO, at); err != nil {
				return
			}
			change = entry{key: "map", texts: []text{{value: value}}}
		}
		edited, err := edit("/f", data, []entry{change}, at)
		if err != nil {
			if strings.Contains(err.Error(), "not UTF-8") {
				return
			}
			t.Fatalf("%q: %v", data, err)
		}
		after, err := parseFile("/f", edited, at)
		if err != nil || !says(after.entries, change) {
			t.Fatalf("%q became %q: %v", data, edited, err)
		}
		for _, e := range before.entries {
			if e.key == change.key && e.command == "" {
				continue
			}
			same := func(x entry) bool { return x.key == e.key && x.command == e.command && x.joined() == e.joined() }
			if !slices.ContainsFunc(after.entries, same) {
				t.Errorf("%q became %q: %s is gone", data, edited, e.key)
			}
		}
	})
}
