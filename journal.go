package main

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"time"

	"jail/jail"
	"jail/network/gate"
	"jail/plan"
	"jail/state"
)

// noted is a run of a named jail in its journal, which jail export puts into the receipt. That of any other run is nil, and
// notes nothing.
type noted struct {
	journal state.Journal
	run     state.Run
}

// mostNoted is how many refused destinations of a run are noted.
const mostNoted = 50

// note begins a run in the journal.
func (a ask) note(s jail.Spec) *noted {
	if a.journal == nil {
		return nil
	}
	n := &noted{*a.journal, state.Run{ID: state.NewID(), Command: state.CommandName(a.command), Policy: policyHash(s), Started: now()}}
	n.write()
	return n
}

// end notes how it ended.
func (n *noted) end(code int, denied []gate.Denial) {
	if n == nil {
		return
	}
	ended := now()
	n.run.Ended, n.run.Code = &ended, code
	for _, d := range denied[:min(len(denied), mostNoted)] {
		n.run.Denied = append(n.run.Denied, destination(d))
	}
	n.write()
}

func (n *noted) write() {
	if err := n.journal.Write(n.run); err != nil {
		warn("this run is not noted for jail export: %v", err)
	}
}

func now() time.Time { return time.Now().UTC().Truncate(time.Second) }

// policyHash tells whether two runs had the same plan: all of it but the command, its folder and the values of variables.
func policyHash(s jail.Spec) string {
	s = plan.Redact(s)
	s.Program, s.Argv, s.Dir = "", nil, ""
	data, err := json.Marshal(s)
	if err != nil {
		return ""
	}
	sum := sha256.Sum256(data)
	return hex.EncodeToString(sum[:])
}
