package terminal

import (
	"bytes"
	"fmt"
	"regexp"
	"time"
)

// EventKind is what a program let know of itself beside its text.
type EventKind string

const (
	EventBell         EventKind = "bell"
	EventNotification EventKind = "notification" // OSC 9, 99 or 777
	EventTitle        EventKind = "title"
	EventBusy         EventKind = "busy"      // a progress is shown (OSC 9;4)
	EventDone         EventKind = "done"      // and taken away
	EventClipboard    EventKind = "clipboard" // it wants to copy so many characters (Filter.Copied)
)

// Event is one such thing. Its text is safe for a terminal.
type Event struct {
	Kind EventKind
	Text string
}

// maxEvents bounds what is kept between two calls of Events. What a program says beyond that in one go nobody could read.
const maxEvents = 32

// Events returns and forgets what the program let know since the last call.
func (f *Filter) Events() []Event {
	events := f.events
	f.events = nil
	return events
}

// tell notes an event; of the same twice in a row one counts.
func (f *Filter) tell(kind EventKind, text string) {
	e := Event{kind, text}
	if n := len(f.events); n > 0 && f.events[n-1] == e {
		return
	}
	if len(f.events) == maxEvents {
		f.events = append(f.events[:0], f.events[1:]...)
	}
	f.events = append(f.events, e)
}

// State is what a program is doing, as far as its terminal shows.
type State string

const (
	Working State = "working"
	Waiting State = "waiting" // for somebody to type
	Idle    State = "idle"    // nothing was written or typed for a while
)

// Status is a State and what led to it.
type Status struct {
	State State
	Since time.Time
	Cause EventKind // of Waiting
	Text  string    // what the program said when it began to wait; it may be empty
	Title string    // of its window
}

// Titles are regular expressions of the titles that a program gives its window in two states; empty ones match nothing.
type Titles struct {
	Working string `json:"working,omitempty"`
	Waiting string `json:"waiting,omitempty"`
}

// Activity follows what a program is doing. The zero value is of no use: see NewActivity. It is not safe for concurrent use.
type Activity struct {
	working, waiting *regexp.Regexp
	quiet            time.Duration
	status           Status
	last             time.Time // when something was written or typed
	begun            bool      // it has worked: what it shows before is no end of anything
}

// NewActivity starts to follow a program that is idle when nothing happens for the time quiet.
func NewActivity(titles Titles, quiet time.Duration, now time.Time) (*Activity, error) {
	a := &Activity{quiet: quiet, last: now, status: Status{State: Working, Since: now}}
	for _, pattern := range []struct {
		text string
		to   **regexp.Regexp
	}{{titles.Working, &a.working}, {titles.Waiting, &a.waiting}} {
		if pattern.text == "" {
			continue
		}
		compiled, err := regexp.Compile(pattern.text)
		if err != nil {
			return nil, fmt.Errorf("title %q: %w", pattern.text, err)
		}
		*pattern.to = compiled
	}
	return a, nil
}

// Wrote tells that the program wrote something, and what Filter.Events gave of it.
func (a *Activity) Wrote(now time.Time, events []Event) {
	a.last = now
	for _, e := range events {
		switch e.Kind {
		case EventBell, EventNotification:
			a.wait(now, e)
		case EventBusy:
			a.work(now)
		case EventDone:
			a.waitIfBegun(now, e)
		case EventTitle:
			a.title(now, e)
		}
	}
}

// title takes a new title. The same once more tells nothing: some versions of agents repeat one while they work.
func (a *Activity) title(now time.Time, e Event) {
	if e.Text == a.status.Title {
		return
	}
	a.status.Title = e.Text
	switch {
	case a.waiting != nil && a.waiting.MatchString(e.Text):
		a.waitIfBegun(now, e)
	case a.working != nil && a.working.MatchString(e.Text):
		a.work(now)
	}
}

// Typed tells that keys were sent to the program. What a terminal sends by itself (focus, mouse, replies) is none.
func (a *Activity) Typed(now time.Time, keys []byte) {
	if report(keys) {
		return
	}
	a.last = now
	a.work(now)
}

// report reports whether input is one control sequence that no key makes.
func report(input []byte) bool {
	body, ok := bytes.CutPrefix(input, []byte("\x1b["))
	if !ok || len(body) == 0 {
		return bytes.HasPrefix(input, []byte("\x1b]")) || bytes.HasPrefix(input, []byte("\x1bP"))
	}
	if final := body[len(body)-1]; len(body) > 1 {
		return bytes.IndexByte([]byte("MmcnRty"), final) >= 0 || body[0] == 'M' || body[0] == '?'
	}
	return body[0] == 'I' || body[0] == 'O'
}

func (a *Activity) work(now time.Time) {
	a.begun = true
	if a.status.State != Working {
		a.status = Status{State: Working, Since: now, Title: a.status.Title}
	}
}

func (a *Activity) waitIfBegun(now time.Time, e Event) {
	if a.begun && a.status.State != Waiting {
		a.wait(now, e)
	}
}

// wait takes what the program says last, and a bell with it for no less.
func (a *Activity) wait(now time.Time, e Event) {
	if a.status.State == Waiting && e.Kind == EventBell {
		return
	}
	since := now
	if a.status.State == Waiting {
		since = a.status.Since
	}
	a.status = Status{State: Waiting, Since: since, Cause: e.Kind, Text: e.Text, Title: a.status.Title}
}

// Status is the state at a time.
func (a *Activity) Status(now time.Time) Status {
	s := a.status
	if idle := a.last.Add(a.quiet); s.State == Working && !now.Before(idle) {
		s.State, s.Since = Idle, idle
	}
	return s
}
