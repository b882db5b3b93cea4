package plan

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"jail/config"
)

// Every preset as it is run on a Mac, with all of its files there: what of the home is shown, and how. What all runs have in
// common stands in macos_default.txtar.
func TestMacOSPresets(t *testing.T) {
	agents, err := config.Agents("")
	if err != nil || len(agents) == 0 {
		t.Fatalf("%d presets, %v", len(agents), err)
	}
	command := "env PATH=/opt/homebrew/bin:/usr/bin:/bin\nmacos\n"
	common := lines(describe(mustRun(t, command, "command make")))
	for _, agent := range agents {
		t.Run(agent.Name, func(t *testing.T) {
			host := command + "exec /opt/homebrew/bin/" + agent.Programs[0] + "\n"
			for _, rel := range below(agent.State) {
				kind := "dir"
				if strings.Contains(strings.TrimPrefix(filepath.Base(rel), "."), ".") {
					kind = "file"
				}
				host += kind + " /Users/u/" + rel + "\n"
			}
			got := ""
			for _, mode := range []string{"copy", "rw"} {
				got += "== agent_state " + mode + "\n"
				in, err := mustRun(t, host, "command "+agent.Programs[0]+"\nflag agent-state "+mode)
				for _, line := range strings.SplitAfter(describe(in, err), "\n") {
					if !common[line] {
						got += line
					}
				}
			}
			file := filepath.Join("testdata", "macos_presets", agent.Name+".txt")
			if *update {
				if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
					t.Fatal(err)
				}
				return
			}
			want, err := os.ReadFile(file)
			if err != nil || got != string(want) {
				t.Errorf("plan differs, %v (go test ./plan -update writes it)\n--- got\n%s--- want\n%s", err, got, want)
			}
		})
	}
}

func mustRun(t *testing.T, host, run string) (Input, error) {
	t.Helper()
	return parseRun(t, run, parseHost(t, host, nil))
}

func lines(text string) map[string]bool {
	all := map[string]bool{}
	for _, line := range strings.SplitAfter(text, "\n") {
		all[line] = true
	}
	return all
}
