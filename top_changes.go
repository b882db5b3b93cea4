package main

import (
	"context"
	"sync"
	"time"

	"jail/dashboard"
	"jail/state"
	"jail/workspace"
)

const (
	// changesPause is how often it is looked at most at the changes of one jail.
	changesPause = 10 * time.Second
	// changesWork is how much processor time a jail must have taken for its files to be looked at again where it wrote nothing.
	changesWork = time.Second / 2
	// Looking for the first time, or because somebody asked, takes at most an eighth of the time, and else a sixteenth.
	firstRest, laterRest = 7, 15
)

// changes knows what was done in each jail. Git reads that in jails of its own, one at a time, and only where something ran since.
type changes struct {
	jails workspace.Manager
	wake  chan struct{}
	mutex sync.Mutex
	order []string // IDs
	known map[string]*looked
}

// looked is what is known of the changes of one jail.
type looked struct {
	record  state.Record
	sign    sign // of now
	seen    sign // when it was looked at last
	read    time.Time
	changes *dashboard.Changes
	fault   string
}

// sign is what of a jail tells that its files may have changed.
type sign struct {
	status string
	active time.Time
	cpu    time.Duration
}

func (s sign) moved(since sign) bool {
	return s.status != since.status || !s.active.Equal(since.active) || s.cpu-since.cpu > changesWork
}

func newChanges(jails workspace.Manager) *changes {
	return &changes{jails: jails, wake: make(chan struct{}, 1), known: map[string]*looked{}}
}

// note takes what the jails are doing, and adds to the rows what is known.
func (c *changes) note(records []state.Record, all []listed, used map[int]state.Usage, rows []dashboard.Jail) {
	c.mutex.Lock()
	defer c.mutex.Unlock()
	known := make(map[string]*looked, len(records))
	c.order = nil
	for i, r := range records {
		l := c.known[r.ID]
		if l == nil {
			l = &looked{}
		}
		l.record, l.sign = r, sign{status: all[i].Status}
		if all[i].Run != nil {
			l.sign.active = all[i].Run.LastSign()
		}
		for _, pid := range all[i].PIDs {
			l.sign.cpu += used[pid].CPU
		}
		known[r.ID], c.order = l, append(c.order, r.ID)
		rows[i].Changes, rows[i].Fault = l.changes, l.fault
	}
	c.known = known
	c.stir()
}

// again lets a jail be looked at, whether something ran in it or not; all of them where the name is empty.
func (c *changes) again(name string) {
	c.mutex.Lock()
	defer c.mutex.Unlock()
	for _, l := range c.known {
		if name == "" || name == l.record.Name {
			l.read = time.Time{}
		}
	}
	c.stir()
}

func (c *changes) stir() {
	select {
	case c.wake <- struct{}{}:
	default:
	}
}

// due is the jail that was looked at longest ago, of those that are to be looked at.
func (c *changes) due() *looked {
	c.mutex.Lock()
	defer c.mutex.Unlock()
	var next *looked
	for _, id := range c.order {
		l := c.known[id]
		ready := l.record.Phase == state.Ready && (l.read.IsZero() || time.Since(l.read) >= changesPause && l.sign.moved(l.seen))
		if ready && (next == nil || l.read.Before(next.read)) {
			next = l
		}
	}
	return next
}

// run looks at what is due, until it is told to end.
func (c *changes) run(ctx context.Context) {
	for {
		woken, rested := c.wake, (<-chan time.Time)(nil)
		if next := c.due(); next != nil {
			woken, rested = nil, time.After(c.read(ctx, next))
		}
		select {
		case <-ctx.Done():
			return
		case <-woken:
		case <-rested:
		}
	}
}

// read looks at one jail, and returns how long to rest then.
func (c *changes) read(ctx context.Context, l *looked) time.Duration {
	c.mutex.Lock()
	record, sign, rests := l.record, l.sign, time.Duration(laterRest)
	if l.read.IsZero() {
		rests = firstRest
	}
	c.mutex.Unlock()
	begun := time.Now()
	found, err := changesOf(ctx, c.jails, record)
	took := time.Since(begun)
	c.mutex.Lock()
	defer c.mutex.Unlock()
	l.seen, l.read, l.changes, l.fault = sign, time.Now(), found, ""
	if err != nil {
		l.fault = printable(err.Error())
	}
	return rests * took
}

// changesOf reads one jail as jail status does.
func changesOf(ctx context.Context, jails workspace.Manager, r state.Record) (*dashboard.Changes, error) {
	tree, err := jails.Look(ctx, r)
	if err != nil {
		return nil, err
	}
	s, err := tree.Status(ctx)
	if err != nil {
		return nil, err
	}
	return &dashboard.Changes{Insertions: s.Insertions, Deletions: s.Deletions, Files: len(s.Entries), Ahead: s.Ahead}, nil
}
