// Package dashboard lays out a live list of jails in the cells of a terminal, and says what the keys mean that are pressed at it. It
// is pure: who calls it has the terminal, and has made all texts safe for it.
package dashboard

import (
	"fmt"
	"math"
	"strings"
	"time"

	"jail/session"
)

// Jail is one row. Its texts have no control characters.
type Jail struct {
	Name    string
	State   string // one of session.State, or another word where nothing runs
	Command string
	Branch  string
	Repo    string
	Began   time.Time // the run, or the jail where nothing ran in it
	Active  time.Time // when it was last known to do something; zero: never
	Usage   *Usage    // nil: nothing runs, or it was not measured yet
	Changes *Changes  // nil: not looked at yet
	Fault   string    // why it could not be looked at
	Says    string    // what it asks for somebody with, or the last that it wrote
}

// Usage is what a jail takes of the machine.
type Usage struct {
	CPU    float64 // processors: 1 is all of one
	Memory int64   // bytes
}

// Changes are what was done in a jail.
type Changes struct {
	Insertions, Deletions int // lines that are not committed
	Files                 int // that are not committed
	Ahead                 int // commits
}

// Detached reports whether it has a terminal that can be attached to.
func (j Jail) Detached() bool {
	switch session.State(j.State) {
	case session.Working, session.Waiting, session.Idle:
		return true
	}
	return false
}

// Runs reports whether there is something to stop.
func (j Jail) Runs() bool { return j.Detached() || session.State(j.State) == session.Running }

// urgency orders jails: first those that wait for somebody.
func (j Jail) urgency() int {
	for i, state := range []session.State{session.Waiting, session.Working, session.Running, session.Idle, session.Lost, session.Done} {
		if j.State == string(state) {
			return i
		}
	}
	return math.MaxInt
}

const justNow = "now"

// since is a length of time in at most four columns.
func since(t, now time.Time) string {
	d := now.Sub(t)
	switch {
	case t.IsZero():
		return ""
	case d < time.Minute:
		return justNow
	case d < time.Hour:
		return fmt.Sprintf("%dm", d/time.Minute)
	case d < 24*time.Hour:
		return fmt.Sprintf("%dh", d/time.Hour)
	}
	return fmt.Sprintf("%dd", d/(24*time.Hour))
}

// share is that of one processor, in at most five columns.
func (u *Usage) share() string {
	if u == nil {
		return ""
	}
	return fmt.Sprintf("%.0f%%", 100*u.CPU)
}

// memory is in powers of 1024 as with top(1), in at most five columns.
func (u *Usage) memory() string {
	if u == nil {
		return ""
	}
	size, unit := float64(u.Memory)/(1<<10), 0
	for size >= 1000 && unit < 3 {
		size, unit = size/(1<<10), unit+1
	}
	if unit > 1 && size < 10 {
		return fmt.Sprintf("%.1f%c", size, "KMGT"[unit])
	}
	return fmt.Sprintf("%.0f%c", size, "KMGT"[unit])
}

// short is for a column.
func (c *Changes) short() string {
	switch {
	case c == nil:
		return ""
	case *c == Changes{}:
		return "-"
	}
	var parts []string
	if c.Insertions+c.Deletions > 0 {
		parts = append(parts, fmt.Sprintf("+%d -%d", c.Insertions, c.Deletions))
	}
	if c.Files > 0 {
		parts = append(parts, fmt.Sprintf("%df", c.Files))
	}
	if c.Ahead > 0 {
		parts = append(parts, fmt.Sprintf("%dc", c.Ahead))
	}
	return strings.Join(parts, " ")
}

// long is for a line of its own.
func (c *Changes) long() string {
	if c == nil {
		return "not looked at yet"
	}
	return fmt.Sprintf("commits ahead: %d; not committed: +%d -%d lines, files: %d", c.Ahead, c.Insertions, c.Deletions, c.Files)
}
