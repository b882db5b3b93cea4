// Package session makes a running named jail reachable for other commands of ours: by a socket in a folder that no jail sees,
// at which they look, type, start further commands in the jail and end it. What is known of a run stays in that folder when it
// has ended: how, and what it wrote to its terminal.
package session

import (
	"time"

	"jail/state"
)

// State is what a run is doing, as far as that can be told from outside.
type State string

const (
	Running State = "running" // in the foreground of somebody's terminal, who can see for himself
	Working State = "working" // detached, and writes
	Waiting State = "waiting" // detached, and asked for somebody
	Idle    State = "idle"    // detached, and has not written for a while
	Done    State = "done"    // ended
	Lost    State = "lost"    // ended without a word: killed, or the machine was
)

// Mode says where a run's terminal is.
type Mode string

const (
	Foreground Mode = "foreground" // in the terminal that it was started from, if any
	Detached   Mode = "detached"   // with whoever attaches
)

// SchemaVersion is the version of Record.
const SchemaVersion = 1

// Record is what is known of the last run of a jail.
type Record struct {
	SchemaVersion int           `json:"schema_version"`
	Mode          Mode          `json:"mode"`
	Session       state.Session `json:"session"`         // the process of ours that the run depends on
	Ended         *time.Time    `json:"ended,omitempty"` // UTC; nil: not yet, or nobody could say
	ExitCode      int           `json:"exit_code"`       // of one that ended
}

// Status is what a run is doing.
type Status struct {
	State    State     `json:"state"`
	Program  string    `json:"program"`
	Mode     Mode      `json:"mode"`
	PID      int       `json:"pid"`
	Started  time.Time `json:"started"`          // UTC
	Active   time.Time `json:"active,omitzero"`  // UTC: when it wrote last; of a detached run
	Says     string    `json:"says,omitempty"`   // what it asked for somebody with
	Title    string    `json:"title,omitempty"`  // of its window
	Viewers  int       `json:"viewers"`          // who have attached
	Others   int       `json:"others,omitempty"` // further commands that were started in it
	ExitCode *int      `json:"exit_code,omitempty"`
}

// LastSign is when the run was last known to do something, in UTC.
func (s Status) LastSign() time.Time {
	if s.Active.IsZero() {
		return s.Started
	}
	return s.Active
}

// status is what the record alone tells.
func (r Record) status() Status {
	s := Status{State: Running, Mode: r.Mode, PID: r.Session.PID, Started: r.Session.Started}
	if len(r.Session.Command) > 0 {
		s.Program = r.Session.Command[0]
	}
	switch {
	case r.Ended != nil:
		s.State, s.PID, s.Active, s.ExitCode = Done, 0, *r.Ended, &r.ExitCode
	case !r.Session.Alive():
		s.State, s.PID = Lost, 0
	}
	return s
}
