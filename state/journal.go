package state

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"
)

// Run is what is known of a command that ran in a named jail.
type Run struct {
	ID      string     `json:"id"`
	Command string     `json:"command"` // as CommandName gives it
	Policy  string     `json:"policy"`  // SHA-256, in hex, of the plan without values of variables
	Started time.Time  `json:"started"` // UTC
	Ended   *time.Time `json:"ended,omitempty"`
	Code    int        `json:"code"`             // of its end
	Denied  []string   `json:"denied,omitempty"` // by the network, the most frequent first
}

// Journal is the list of the runs of one jail: a file with a line for each beginning and each end.
type Journal struct{ path string }

// Journal is that of the jail with an ID.
func (s Store) Journal(id string) Journal { return Journal{filepath.Join(s.journals(), id+".jsonl")} }

func (s Store) journals() string { return filepath.Join(s.Dir, "runs") }

// maxJournal is how large a journal grows, in bytes; then its older half goes.
const maxJournal = 1 << 20

// Write notes the beginning of a run, or, with the same ID, its end.
func (j Journal) Write(r Run) error {
	line, err := json.Marshal(r)
	if err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Dir(j.path), 0o700); err != nil {
		return err
	}
	f, err := os.OpenFile(j.path, os.O_WRONLY|os.O_CREATE|os.O_APPEND, 0o600)
	if err != nil {
		return err
	}
	defer f.Close()
	_, err = f.Write(append(line, '\n')) // in one piece, also beside other processes (write(2), O_APPEND)
	if info, statErr := f.Stat(); statErr == nil && info.Size() > maxJournal {
		j.halve()
	}
	return err
}

// halve drops the older half. A line that another process writes meanwhile may be lost with it.
func (j Journal) halve() {
	data, err := os.ReadFile(j.path)
	if err != nil {
		return
	}
	half := data[len(data)/2:]
	if at := bytes.IndexByte(half, '\n'); at >= 0 {
		half = half[at+1:]
	}
	temp := fmt.Sprintf("%s.%d", j.path, os.Getpid())
	if os.WriteFile(temp, half, 0o600) == nil {
		_ = os.Rename(temp, j.path)
	}
}

// Runs are those that are noted, the oldest first. One without Ended still runs, or was killed.
func (j Journal) Runs() ([]Run, error) {
	f, err := os.Open(j.path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	defer f.Close()
	var runs []Run
	at := map[string]int{}
	lines := bufio.NewScanner(f)
	lines.Buffer(nil, maxJournal)
	for lines.Scan() {
		var r Run
		if json.Unmarshal(lines.Bytes(), &r) != nil {
			continue // half a line, of a full disk
		}
		if i, known := at[r.ID]; known {
			runs[i] = r
			continue
		}
		at[r.ID] = len(runs)
		runs = append(runs, r)
	}
	return runs, lines.Err()
}

// SweepJournals removes the journals of jails that are no more.
func (s Store) SweepJournals(known []Record) error {
	ours := map[string]bool{}
	for _, r := range known {
		ours[s.Journal(r.ID).path] = true
	}
	entries, err := os.ReadDir(s.journals())
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	for _, e := range entries {
		path := filepath.Join(s.journals(), e.Name())
		if filepath.Ext(path) == ".jsonl" && !ours[path] {
			err = errors.Join(err, os.Remove(path))
		}
	}
	return err
}

// CommandName is what may be noted of a command: the program, and the plain words that follow it, three at most. Arguments
// can hold secrets, and so none of the others is named.
func CommandName(argv []string) string {
	if len(argv) == 0 {
		return "shell"
	}
	name := filepath.Base(argv[0])
	for i, word := range argv[1:] {
		if i == 3 || !plainWord(word) {
			return name + " …"
		}
		name += " " + word
	}
	return name
}

// plainWord reports whether an argument is one like "test" or "install".
func plainWord(word string) bool {
	outside := func(r rune) bool { return r < 'a' || r > 'z' }
	return len(word) > 0 && len(word) <= 12 && !strings.ContainsFunc(word, outside)
}
