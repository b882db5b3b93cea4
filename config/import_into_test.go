package config

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// importPair writes both files and works out what becomes of ours.
func importPair(t *testing.T, theirs string, ours *string) (Imported, error) {
	t.Helper()
	dir := t.TempDir()
	from, into := filepath.Join(dir, LegacyProject), filepath.Join(dir, "config.toml")
	if err := os.WriteFile(from, []byte(theirs), 0o600); err != nil {
		t.Fatal(err)
	}
	if ours != nil {
		if err := os.WriteFile(into, []byte(*ours), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return ImportInto(from, into, Places{Home: "/home/u", Dir: dir})
}

func TestImportInto(t *testing.T) {
	for _, c := range []struct {
		what, theirs, ours, want string
		kept, lost               int
	}{
		{"the bar", "no_status_bar = false\nstatus_bar_style = 'dark'\nresize_redraw_key = 'ctrl-l'", "", "status_bar = \"dark\"\nresize_redraw_key = \"ctrl-l\"\n", 0, 0},
		{"no bar, whatever its style", "status_bar_style = 'dark'\nno_status_bar = true", "", "status_bar = \"off\"\n", 0, 0},
		{"a style that is none", "status_bar_style = 'blue'", "", "", 0, 1},
		{"nothing to say", "no_save_config = true\n", "# mine\n", "# mine\n", 0, 0},
		{"a key", "network = false", "# mine", "# mine\nnetwork = \"none\"\n", 0, 0},
		{"another value", "network = true", "network = 'none' # mine\n", "network = 'none' # mine\n", 1, 0},
		{"the same value", "network = true\nssh = false", "network = 'host'\nssh = false\n", "network = 'host'\nssh = false\n", 0, 0},
		{"lists", "ro_maps = ['/a', '/b']", "map = ['/b?']\n", "map = ['/b?', \"/a?\"]\n", 0, 0},
		{"a command is one thing", "command = ['a', 'b']", "command = ['a']\n", "command = ['a']\n", 1, 0},
		{"a table that is there", "[commands.x]\nssh = true", "[commands.x]\nenv = [\n'A',\n]\n\n[commands.y]\nssh = true\n", "[commands.x]\nenv = [\n'A',\n]\nssh = true\n\n[commands.y]\nssh = true\n", 0, 1},
		{"a table that is not", "[commands.x]\nno_gpu = false", "ssh = true", "ssh = true\n\n[commands.\"x\"]\ngpu = true\n", 0, 0},
		{"what has no equivalent", "private_home = false\nmask = ['.env']", "", "mask = [\".env?\"]\n", 0, 1},
	} {
		got, err := importPair(t, c.theirs, &c.ours)
		if err != nil || string(got.Edited) != c.want || len(got.Kept) != c.kept || len(got.Lost) != c.lost {
			t.Errorf("%s: got %q, kept %q, lost %v, %v", c.what, got.Edited, got.Kept, got.Lost, err)
			continue
		}
		if _, err := got.Write(); err != nil {
			t.Error(err)
		}
		again, err := ImportInto(got.From, got.Into, Places{Home: "/home/u", Dir: "/"})
		if err != nil || string(again.Edited) != c.want {
			t.Errorf("%s: a second time gives %q, %v", c.what, again.Edited, err)
		}
		if _, err := got.Write(); (err == nil) != (c.ours == c.want) {
			t.Errorf("%s: what changed meanwhile is written over: %v", c.what, err)
		}
	}
}

func TestImportIntoRefuses(t *testing.T) {
	for _, c := range []struct{ theirs, ours, want string }{
		{"network = ", "", LegacyProject + ":1:"},
		{"network = true", "netwrk = 1", "config.toml:1:"},
		{"rw_maps = ['/']", "", "the source is /"},
		{"[commands.x]\nmask = ['a']", "commands.x = {ssh = true}\n", "cannot be put into"},
	} {
		if got, err := importPair(t, c.theirs, &c.ours); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%q into %q: %q, %v; want %q", c.theirs, c.ours, got.Edited, err, c.want)
		}
	}
}

// FuzzImportInto holds that what is put into a file of ours leaves one that says it all, and loses no byte of it.
func FuzzImportInto(f *testing.F) {
	f.Add("network = true\nro_maps = ['/a']\n[commands.x]\nssh = true", "map = ['/b'] # c\n[commands.x]\nenv = ['A']\n")
	f.Add("hide_dotdirs = ['!x', '[']\ncommand = 'a b'", "[network]\nmode = 'allow'\n")
	f.Fuzz(func(t *testing.T, theirs, ours string) {
		got, err := importPair(t, theirs, &ours)
		if err != nil {
			return
		}
		if _, err := got.Write(); err != nil {
			t.Fatal(err)
		}
		again, err := ImportInto(got.From, got.Into, Places{Home: "/home/u", Dir: "/"})
		if err != nil || string(again.Edited) != string(got.Edited) {
			t.Fatalf("%q into %q gives %q, and then %q, %v", theirs, ours, got.Edited, again.Edited, err)
		}
		rest := string(got.Edited)
		for i := range len(ours) {
			at := strings.IndexByte(rest, ours[i])
			if at < 0 {
				t.Fatalf("%q into %q gives %q", theirs, ours, got.Edited)
			}
			rest = rest[at+1:]
		}
	})
}
