package main

import (
	"os/exec"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// TestArchitecture compares the rooms of docs/architecture.md, and whom each knows, with the packages that there are.
func TestArchitecture(t *testing.T) {
	const path = "docs/architecture.md"
	row := regexp.MustCompile("(?m)^\\| `([^`]+)` \\| .+ \\| (.*) ?\\|$")
	told := map[string]string{}
	_, table, found := strings.Cut(readPage(t, path), "\n## Rooms\n")
	table, _, _ = strings.Cut(table, "\n## ")
	for _, match := range row.FindAllStringSubmatch(table, -1) {
		told[match[1]] = strings.TrimSpace(match[2])
	}
	if !found || len(told) == 0 {
		t.Fatalf("%s has no rooms", path)
	}
	out, err := exec.Command("go", "list", "-f", `{{.ImportPath}}{{range .Imports}} {{.}}{{end}}`, "./...").Output()
	if err != nil {
		t.Fatalf("go list: %v", err)
	}
	for line := range strings.Lines(string(out)) {
		fields := strings.Fields(line)
		room := strings.TrimPrefix(fields[0], "jail/")
		var knows []string
		for _, imported := range fields[1:] {
			if ours, is := strings.CutPrefix(imported, "jail/"); is {
				knows = append(knows, ours)
			}
		}
		slices.Sort(knows)
		want := strings.Join(knows, ", ")
		if fields[0] == "jail" {
			room, want = "main", "all"
		}
		got, is := told[room]
		switch {
		case !is:
			t.Errorf("%s has no room %q, which knows: %s", path, room, want)
		case got != want:
			t.Errorf("%s: room %q knows %q, want %q", path, room, got, want)
		}
		delete(told, room)
	}
	for room := range told {
		t.Errorf("%s has a room %q, and there is no such package", path, room)
	}
}
