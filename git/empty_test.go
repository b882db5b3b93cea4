package git

import (
	"os"
	"path/filepath"
	"slices"
	"testing"
)

// TestEmptyModules holds that an index of each kind that git writes is read as git reads it, or is said to be unknown.
func TestEmptyModules(t *testing.T) {
	for _, test := range []struct {
		name string
		init []string
		then [][]string
		lost bool
	}{
		{name: "version 2", then: [][]string{{"update-index", "--index-version", "2"}}},
		{name: "version 3", then: [][]string{{"update-index", "--skip-worktree", "a"}}},
		{name: "version 4", then: [][]string{{"update-index", "--index-version", "4"}}},
		{name: "version 4, extended", then: [][]string{{"update-index", "--index-version", "4"}, {"update-index", "--skip-worktree", "a", "link/one"}}},
		{name: "SHA-256", init: []string{"--object-format=sha256"}},
		{name: "SHA-256, version 4", init: []string{"--object-format=sha256"}, then: [][]string{{"update-index", "--index-version", "4"}}},
		{name: "untracked cache", then: [][]string{{"update-index", "--untracked-cache"}, {"status"}}},
		{name: "split", then: [][]string{{"update-index", "--split-index"}}, lost: true},
	} {
		t.Run(test.name, func(t *testing.T) {
			dir := clean(t)
			plain(t, dir, append([]string{"init", "-q"}, test.init...)...)
			for _, name := range []string{"a", "deep/er/b", "deep/er/longer name", "z", "link/checked/.git"} {
				put(t, filepath.Join(dir, name), name)
			}
			plain(t, dir, "add", "a", "deep", "z")
			id := plain(t, dir, "hash-object", "-w", "a")
			want := []string{"deep/er/c", "link/one", "link/one2", "zz"}
			for _, name := range append([]string{"link/checked"}, want...) {
				plain(t, dir, "update-index", "--add", "--cacheinfo", "160000,"+id+","+name)
			}
			for _, args := range test.then {
				if err := os.RemoveAll(filepath.Join(dir, "link/checked")); err != nil {
					t.Fatal(err)
				}
				plain(t, dir, args...)
				put(t, filepath.Join(dir, "link/checked/.git"), "")
			}
			elsewhere := filepath.Join(dir, "elsewhere")
			put(t, filepath.Join(elsewhere, ".git"), "gitdir: ../.git\n")
			for _, tree := range []string{dir, elsewhere} {
				empty, unknown := EmptyModules([]string{filepath.Join(tree, ".git")})
				if test.lost {
					if len(empty) > 0 || !slices.Equal(unknown, []string{tree}) {
						t.Errorf("empty %q, unknown %q", empty, unknown)
					}
					continue
				}
				var got []string
				for _, folder := range empty {
					name, _ := filepath.Rel(tree, folder)
					got = append(got, name)
				}
				if tree == elsewhere {
					got = slices.DeleteFunc(got, func(name string) bool { return name == "link/checked" }) // it is not, there
				}
				if !slices.Equal(got, want) || unknown != nil {
					t.Errorf("got %q, unknown %q, want %q", got, unknown, want)
				}
			}
		})
	}
}

func FuzzParseLinks(f *testing.F) {
	entry := slices.Concat(make([]byte, 24), linkMode, make([]byte, 12+20), []byte{0, 1, 'a', 0}, make([]byte, 6))
	f.Add(slices.Concat([]byte("DIRC\x00\x00\x00\x02\x00\x00\x00\x01"), entry, make([]byte, 40)))
	f.Add(slices.Concat([]byte("DIRC\x00\x00\x00\x04\x00\x00\x00\x01"), entry[:62], []byte("\x00a\x00"), make([]byte, 40)))
	f.Fuzz(func(t *testing.T, index []byte) {
		links, err := parseLinks(index)
		if err != nil && links != nil {
			t.Errorf("%q and %v", links, err)
		}
		for _, link := range links {
			if !filepath.IsLocal(link) {
				t.Errorf("%q leads out", link)
			}
		}
	})
}
