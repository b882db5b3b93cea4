package layers

import (
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"golang.org/x/sys/unix"
)

func TestHome(t *testing.T) {
	root := t.TempDir()
	host := filepath.Join(root, "agent.json")
	check(t, os.WriteFile(host, []byte("host"), 0o644))
	owner := filepath.Join(root, "layers", "project-1")
	slot, err := Acquire(owner, Owner{Project: "/p"}, 1)
	check(t, err)
	defer slot.Release()
	home := Home{filepath.Join(owner, "home")}
	check(t, home.Make())
	note := Note{Host: host, Target: "/home/u/.agent.json", File: ".agent.json"}
	plant(t, home, note, false)
	plant(t, home, Note{Host: filepath.Join(root, "none"), File: ".config/none.json"}, false)

	// The jail's own file stays, and what it planted beside it is seen as nothing else than a file.
	jail := strings.Repeat("jail", 1<<19)
	check(t, os.WriteFile(filepath.Join(home.Dir, ".agent.json"), []byte(jail), 0o600))
	check(t, os.WriteFile(filepath.Join(home.Dir, "about.json"), []byte(`{"host":"/etc","target":"/etc","purpose":"state"}`), 0o600))
	plant(t, home, note, false)
	found, err := ListOwner(owner)
	if err != nil || len(found) != 2 || found[0].Host != host {
		t.Fatalf("%v, %v", found, err)
	}
	if problems, err := found[1].Apply(t.Context(), Taking{Withheld: []string{""}}); err != nil || len(problems) > 0 {
		t.Errorf("withheld, and never made: %v, %v", problems, err)
	}
	changes, err := found[0].Changes()
	if err != nil || len(changes) != 1 || changes[0].Kind != Modified {
		t.Errorf("%v, %v", changes, err)
	}
	if problems, err := found[0].Apply(t.Context(), Taking{Withheld: []string{""}}); err != nil || len(problems) != 1 {
		t.Errorf("withheld: %v, %v", problems, err)
	}
	if problems, err := found[0].Apply(t.Context(), Taking{}); err != nil || len(problems) > 0 {
		t.Errorf("%v, %v", problems, err)
	}
	if data, err := os.ReadFile(host); err != nil || string(data) != jail {
		t.Errorf("%d bytes, %v", len(data), err)
	}

	// What is the same on both sides now is no change, whoever runs what it says.
	if problems, err := found[0].Apply(t.Context(), Taking{Withheld: []string{""}}); err != nil || len(problems) > 0 {
		t.Errorf("withheld, but the same: %v, %v", problems, err)
	}

	check(t, home.Vanish(Selection{".agent.json"}))
	if got, want := tree(t, home.Dir), map[string]string{".agent.json": jail}; !maps.Equal(got, want) {
		t.Errorf("after it vanished: %v", slices.Collect(maps.Keys(got)))
	}
}

func plant(t *testing.T, home Home, note Note, want bool) {
	t.Helper()
	if got, err := home.Plant(note); err != nil || got != want {
		t.Errorf("planted %q: came late %v, %v, want %v", note.File, got, err, want)
	}
}

// A file that came to the host after the jail had made one of its own is told until somebody has said whose it is to be.
func TestHomeKeepsItsOwnAndTells(t *testing.T) {
	for _, decided := range []string{"discarded", "applied"} {
		t.Run(decided, func(t *testing.T) {
			root := t.TempDir()
			host, owner := filepath.Join(root, "agent.json"), filepath.Join(root, "layers", "project-1")
			slot, err := Acquire(owner, Owner{Project: "/p"}, 1)
			check(t, err)
			defer slot.Release()
			home := Home{filepath.Join(owner, "home")}
			check(t, home.Make())
			note, own := Note{Host: host, File: ".agent.json"}, filepath.Join(home.Dir, ".agent.json")
			write := func(path, text string) { check(t, os.WriteFile(path, []byte(text), 0o600)) }

			plant(t, home, note, false)
			write(own, "jail")
			plant(t, home, note, false)
			write(host, "jail")
			plant(t, home, note, false)
			write(host, "login")
			for range 2 {
				plant(t, home, note, true)
			}
			if data, err := os.ReadFile(own); err != nil || string(data) != "jail" {
				t.Errorf("the jail's own: %s, %v", data, err)
			}
			found, err := ListOwner(owner)
			if err != nil || len(found) != 1 {
				t.Fatal(found, err)
			}
			if decided == "discarded" {
				check(t, found[0].Discard(nil))
			} else if problems, err := found[0].Apply(t.Context(), Taking{Conflicts: TakeJail}); err != nil || len(problems) > 0 {
				t.Fatal(problems, err)
			}
			plant(t, home, note, false)
			a, errA := os.ReadFile(own)
			b, errB := os.ReadFile(host)
			if errA != nil || errB != nil || string(a) != string(b) {
				t.Errorf("the jail has %s, the host %s; %v, %v", a, b, errA, errB)
			}
			write(host, "changed since")
			plant(t, home, note, false)
		})
	}
}

// What an earlier run put in the way of a mount goes, and nothing outside the home with it.
func TestHomeClear(t *testing.T) {
	root := t.TempDir()
	outside := filepath.Join(root, "outside")
	check(t, os.Mkdir(outside, 0o755))
	check(t, os.WriteFile(filepath.Join(outside, "kept"), nil, 0o644))
	home := Home{filepath.Join(root, "home")}
	check(t, home.Make())
	for name, to := range map[string]string{"link": outside, "parent": outside, "file": "/etc/passwd"} {
		check(t, os.Symlink(to, filepath.Join(home.Dir, name)))
	}
	check(t, unix.Mkdir(filepath.Join(home.Dir, "folder"), 0o700))
	for name, may := range map[string]string{"link": "folder", "parent/kept": "file", "file": "file", "folder": "folder", "missing/deep": "folder", ".gitconfig": "free"} {
		check(t, home.Clear(name, may))
	}
	want := map[string]string{"parent": "/", "folder": "/", "missing": "/"}
	if got := tree(t, home.Dir); !maps.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
	if _, err := os.Lstat(filepath.Join(outside, "kept")); err != nil {
		t.Error(err)
	}
}
