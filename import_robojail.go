package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"time"

	"jail/config"
	"jail/state"
	"jail/workspace"
)

// robojailRecord is one jail in robojail's jails.json (version 0.1.0).
type robojailRecord struct {
	Repo       string    `json:"repo_path"`
	Worktree   string    `json:"worktree_path"`
	Branch     string    `json:"branch_name"`
	Created    time.Time `json:"created_at"`
	PID        int       `json:"pid"` // of a robojail that runs in it; 0 where none does
	Entrypoint []string  `json:"entrypoint"`
}

// robojail takes over its configuration and its jails.
func (i importer) robojail() error {
	xdg := func(name, fallback string) string {
		if dir := os.Getenv(name); filepath.IsAbs(dir) {
			return filepath.Join(dir, "robojail")
		}
		return filepath.Join(i.places.home, fallback, "robojail")
	}
	from, records := filepath.Join(xdg("XDG_CONFIG_HOME", ".config"), "config.toml"), filepath.Join(xdg("XDG_STATE_HOME", ".local/state"), "jails.json")
	jails, found, err := readRobojail(records)
	if err != nil {
		return err
	}
	_, err = os.Lstat(from)
	if hasConfig := err == nil; hasConfig {
		one, err := config.ImportInto(from, i.places.ownConfig(), config.Places{Home: i.places.home, Dir: i.places.config})
		if err != nil {
			return err
		}
		if err := i.take([]config.Imported{one}); err != nil {
			return err
		}
	} else if !found {
		return &hinted{fmt.Errorf("there is nothing of robojail's here: neither %q nor %q", from, records), "name a file: jail config import FILE"}
	}
	return i.adopt(jails)
}

// readRobojail reads its record of jails.
func readRobojail(path string) (jails map[string]robojailRecord, found bool, err error) {
	const limit = 16 << 20
	file, err := os.OpenFile(path, os.O_RDONLY|syscall.O_NOFOLLOW|syscall.O_NONBLOCK, 0)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, false, nil
	}
	if err != nil {
		return nil, true, err
	}
	defer file.Close()
	data, err := io.ReadAll(io.LimitReader(file, limit))
	var content struct {
		Jails map[string]robojailRecord `json:"jails"`
	}
	if err == nil {
		err = json.Unmarshal(data, &content)
	}
	if err != nil {
		return nil, true, &hinted{fmt.Errorf("cannot read robojail's record of jails %q: %w", path, err), "mend it, or move it away; nothing was changed"}
	}
	return content.Jails, true, nil
}

// adopt makes named jails of robojail's. One that cannot be is named, and does not keep the others from it.
func (i importer) adopt(jails map[string]robojailRecord) error {
	manager := i.places.workspaces()
	existing, err := manager.List(i.c.Context)
	if err != nil {
		return err
	}
	var names []string
	for _, name := range slices.Sorted(maps.Keys(jails)) {
		r := jails[name]
		known := func(e state.Record) bool { return e.Name == name && filepath.Clean(r.Worktree) == e.Worktree }
		if slices.ContainsFunc(existing, known) {
			warn("jail %s is taken over already", name)
			continue
		}
		names = append(names, name)
		printLine(fmt.Sprintf("jail %s: branch %s at %s", name, r.Branch, r.Worktree))
	}
	if len(names) == 0 || i.c.Bool("diff") {
		return nil
	}
	if !i.c.Bool("yes") {
		if err := confirm(i.c.Context, "Take over "+count(len(names), "jail")+"? They stay where they are."); err != nil {
			return err
		}
	}
	done, failed := 0, 0
	for _, name := range names {
		switch err := i.adoptOne(manager, name, jails[name]); {
		case errors.Is(err, workspace.ErrAdopted):
			warn("%v", err)
		case err != nil:
			failed++
			warn("jail %s is not taken over: %v", name, err)
		default:
			done++
		}
	}
	warn("%s taken over; leave them to jail from now on: robojail destroy would remove their folders", count(done, "jail"))
	if failed > 0 {
		return exitWith(exitFailure)
	}
	return nil
}

func (i importer) adoptOne(manager workspace.Manager, name string, r robojailRecord) error {
	if r.PID > 0 && isRobojail(r.PID) {
		return fmt.Errorf("robojail runs in it, as process %d: end it first", r.PID)
	}
	if len(r.Entrypoint) > 0 && !filepath.IsAbs(r.Entrypoint[0]) {
		return fmt.Errorf("its entrypoint %q is no absolute path", r.Entrypoint[0])
	}
	_, err := manager.Adopt(i.c.Context, workspace.AdoptRequest{
		Name: name, Repo: r.Repo, Worktree: r.Worktree, Branch: r.Branch, Created: r.Created, Entrypoint: r.Entrypoint,
	})
	return err
}

// isRobojail reports whether a process is one of robojail's: the number in a record may be another's by now.
func isRobojail(pid int) bool {
	name, err := os.ReadFile(fmt.Sprintf("/proc/%d/comm", pid))
	return err == nil && strings.TrimSpace(string(name)) == "robojail"
}
