package main

import (
	"bytes"
	"cmp"
	"context"
	"fmt"
	"strings"
	"time"

	"jail/dashboard"
	"jail/session"
	"jail/state"
	"jail/terminal"
	"jail/workspace"
)

const (
	// lookPause is how often it is asked what the jails are doing.
	lookPause = time.Second
	// usagePause is how often it is measured at most what they take of the machine.
	usagePause = 2 * time.Second
	// tailSize is how much of an output is read for its last line, in bytes.
	tailSize = 4 << 10
	// longestSaid is how much is shown of what a jail says, in characters.
	longestSaid = 500
)

// lookout looks at all jails. It starts nothing: git is for changes.
type lookout struct {
	jails    workspace.Manager
	changes  *changes
	now      chan struct{} // to look before the pause is over
	measured time.Time
	used     map[int]state.Usage // by the PID of a session, at that time
	shares   map[int]float64     // likewise: of processors, since the time before
	said     map[string]lastSaid // by the ID of a jail
}

// lastSaid is the last line that a run had written at a time.
type lastSaid struct {
	at   time.Time
	line string
}

func newLookout(p places) *lookout {
	jails := p.workspaces()
	return &lookout{jails: jails, changes: newChanges(jails), now: make(chan struct{}, 1), said: map[string]lastSaid{}}
}

// again looks before the pause is over, also at what was done in a jail; in all of them where the name is empty.
func (l *lookout) again(name string) {
	l.changes.again(name)
	select {
	case l.now <- struct{}{}:
	default:
	}
}

// pause reports whether to look once more.
func (l *lookout) pause(ctx context.Context) bool {
	select {
	case <-ctx.Done():
		return false
	case <-l.now:
	case <-time.After(lookPause):
	}
	return true
}

// look asks all jails at once, as jail list does.
func (l *lookout) look(ctx context.Context) ([]dashboard.Jail, error) {
	records, err := l.jails.List(ctx)
	if err != nil {
		return nil, err
	}
	all := describeAll(l.jails, records)
	if time.Since(l.measured) >= usagePause {
		l.measure(records)
	}
	jails := make([]dashboard.Jail, len(records))
	said := map[string]lastSaid{}
	for i, r := range records {
		line := l.says(r, all[i].Run)
		said[r.ID] = line
		jails[i] = rowOf(all[i], line.line)
		jails[i].Usage = l.usage(all[i].PIDs)
	}
	l.said = said
	l.changes.note(records, all, l.used, jails)
	return jails, nil
}

// measure asks once what all of them take.
func (l *lookout) measure(records []state.Record) {
	var sessions []state.Session
	for _, r := range records {
		sessions = append(sessions, r.Sessions...)
	}
	now, used, shares := time.Now(), state.Measure(sessions), map[int]float64{}
	for pid, u := range used {
		if before, ok := l.used[pid]; ok {
			shares[pid] = max(0, float64(u.CPU-before.CPU)/float64(now.Sub(l.measured)))
		}
	}
	l.measured, l.used, l.shares = now, used, shares
}

// usage sums up the sessions of a jail.
func (l *lookout) usage(pids []int) *dashboard.Usage {
	var sum dashboard.Usage
	known := false
	for _, pid := range pids {
		if u, ok := l.used[pid]; ok {
			known = true
			sum.Memory += u.Memory
			sum.CPU += l.shares[pid]
		}
	}
	if !known {
		return nil
	}
	return &sum
}

// says is the last line of a detached run's output. It is read when something was written.
func (l *lookout) says(r state.Record, run *session.Status) lastSaid {
	if run == nil || run.Mode != session.Detached {
		return lastSaid{}
	}
	before, known := l.said[r.ID]
	// Times are in whole seconds: more may have come in the same one.
	if known && before.at.Equal(run.LastSign()) && time.Since(run.LastSign()) > 2*time.Second {
		return before
	}
	tail, err := runsOf(l.jails.Store, r).Tail(tailSize)
	if err != nil {
		return lastSaid{at: run.LastSign()}
	}
	return lastSaid{run.LastSign(), lastLine(whole(tail))}
}

// whole leaves out the rest of a sequence, or of a line, in whose middle a tail of output may begin.
func whole(tail []byte) []byte {
	if len(tail) < tailSize {
		return tail
	}
	return tail[max(0, bytes.IndexAny(tail, "\x1b\r\n")):]
}

// lastLine is the last line with something in it, as it was left.
func lastLine(output []byte) string {
	text := terminal.New(terminal.Policy{Audience: terminal.Reading}).Filter(nil, output)
	for len(text) > 0 {
		at := bytes.LastIndexAny(text, "\r\n") + 1
		if line := strings.TrimSpace(string(text[at:])); line != "" {
			return line
		}
		text = text[:max(0, at-1)]
	}
	return ""
}

// rowOf makes what is known of a jail safe to be shown.
func rowOf(l listed, lastLine string) dashboard.Jail {
	j := dashboard.Jail{
		Name: short(l.Name), State: short(l.Status), Branch: short(l.Branch), Repo: short(l.Repo), Began: l.Created,
	}
	if l.Run != nil && l.Status != stoppedStatus {
		j.Command, j.Began, j.Active = short(l.Run.Program), l.Run.Started, l.Run.LastSign()
		j.Says = said(*l.Run, lastLine)
	}
	return j
}

// said is what a run asks for somebody with, how it ended, or what is the last that is known of it.
func said(s session.Status, lastLine string) string {
	text := cmp.Or(s.Says, s.Title, lastLine)
	if s.ExitCode != nil {
		text = strings.TrimSuffix(fmt.Sprintf("exit code %d", *s.ExitCode)+": "+lastLine, ": ")
	}
	if runes := []rune(text); len(runes) > longestSaid {
		text = string(runes[:longestSaid])
	}
	return printable(text)
}
