package main

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"
)

// netEntry is a line of the audit log of a filtered network.
type netEntry struct {
	Time    time.Time `json:"ts"`
	ID      int64     `json:"id,omitempty"`
	Verdict string    `json:"verdict"`
	Reason  string    `json:"reason,omitempty"`
	Rule    string    `json:"rule,omitempty"`
	Via     string    `json:"via,omitempty"`
	Proto   string    `json:"proto,omitempty"`
	Host    string    `json:"host,omitempty"`
	Port    int       `json:"port,omitempty"`
	SNI     string    `json:"sni,omitempty"`
	IP      string    `json:"ip,omitempty"`
	Times   int       `json:"n,omitempty"` // how often, where it was folded
	PID     int       `json:"pid,omitempty"`
	Command string    `json:"cmd,omitempty"`
	Up      int64     `json:"up,omitempty"`
	Down    int64     `json:"down,omitempty"`
	MS      int64     `json:"ms,omitempty"`
}

const (
	verdictDeny  = "deny"
	verdictAllow = "allow"
	verdictEnd   = "end"
	verdictStart = "start" // of the run, whose command's name it has
)

// place is the host and the port, where there is one.
func (e netEntry) place() string {
	if e.Port == 0 {
		return e.Host
	}
	host := e.Host
	if strings.Contains(host, ":") {
		host = "[" + host + "]"
	}
	return host + ":" + strconv.Itoa(e.Port)
}

// String is a line for people, which still has to go through printable.
func (e netEntry) String() string {
	at := e.Time.Local().Format(time.TimeOnly)
	switch e.Verdict {
	case verdictEnd:
		return fmt.Sprintf("%s end    #%d, %s up, %s down, %d ms", at, e.ID, size(e.Up), size(e.Down), e.MS)
	case verdictAllow:
		return strings.TrimSpace(fmt.Sprintf("%s allow  #%d %s %s by %s", at, e.ID, e.place(), e.Proto, e.Rule))
	case verdictDeny:
		line := at + " deny   "
		if e.ID != 0 { // of a connection that got so far, and no datagram
			line += fmt.Sprintf("#%d ", e.ID)
		}
		line += e.place() + ": " + e.Reason
		if e.SNI != "" && e.SNI != e.Host {
			line += " (server name " + e.SNI + ")"
		}
		if e.Times > 1 {
			line += fmt.Sprintf(" (x%d)", e.Times)
		}
		if e.Command != "" {
			line += fmt.Sprintf(" by %s (%d)", e.Command, e.PID)
		}
		return line
	}
	return strings.TrimSpace(fmt.Sprintf("%s %s %s", at, e.Verdict, e.Reason))
}

func size(bytes int64) string {
	if bytes < 10<<10 {
		return fmt.Sprintf("%d bytes", bytes)
	}
	if bytes < 10<<20 {
		return fmt.Sprintf("%d KiB", bytes>>10)
	}
	return fmt.Sprintf("%d MiB", bytes>>20)
}

// netLogs is where the audit logs of filtered runs are; no jail sees them.
func (p places) netLogs() string { return filepath.Join(p.state, "net") }

// newNetLog is the log of a run that begins now. Names are in the order of time, also within a second: process ids are not.
func (p places) newNetLog() string {
	return filepath.Join(p.netLogs(), fmt.Sprintf("%s-%d.jsonl", time.Now().UTC().Format("20060102T150405.000000000"), os.Getpid()))
}

// keptNetLogs is how many logs stay; each is 32 MiB at most.
const keptNetLogs = 50

// dropOldNetLogs makes room for the log of one more run.
func (p places) dropOldNetLogs() {
	names, err := p.netLogNames()
	if err != nil {
		return // there are none
	}
	for len(names) >= keptNetLogs {
		_ = os.Remove(filepath.Join(p.netLogs(), names[0]))
		names = names[1:]
	}
}

// netLogNames are the logs, the oldest first.
func (p places) netLogNames() ([]string, error) {
	entries, err := os.ReadDir(p.netLogs())
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	var names []string
	for _, entry := range entries {
		if strings.HasSuffix(entry.Name(), ".jsonl") {
			names = append(names, entry.Name())
		}
	}
	slices.Sort(names)
	return names, nil
}

// lastNetLog is the log of the run that began last.
func (p places) lastNetLog() (string, error) {
	names, err := p.netLogNames()
	if err != nil {
		return "", err
	}
	if len(names) == 0 {
		return "", &hinted{errors.New("no run had a filtered network yet"), "jail --net allow --allow-host example.com -- COMMAND"}
	}
	return filepath.Join(p.netLogs(), names[len(names)-1]), nil
}

// readNetLog calls each for every whole line of a log that is one.
func readNetLog(from *bufio.Reader, each func(line []byte, e netEntry) error) error {
	for {
		line, err := from.ReadBytes('\n')
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		var e netEntry
		if json.Unmarshal(line, &e) != nil {
			continue
		}
		if err := each(line, e); err != nil {
			return err
		}
	}
}

// openNetLog opens a log that somebody has named.
func openNetLog(path string) (*os.File, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, &hinted{fmt.Errorf("cannot read the log: %w", err), "name what --net-log wrote; without a file the last run's is meant"}
	}
	return f, nil
}

// readNetLogFile reads a whole log.
func readNetLogFile(path string) (all []netEntry, err error) {
	f, err := openNetLog(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	err = readNetLog(bufio.NewReader(f), func(_ []byte, e netEntry) error {
		all = append(all, e)
		return nil
	})
	return all, err
}
