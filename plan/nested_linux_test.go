package plan

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"jail/config"
)

// TestScanFindsRepositories holds which are found by a look for secrets, and that it needs no secrets to be looked for.
func TestScanFindsRepositories(t *testing.T) {
	dir, err := filepath.EvalSymlinks(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"vendor/b", "vendor/a", "tests", "tests/deep", "node_modules/x", "keys", "build/_deps/fmt-src"} {
		if err := os.MkdirAll(filepath.Join(dir, name, ".git"), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	if err := errors.Join(os.Mkdir(filepath.Join(dir, "linked"), 0o755), os.WriteFile(filepath.Join(dir, "linked/.git"), nil, 0o600)); err != nil {
		t.Fatal(err)
	}
	deny := config.Overlay{Deny: []config.Pattern{pattern(t, "keys")}}
	shown := config.Overlay{Secrets: config.SecretsShow}
	released := config.Overlay{Unprotect: []config.Release{{Glob: "*"}}}
	for _, c := range []struct {
		name    string
		project Project
		config  config.Overlay
		within  bool // the project is a repository
		want    string
	}{
		{"no repository itself", Project{}, config.Overlay{}, false, "keys linked tests tests/deep vendor/a vendor/b"},
		{"a repository", Project{}, config.Overlay{}, true, "keys linked tests vendor/a vendor/b"},
		{"what is hidden cannot be changed", Project{}, deny, true, "linked tests vendor/a vendor/b"},
		{"secrets are shown", Project{}, shown, true, "keys linked tests tests/deep vendor/a vendor/b"},
		{"released", Project{}, released, true, ""},
		{"a named jail", Project{Name: "n"}, config.Overlay{}, true, ""},
	} {
		own := filepath.Join(dir, ".git")
		if c.within {
			err = os.MkdirAll(own, 0o755)
		} else {
			err = os.RemoveAll(own)
		}
		if err != nil {
			t.Fatal(err)
		}
		c.project.Dir, c.project.Cwd = dir, dir
		found, err := Scan(config.Config{Overlay: c.config}, Probe("/"), c.project)
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, dotGit := range found.Repositories {
			got = append(got, strings.TrimPrefix(filepath.Dir(dotGit), dir+"/"))
		}
		if !slices.IsSortedFunc(found.Repositories, func(a, b string) int { return strings.Count(a, "/") - strings.Count(b, "/") }) {
			t.Errorf("%s: %q is not sorted", c.name, got)
		}
		slices.Sort(got)
		if strings.Join(got, " ") != c.want {
			t.Errorf("%s: got %q, want %q", c.name, got, c.want)
		}
	}
}

// TestUnsearchedIsTold holds that a tree too large to be looked at is named for what it is.
func TestUnsearchedIsTold(t *testing.T) {
	h := Host{Files: crowd{[]string{"1", "2", "3"}}}
	for _, most := range []int64{2, 3} {
		found, err := scan(config.Config{Overlay: config.Overlay{Secrets: config.SecretsShow}}, h, Project{Dir: "/p", Cwd: "/p"}, most)
		if err != nil || found.Missed != "" || (found.Unsearched != "") != (most == 2) {
			t.Errorf("%d: %+v, %v", most, found, err)
		}
	}
}
