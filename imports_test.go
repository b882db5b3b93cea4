package main

import (
	"os/exec"
	"slices"
	"strings"
	"testing"
)

// forbidden says which imports a room must not have, and why. It holds the star of docs: leaves know nothing of each
// other, and each upstream library has one importer.
var forbidden = []struct {
	room, imports, why string
}{
	{"jail/config", "jail/", "a leaf imports no room"},
	{"jail/mounts", "jail/", "a leaf imports no room"},
	{"jail/landlock", "jail/", "a leaf imports no room"},
	{"jail/seccomp", "jail/", "a leaf imports no room"},
	{"jail/sbpl", "jail/", "a leaf imports no room"},
	{"jail/git", "jail/", "a leaf imports no room"},
	{"jail/state", "jail/", "a leaf imports no room"},
	{"jail/layers", "jail/", "a leaf imports no room"},
	{"jail/network", "jail/", "a leaf imports no room"},
	{"jail/network", "net", "the plan and init's start pay for what it imports"},
	{"jail/network/gate", "jail/jail", "main hands over what a gate serves"},
	{"jail/network/gate", "net/http", "its package init would cost every start, filtered or not"},
	{"jail/network/gate", "crypto/tls", "its package init would cost every start, filtered or not"},
	{"jail/jail", "net", "init has no use for it"},
	{"jail/workers", "jail/", "it is about nothing of this program"},
	{"jail/guard", "jail/", "a leaf imports no room"},
	{"jail/bootstrap", "jail/", "a leaf imports no room"},
	{"jail/terminal", "jail/", "a leaf imports no room"},
	{"jail/dashboard", "os", "it is pure: whoever draws has the terminal"},
	{"jail/dashboard", "jail/workspace", "main hands over what is shown"},
	{"jail/terminal", "net", "every start pays for its package init"},
	{"jail/jail", "jail/config", "what the user asked for is decided on by plan; jail only carries out"},
	{"jail/jail", "jail/plan", "data flows from plan to jail"},
	{"jail/jail", "jail/git", "jail runs commands and knows no repositories"},
	{"jail/jail", "jail/state", "jail keeps no records"},
	{"jail/jail", "jail/workspace", "jail keeps no records"},
	{"jail/jail", "jail/guard", "what is watched outside a jail is its caller's"},
	{"jail/jail", "jail/layers", "what outlives a run is its caller's"},
	{"jail/jail", "os/exec", "jail starts its own child stage and the command, nothing else"},
	{"jail/jail", "jail/session", "jail runs commands and keeps no records of them"},
	{"jail/session", "jail/config", "what a run gets is decided before it starts"},
	{"jail/session", "jail/plan", "what a run gets is decided before it starts"},
	{"jail/session", "jail/git", "a session is a run, whatever it works on"},
	{"jail/session", "jail/workspace", "a session is a run, whatever it works on"},
	{"jail/session", "os/exec", "what runs in a jail its init starts"},
	{"jail/plan", "jail/git", "the plan is pure and gets plain paths"},
	{"jail/plan", "jail/state", "the plan is pure and gets plain paths"},
	{"jail/plan", "jail/workspace", "the plan is pure and gets plain paths"},
	{"jail/plan", "jail/guard", "the plan is pure and gets plain paths"},
	{"jail/plan", "jail/layers", "the plan is pure and gets plain paths"},
	{"jail/plan", "os/exec", "the plan starts nothing"},
	{"jail/workspace", "jail/jail", "a workspace is made and removed without a jail"},
	{"jail/workspace", "jail/plan", "a workspace is made and removed without a jail"},
	{"jail/workspace", "jail/config", "main hands over what a workspace needs"},
}

// tool is about nothing of this program, so that leaves may use it as they use a library.
const tool = "jail/workers"

// soleImporter names the one room that may import a library.
var soleImporter = map[string]string{
	"github.com/pelletier/go-toml/v2":      "jail/config",
	"github.com/go-git/go-git/v5":          "jail/git",
	"github.com/landlock-lsm/go-landlock":  "jail/landlock",
	"github.com/seccomp/libseccomp-golang": "jail/seccomp/gen",
	"github.com/tailscale/hujson":          "jail/bootstrap",
	"github.com/urfave/cli/v2":             "jail",
	"github.com/clipperhouse/displaywidth": "jail/terminal",
	"golang.org/x/mod":                     "jail",
}

func TestRoomsImportOnlyWhatTheyMay(t *testing.T) {
	out, err := exec.Command("go", "list", "-tags", "seccompgen", "-f", `{{.ImportPath}}{{range .Imports}} {{.}}{{end}}`, "./...").Output()
	if err != nil {
		t.Fatalf("go list: %v", err)
	}
	seen := map[string]bool{}
	for line := range strings.Lines(string(out)) {
		fields := strings.Fields(line)
		room, imports := fields[0], fields[1:]
		seen[room] = true
		for _, imported := range imports {
			for _, rule := range forbidden {
				if imported == tool || rule.room != room {
					continue
				}
				if imported == rule.imports || strings.HasSuffix(rule.imports, "/") && strings.HasPrefix(imported, rule.imports) {
					t.Errorf("%s imports %s: %s", room, imported, rule.why)
				}
			}
			for library, owner := range soleImporter {
				if (imported == library || strings.HasPrefix(imported, library+"/")) && room != owner {
					t.Errorf("%s imports %s, which only %s may", room, imported, owner)
				}
			}
		}
	}
	for _, rule := range forbidden {
		if !seen[rule.room] {
			t.Errorf("the table names %s, which does not exist", rule.room)
		}
	}
}

// TestProgramHasNoHTTPClient looks at all that is linked: every start would pay for their package init, and nothing of this
// program has to ask anybody. Whether there is a newer release, git asks.
func TestProgramHasNoHTTPClient(t *testing.T) {
	out, err := exec.Command("go", "list", "-deps", "-tags", "urfave_cli_no_docs", ".").Output()
	if err != nil {
		t.Fatalf("go list: %v", err)
	}
	linked := strings.Fields(string(out))
	for _, unwanted := range []string{"net/http", "crypto/tls"} {
		if slices.Contains(linked, unwanted) {
			t.Errorf("%s is linked into the program", unwanted)
		}
	}
	if !slices.Contains(linked, "os/exec") {
		t.Error("the list of what is linked lacks os/exec, and so proves nothing")
	}
}
